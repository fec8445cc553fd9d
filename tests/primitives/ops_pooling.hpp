// SPDX-License-Identifier: MIT
// Pooling: how it is called, and what it is.
#pragma once

#include "limn/core/primitives/pooling.hpp"
#include "reference.hpp"

namespace limn_test {

/// body(n, i, j, c, n, h, w) for each pooled value and each position of its bin, row by row. The
/// bin by its definition: [floor(i H / P), ceil((i + 1) H / P)).
template <class Body>
void each_in_bins(const Shape& in, const Shape& out, const Body& body) {
  const auto first = [](Index i, Index extent, Index bins) {
    return static_cast<Index>(
        std::floor(static_cast<double>(i * extent) / static_cast<double>(bins)));
  };
  const auto last = [](Index i, Index extent, Index bins) {
    return static_cast<Index>(
        std::ceil(static_cast<double>((i + 1) * extent) / static_cast<double>(bins)));
  };
  each(out, [&](Index n, Index i, Index j, Index c) {
    for (Index h = first(i, in.h, out.h); h < last(i, in.h, out.h); ++h)
      for (Index w = first(j, in.w, out.w); w < last(j, in.w, out.w); ++w) body(n, i, j, c, h, w);
  });
}

/// How many positions each pooled value covers.
inline std::vector<double> bin_sizes(const Shape& in, const Shape& out) {
  std::vector<double> sizes(static_cast<std::size_t>(out.size()));
  const View count{sizes, out};
  each_in_bins(in, out,
               [&](Index n, Index i, Index j, Index c, Index, Index) { count(n, i, j, c) += 1; });
  return sizes;
}

struct PoolAverageOp {
  static constexpr std::string_view name = "pool_average";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) { return {{c.x}, {c.y, Type::parameter, Role::out}}; }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), y = view(v, o, 1);
    y.zero();
    each_in_bins(c.x, c.y, [&](Index n, Index i, Index j, Index k, Index h, Index w) {
      y(n, i, j, k) += x(n, h, w, k);
    });
    const auto sizes = bin_sizes(c.x, c.y);
    for (std::size_t i = 0; i < sizes.size(); ++i) v[1][i] /= sizes[i];
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write write) {
    primitive::pool_average(t.x(0), t.p(1), write);
  }
};

struct PoolAverageBackwardOp {
  static constexpr std::string_view name = "pool_average_backward";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{c.y, Type::parameter}, {c.x, Type::activation, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    auto sizes = bin_sizes(c.x, c.y);
    const View dy = view(v, o, 0), dx = view(v, o, 1), size{sizes, c.y};
    dx.zero();
    each_in_bins(c.x, c.y, [&](Index n, Index i, Index j, Index k, Index h, Index w) {
      dx(n, h, w, k) += dy(n, i, j, k) / size(n, i, j, k);
    });
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write write) {
    primitive::pool_average_backward(t.p(0), t.x(1), write);
  }
};

struct PoolMaxOp {
  static constexpr std::string_view name = "pool_max";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    return {{c.x}, {c.y, Type::parameter, Role::out}, {c.y, Type::position, Role::out}};
  }
  // few different values: the first of equal ones must be found
  static void prepare(const Case&, Values& v) {
    for (double& x : v[0]) x = std::round(x * 2) / 2;
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), y = view(v, o, 1), index = view(v, o, 2);
    std::fill(y.values.begin(), y.values.end(), -1e300);
    each_in_bins(c.x, c.y, [&](Index n, Index i, Index j, Index k, Index h, Index w) {
      if (x(n, h, w, k) <= y(n, i, j, k)) return;
      y(n, i, j, k) = x(n, h, w, k);
      index(n, i, j, k) = static_cast<double>(h * c.x.w + w);
    });
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write) {
    primitive::pool_max(t.x(0), t.p(1), t.i(2));
  }
};

struct PoolMaxBackwardOp {
  static constexpr std::string_view name = "pool_max_backward";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{c.y, Type::parameter}, {c.y, Type::position}, {c.x, Type::activation, Role::out}};
  }
  // positions in the picture, several bins may name the same
  static void prepare(const Case& c, Values& v) {
    for (double& i : v[1])
      i = std::fmod(std::floor(std::abs(i) * 1000), static_cast<double>(c.x.area()));
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View dy = view(v, o, 0), index = view(v, o, 1), dx = view(v, o, 2);
    dx.zero();
    each(c.y, [&](Index n, Index i, Index j, Index k) {
      const auto at = static_cast<Index>(index(n, i, j, k));
      dx(n, at / c.x.w, at % c.x.w, k) += dy(n, i, j, k);
    });
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write write) {
    primitive::pool_max_backward(t.p(0), t.i(1), t.x(2), write);
  }
};

}  // namespace limn_test
