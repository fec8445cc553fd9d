// SPDX-License-Identifier: MIT
// Moving values: how it is called, and what it is.
#pragma once

#include "limn/core/primitives/layout.hpp"
#include "reference.hpp"

namespace limn_test {

inline Shape padded_shape(const Case& c) {
  const Sides& s = c.geometry.sides;
  return {c.x.n, c.x.h + s.top + s.bottom, c.x.w + s.left + s.right, c.x.c};
}

/// Where a padded position comes from, found by walking; -1: nowhere.
inline Index walked(Padding padding, Index i, Index extent) {
  if (i >= 0 && i < extent) return i;
  if (padding == Padding::zero) return -1;
  if (padding == Padding::edge) return i < 0 ? 0 : extent - 1;
  return i < 0 ? -i : extent - 1 - (i - (extent - 1));
}

/// body(n, h, w, c, source h, source w) for padded positions that have a source.
template <class Body>
void each_padded(const Case& c, const Body& body) {
  each(padded_shape(c), [&](Index n, Index h, Index w, Index k) {
    const Index i = walked(c.geometry.padding, h - c.geometry.sides.top, c.x.h);
    const Index j = walked(c.geometry.padding, w - c.geometry.sides.left, c.x.w);
    if (i >= 0 && j >= 0) body(n, h, w, k, i, j);
  });
}

struct PadOp {
  static constexpr std::string_view name = "pad";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    return {{c.x}, {padded_shape(c), Type::activation, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), y = view(v, o, 1);
    y.zero();
    each_padded(c, [&](Index n, Index h, Index w, Index k, Index i, Index j) {
      y(n, h, w, k) = x(n, i, j, k);
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write) {
    primitive::pad(c.geometry.padding, c.geometry.sides, t.x(0), t.x(1));
  }
};

struct PadBackwardOp {
  static constexpr std::string_view name = "pad_backward";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{padded_shape(c)}, {c.x, Type::activation, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View dy = view(v, o, 0), dx = view(v, o, 1);
    dx.zero();
    each_padded(c, [&](Index n, Index h, Index w, Index k, Index i, Index j) {
      dx(n, i, j, k) += dy(n, h, w, k);
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    primitive::pad_backward(c.geometry.padding, c.geometry.sides, t.x(0), t.x(1), write);
  }
};

/// Weight with which position i of `out` reads position s of `in`, half-pixel centres: the hat
/// function around s for bilinear, with what lies outside moved to the border.
inline double resize_weight(Interpolation how, Index i, Index out, Index s, Index in) {
  const double centre =
      (static_cast<double>(i) + 0.5) * static_cast<double>(in) / static_cast<double>(out);
  if (how == Interpolation::nearest) return std::floor(centre) == static_cast<double>(s) ? 1 : 0;
  const double at = std::clamp(centre - 0.5, 0.0, static_cast<double>(in - 1));
  return std::max(0.0, 1 - std::abs(at - static_cast<double>(s)));
}

/// body(n, out h, out w, c, in h, in w, weight) for all pairs that count.
template <class Body>
void each_resized(const Case& c, const Body& body) {
  each(c.y, [&](Index n, Index h, Index w, Index k) {
    for (Index i = 0; i < c.x.h; ++i) {
      for (Index j = 0; j < c.x.w; ++j) {
        const double weight =
            resize_weight(c.how, h, c.y.h, i, c.x.h) * resize_weight(c.how, w, c.y.w, j, c.x.w);
        if (weight > 0) body(n, h, w, k, i, j, weight);
      }
    }
  });
}

struct ResizeOp {
  static constexpr std::string_view name = "resize";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) { return {{c.x}, {c.y, Type::activation, Role::out}}; }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), y = view(v, o, 1);
    y.zero();
    each_resized(c, [&](Index n, Index h, Index w, Index k, Index i, Index j, double weight) {
      y(n, h, w, k) += weight * x(n, i, j, k);
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write) {
    primitive::resize(c.how, t.x(0), t.x(1));
  }
};

struct ResizeBackwardOp {
  static constexpr std::string_view name = "resize_backward";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) { return {{c.y}, {c.x, Type::activation, Role::out}}; }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View dy = view(v, o, 0), dx = view(v, o, 1);
    dx.zero();
    each_resized(c, [&](Index n, Index h, Index w, Index k, Index i, Index j, double weight) {
      dx(n, i, j, k) += weight * dy(n, h, w, k);
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    primitive::resize_backward(c.how, t.x(0), t.x(1), write);
  }
};

struct CopyChannelsOp {
  static constexpr std::string_view name = "copy_channels";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) { return {{c.x}, {c.y, Type::activation, Role::in_out}}; }
  static void reference(const Case& c, Values& v, Write write) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), y = view(v, o, 1);
    each({c.x.n, c.x.h, c.x.w, c.count}, [&](Index n, Index h, Index w, Index k) {
      double& to = y(n, h, w, c.to + k);
      to = x(n, h, w, c.from + k) + (write == Write::accumulate ? to : 0);
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    primitive::copy_channels(t.x(0), c.from, t.x(1), c.to, c.count, write);
  }
};

struct CopyOp {
  static constexpr std::string_view name = "copy";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) { return {{c.x}, {c.x, Type::activation, Role::out}}; }
  static void reference(const Case&, Values& v) { v[1] = v[0]; }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write write) {
    primitive::copy(t.x(0), t.x(1), write);
  }
};

struct FillOp {
  static constexpr std::string_view name = "fill";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) { return {{c.x, Type::activation, Role::out}}; }
  static void reference(const Case&, Values& v) { std::fill(v[0].begin(), v[0].end(), -1.75); }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write) {
    primitive::fill(t.x(0), param_t<T>(-1.75));
  }
};

/// From T to its parameter type; layout_test.cpp has all pairs.
struct CastOp {
  static constexpr std::string_view name = "cast";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) { return {{c.x}, {c.x, Type::parameter, Role::out}}; }
  static void reference(const Case&, Values& v) { v[1] = v[0]; }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write) {
    primitive::cast(t.x(0), t.p(1));
  }
};

template <class D, Scalar From, Scalar To>
void check_cast() {
  std::vector<double> values;
  for (std::uint64_t i = 0; i < 77; ++i)
    values.push_back(widened(rounded<From>(static_cast<double>(Philox{1, 2}.normal(i)))));
  auto expected = values;
  for (double& v : expected) v = widened(rounded<To>(v));
  for (const auto& group : Modes<D>::groups()) {
    for (const auto& mode : group.modes) {
      const auto device = mode.open(false);
      const auto x = made<From>(*device, vector_shape(77), values);
      const Tensor<D, To> y(*device, vector_shape(77));
      primitive::cast(x, y);
      CHECK(same(read(y), expected));
    }
  }
}

/// All pairs of types, exactly.
template <class D>
void check_casts() {
  const auto from = [](auto zero) {
    using From = decltype(zero);
    check_cast<D, From, double>();
    check_cast<D, From, float>();
    check_cast<D, From, bfloat16>();
  };
  from(0.0);
  from(0.0F);
  from(bfloat16());
}

}  // namespace limn_test
