// SPDX-License-Identifier: MIT
// Primitive group "normalization": from the moments of a picture to the affine that normalizes it,
// and back. Small tensors only.
//
// Per sample n and channel c, with in = (mean, var) of the channel and ln = (mean, var) of the
// whole sample (from the same moments, by Chan's formula):
//   y = gamma (rho (x - in.mean) in.r + (1 - rho) (x - ln.mean) ln.r) + beta,   r = 1 / sqrt(var +
//   epsilon)
//     = a x + b.
// InstanceNorm: rho = 1 (undefined), gamma = 1, beta = 0 (undefined). ILN: rho, gamma, beta
// (1,1,1,C). AdaLIN: gamma and beta (N,1,1,C). U-GAT-IT (Kim et al., 2020), equation 1; variances
// as the published PyTorch code has them: biased in InstanceNorm, unbiased (n - 1) in ILN and
// AdaLIN.
#pragma once

#include "limn/core/primitives/affine.hpp"

namespace limn::inline v0::primitive {

/// How variances are used.
struct NormSpec {
  double epsilon = 1e-5;  ///< added to a variance before the root is taken
  bool unbiased = false;  ///< divide by the count less one in the statistics that the file comment
                          ///< says, as torch.var does
};

/// What a and b of this file's formula are made from.
template <Device D, Scalar P>
struct NormOperands {
  /// Moments of x, (N,1,1,C): means, and sums of squared differences from them.
  Tensor<D, P> mean, m2;
  Index area = 0;  ///< H*W of x
  /// Of this file's formula; each may be undefined.
  Tensor<D, P> rho, gamma, beta;
};

/// Where the gradients of the three learned operands go.
template <Device D, Scalar P>
struct NormGradients {
  /// Shaped like the operand; undefined: not wanted.
  Tensor<D, P> rho, gamma, beta;
  Write rho_write = Write::accumulate;    ///< how rho's is written
  Write gamma_write = Write::accumulate;  ///< how gamma's is written
  Write beta_write = Write::accumulate;   ///< how beta's is written
};

/// A device specializes this: forward and backward.
template <Device D, Scalar P>
struct Normalization;

/// Throws ShapeError, which names `where`, unless the operands have shapes that the formula allows.
template <Device D, Scalar P>
void require_norm(const char* where, const NormOperands<D, P>& o) {
  require(o.mean.shape() == o.m2.shape() && o.mean.shape().area() == 1, where,
          "moments must be (N,1,1,C)", o.mean.shape(), o.m2.shape());
  if (o.rho.defined())
    require(o.rho.shape() == vector_shape(o.mean.shape().c), where, "rho must be (1,1,1,C)",
            o.rho.shape(), o.mean.shape());
  if (o.gamma.defined()) require_coefficients(where, o.mean.shape(), o.gamma.shape());
  if (o.beta.defined()) require_coefficients(where, o.mean.shape(), o.beta.shape());
}

/// a, b (N,1,1,C), overwritten.
template <Device D, Scalar P>
void norm_coefficients(const NormSpec& spec, const NormOperands<D, P>& operands,
                       const Tensor<D, P>& a, const Tensor<D, P>& b) {
  require_norm("norm_coefficients", operands);
  require(a.shape() == operands.mean.shape() && b.shape() == a.shape(), "norm_coefficients",
          "a and b must be (N,1,1,C)", a.shape(), operands.mean.shape());
  D& device = a.device();
  if (begin(device, traffic(operands.mean, a, b)))
    Normalization<D, P>::forward(device, spec, operands, a, b);
}

/// From s1 = sum g and s2 = sum g x (g: gradient of y): p, q (overwritten) such that dx = a g + p x
/// + q, and the gradients of rho (summed over samples), gamma and beta (summed over samples where
/// they are (1,1,1,C)).
template <Device D, Scalar P>
void norm_coefficients_backward(const NormSpec& spec, const NormOperands<D, P>& operands,
                                const Tensor<D, P>& s1, const Tensor<D, P>& s2,
                                const Tensor<D, P>& p, const Tensor<D, P>& q,
                                const NormGradients<D, P>& gradients) {
  require_norm("norm_coefficients_backward", operands);
  const Shape& s = operands.mean.shape();
  require(s1.shape() == s && s2.shape() == s && p.shape() == s && q.shape() == s,
          "norm_coefficients_backward", "sums and p, q must be (N,1,1,C)", s1.shape(), s);
  D& device = p.device();
  if (begin(device, traffic(operands.mean, s1, s2, p, q)))
    Normalization<D, P>::backward(device, spec, operands, s1, s2, p, q, gradients);
}

}  // namespace limn::inline v0::primitive
