// SPDX-License-Identifier: MIT
// Eigen's products in double, for gradient checks and golden runs. One type of operand for all who
// multiply, so that each is compiled once, and only where it is called: Eigen's templates are the
// largest part of what double costs to compile.
#pragma once

#include <Eigen/Core>

#include "limn/core/shape.hpp"

namespace limn::inline v0::cpu::detail {

/// Row-major, rows any number of elements apart.
using DoubleMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using DoubleView = Eigen::Map<DoubleMatrix, 0, Eigen::OuterStride<>>;
using ConstDoubleView = Eigen::Map<const DoubleMatrix, 0, Eigen::OuterStride<>>;

[[nodiscard]] inline DoubleView double_view(double* p, Index rows, Index columns, Index leading) {
  return {p, rows, columns, Eigen::OuterStride<>(leading)};
}
[[nodiscard]] inline ConstDoubleView double_view(const double* p, Index rows, Index columns,
                                                 Index leading) {
  return {p, rows, columns, Eigen::OuterStride<>(leading)};
}

/// c += a b
template <class Unused = void>
void add_product(DoubleView c, const ConstDoubleView& a, const ConstDoubleView& b) {
  c.noalias() += a * b;
}
/// c += a b^T
template <class Unused = void>
void add_product_transposed(DoubleView c, const ConstDoubleView& a, const ConstDoubleView& b) {
  c.noalias() += a * b.transpose();
}
/// c += a^T b
template <class Unused = void>
void add_transposed_product(DoubleView c, const ConstDoubleView& a, const ConstDoubleView& b) {
  c.noalias() += a.transpose() * b;
}

}  // namespace limn::inline v0::cpu::detail
