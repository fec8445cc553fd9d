// SPDX-License-Identifier: MIT
// Primitive group "matrix": gemm and gemv. A matrix is a tensor seen as (rows = n, columns =
// h*w*c).
#pragma once

#include "limn/core/activation.hpp"
#include "limn/core/primitives/common.hpp"

namespace limn::inline v0::primitive {

/// Whether an operand of a product is transposed first.
enum class Transpose { no, yes };

/// Rows of a tensor seen as a matrix (n, h w c), or of its transpose.
[[nodiscard]] constexpr Index rows(const Shape& s, Transpose t = Transpose::no) {
  return t == Transpose::no ? s.n : s.sample();
}
/// Columns of a tensor seen as a matrix (n, h w c), or of its transpose.
[[nodiscard]] constexpr Index columns(const Shape& s, Transpose t = Transpose::no) {
  return t == Transpose::no ? s.sample() : s.n;
}

/// A device specializes this for the operand types that linear layers need:
/// (T, param, T), (T, T, param) and (param, param, param); (T, T, T) where weights that are only
/// used, and not learned, are stored as narrow as activations.
template <Device D, Scalar A, Scalar B, Scalar C>
struct Matrix;

/// c (+)= activation(op(a) op(b) + bias), bias per column of c. Accumulation excludes an
/// activation. Throws ShapeError.
template <Device D, Scalar A, Scalar B, Scalar C>
void gemm(Transpose ta, Transpose tb, const Tensor<D, A>& a, const Tensor<D, B>& b,
          const Tensor<D, C>& c, Write write = Write::overwrite,
          const Tensor<D, param_t<C>>& bias = {}, Activation activation = {}) {
  require(columns(a.shape(), ta) == rows(b.shape(), tb), "gemm", "inner extents differ", a.shape(),
          b.shape());
  require(rows(c.shape()) == rows(a.shape(), ta), "gemm",
          "rows of the result differ from the left operand's", a.shape(), c.shape());
  require(columns(c.shape()) == columns(b.shape(), tb), "gemm",
          "columns of the result differ from the right operand's", b.shape(), c.shape());
  require(!bias.defined() || bias.size() == columns(c.shape()), "gemm",
          "bias must have one value per column", bias.shape(), c.shape());
  require(write == Write::overwrite || activation == identity_activation, "gemm",
          "accumulation excludes an activation", a.shape(), c.shape());
  D& device = a.device();
  const Index m = rows(c.shape()), n = columns(c.shape()), k = columns(a.shape(), ta);
  const auto scratch =
      workspace(device, Matrix<D, A, B, C>::gemm_workspace(device, ta, tb, m, n, k));
  if (begin(device, traffic(a, b, c), m * n * k))
    Matrix<D, A, B, C>::gemm(device, ta, tb, a, b, c, write, bias, activation, scratch);
}

/// y (+)= op(a) x for vectors x and y, at memory bandwidth. P is float or double.
template <Device D, Scalar P>
void gemv(Transpose ta, const Tensor<D, P>& a, const Tensor<D, P>& x, const Tensor<D, P>& y,
          Write write = Write::overwrite) {
  require(x.size() == columns(a.shape(), ta), "gemv", "x must have one value per column of op(a)",
          a.shape(), x.shape());
  require(y.size() == rows(a.shape(), ta), "gemv", "y must have one value per row of op(a)",
          a.shape(), y.shape());
  D& device = a.device();
  const auto scratch = workspace(
      device, Matrix<D, P, P, P>::gemv_workspace(device, ta, rows(a.shape()), columns(a.shape())));
  if (begin(device, traffic(a, x, y), a.size()))
    Matrix<D, P, P, P>::gemv(device, ta, a, x, y, write, scratch);
}

}  // namespace limn::inline v0::primitive
