// SPDX-License-Identifier: MIT
// Distortion: how it is called, and what it is, one change after another.
#pragma once

#include "limn/core/primitives/distortion.hpp"
#include "reference.hpp"

namespace limn_test {

/// Numbers like those of an augmentation, from normal ones; c.variant says which changes.
inline void prepare_distortions(const Case& c, std::vector<double>& rows) {
  const auto whole = [](double normal, Index extent) {  // within +- half of the picture
    return std::clamp<Index>(
        static_cast<Index>(std::lround(normal * static_cast<double>(extent) / 4)), -extent / 2,
        extent / 2);
  };
  for (Index n = 0; n < c.x.n; ++n) {
    double* row = rows.data() + n * 9;
    primitive::Distortion d;
    if ((c.variant & 1) != 0) {
      d.brightness = row[0] / 2;
      d.saturation = 1 + row[1] / 2;
      d.contrast = 1 + row[2] / 4;
    }
    if ((c.variant & 2) != 0) {
      d.down = whole(row[3], c.x.h);
      d.right = whole(row[4], c.x.w);
    }
    if ((c.variant & 4) != 0) {  // some reach beyond the border
      d.hole_top = c.x.h / 4 + whole(row[5], c.x.h);
      d.hole_left = c.x.w / 4 + whole(row[6], c.x.w);
      d.hole_bottom = d.hole_top + c.x.h / 2;
      d.hole_right = d.hole_left + c.x.w / 2;
    }
    const auto values = d.values<double>();
    std::copy(values.begin(), values.end(), row);
  }
}

/// body(n, i, j, h, w) for each pixel (i, j) of a distorted picture that shows pixel (h, w).
template <class Body>
void each_shown(const Shape& s, const std::vector<double>& rows, const Body& body) {
  each({s.n, s.h, s.w, 1}, [&](Index n, Index i, Index j, Index) {
    const double* row = rows.data() + n * 9;
    const auto number = [&](int k) { return static_cast<Index>(row[k]); };
    if (i >= number(5) && i < number(6) && j >= number(7) && j < number(8)) return;
    const Index h = i - number(3), w = j - number(4);
    if (h >= 0 && w >= 0 && h < s.h && w < s.w) body(n, i, j, h, w);
  });
}

struct DistortOp {
  static constexpr std::string_view name = "distort";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    return {{primitive::distortions_shape(c.x.n), Type::parameter},
            {c.x},
            {c.x, Type::activation, Role::out}};
  }
  static void prepare(const Case& c, Values& v) { prepare_distortions(c, v[0]); }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    std::vector<double> coloured = v[1];
    const View z{coloured, c.x}, y = view(v, o, 2), how = view(v, o, 0);
    const auto channels = static_cast<double>(c.x.c);
    for (Index n = 0; n < c.x.n; ++n) {
      const Shape one{1, c.x.h, c.x.w, c.x.c}, pixels{1, c.x.h, c.x.w, 1};
      each(one, [&](Index, Index h, Index w, Index k) { z(n, h, w, k) += how(n, 0); });
      each(pixels, [&](Index, Index h, Index w, Index) {
        double gray = 0;
        for (Index k = 0; k < c.x.c; ++k) gray += z(n, h, w, k) / channels;
        for (Index k = 0; k < c.x.c; ++k) z(n, h, w, k) = (z(n, h, w, k) - gray) * how(n, 1) + gray;
      });
      double mean = 0;
      each(one, [&](Index, Index h, Index w, Index k) { mean += z(n, h, w, k); });
      mean /= static_cast<double>(one.size());
      each(one, [&](Index, Index h, Index w, Index k) {
        z(n, h, w, k) = (z(n, h, w, k) - mean) * how(n, 2) + mean;
      });
    }
    y.zero();
    each_shown(c.x, v[0], [&](Index n, Index i, Index j, Index h, Index w) {
      for (Index k = 0; k < c.x.c; ++k) y(n, i, j, k) = z(n, h, w, k);
    });
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write) {
    primitive::distort(t.p(0), t.x(1), t.x(2));
  }
};

struct DistortBackwardOp {
  static constexpr std::string_view name = "distort_backward";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) { return DistortOp::operands(c); }
  static void prepare(const Case& c, Values& v) { prepare_distortions(c, v[0]); }
  /// Contrast, saturation and place, each transposed, the last one first.
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View how = view(v, o, 0), dy = view(v, o, 1), dx = view(v, o, 2);
    dx.zero();
    each_shown(c.x, v[0], [&](Index n, Index i, Index j, Index h, Index w) {
      for (Index k = 0; k < c.x.c; ++k) dx(n, h, w, k) += dy(n, i, j, k);
    });
    const Shape one{1, c.x.h, c.x.w, c.x.c}, pixels{1, c.x.h, c.x.w, 1};
    for (Index n = 0; n < c.x.n; ++n) {
      double sum = 0;
      each(one, [&](Index, Index h, Index w, Index k) { sum += dx(n, h, w, k); });
      each(one, [&](Index, Index h, Index w, Index k) {
        dx(n, h, w, k) =
            how(n, 2) * dx(n, h, w, k) + (1 - how(n, 2)) * sum / static_cast<double>(one.size());
      });
      each(pixels, [&](Index, Index h, Index w, Index) {
        double gray = 0;
        for (Index k = 0; k < c.x.c; ++k) gray += dx(n, h, w, k) / static_cast<double>(c.x.c);
        for (Index k = 0; k < c.x.c; ++k)
          dx(n, h, w, k) = how(n, 1) * dx(n, h, w, k) + (1 - how(n, 1)) * gray;
      });
    }
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write write) {
    primitive::distort_backward(t.p(0), t.x(1), t.x(2), write);
  }
};

}  // namespace limn_test
