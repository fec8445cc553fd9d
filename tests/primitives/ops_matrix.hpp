// SPDX-License-Identifier: MIT
// Matrix products: how they are called, and what they are.
#pragma once

#include "limn/core/primitives/matrix.hpp"
#include "reference.hpp"

namespace limn_test {

inline Type left_type(const Case& c) {
  return c.types == MatrixTypes::master ? Type::parameter : Type::activation;
}
inline Type right_type(const Case& c) {
  return c.types == MatrixTypes::weights || c.types == MatrixTypes::narrow ? Type::activation
                                                                           : Type::parameter;
}
inline Type result_type(const Case& c) {
  return c.types == MatrixTypes::forward || c.types == MatrixTypes::narrow ? Type::activation
                                                                           : Type::parameter;
}

/// Element (row, column) of op(m).
inline double element(const View& m, Transpose t, Index row, Index column) {
  return m.values[static_cast<std::size_t>(t == no ? row * m.shape.sample() + column
                                                   : column * m.shape.sample() + row)];
}

/// a, b, bias, c
struct GemmOp {
  static constexpr std::string_view name = "gemm";
  static constexpr double bf16_tolerance = 2e-2;
  static bool accumulates(const Case& c) { return c.activation == identity_activation; }
  static Operands operands(const Case& c) {
    const Index m = primitive::rows(c.x, c.ta), n = primitive::columns(c.y, c.tb);
    return {{c.x, left_type(c)},
            {c.y, right_type(c)},
            {present(c.extra, vector_shape(n)), Type::parameter},
            {matrix_shape(m, n), result_type(c), Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View a = view(v, o, 0), b = view(v, o, 1), bias = view(v, o, 2), y = view(v, o, 3);
    for (Index i = 0; i < y.shape.n; ++i) {
      for (Index j = 0; j < y.shape.c; ++j) {
        double sum = bias.or_else(0, j, 0);
        for (Index k = 0; k < primitive::columns(c.x, c.ta); ++k)
          sum += element(a, c.ta, i, k) * element(b, c.tb, k, j);
        y(i, 0, 0, j) = activated(c.activation, sum);
      }
    }
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    const auto run = [&](const auto& a, const auto& b, const auto& result) {
      primitive::gemm(c.ta, c.tb, a, b, result, write, t.p(2), c.activation);
    };
    if (c.types == MatrixTypes::forward) run(t.x(0), t.p(1), t.x(3));
    if (c.types == MatrixTypes::weights) run(t.x(0), t.x(1), t.p(3));
    if (c.types == MatrixTypes::master) run(t.p(0), t.p(1), t.p(3));
    if (c.types == MatrixTypes::narrow) run(t.x(0), t.x(1), t.x(3));
  }
};

/// a, x, y
struct GemvOp {
  static constexpr std::string_view name = "gemv";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{c.x, Type::parameter},
            {vector_shape(primitive::columns(c.x, c.ta)), Type::parameter},
            {vector_shape(primitive::rows(c.x, c.ta)), Type::parameter, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    for (Index i = 0; i < o[2].shape.c; ++i) {
      double sum = 0;
      for (Index k = 0; k < o[1].shape.c; ++k)
        sum += element(view(v, o, 0), c.ta, i, k) * v[1][static_cast<std::size_t>(k)];
      v[2][static_cast<std::size_t>(i)] = sum;
    }
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    primitive::gemv(c.ta, t.p(0), t.p(1), t.p(2), write);
  }
};

}  // namespace limn_test
