// SPDX-License-Identifier: MIT
// Primitive groups "statistics" and "affine": y = activation(a[n,c] x + b[n,c]) (+ residual), from
// which InstanceNorm, LIN, AdaLIN and spectral normalization are made. (a, b) may also be
// (1,1,1,C): the same for all samples.
#pragma once

#include "limn/core/activation.hpp"
#include "limn/core/bordered.hpp"
#include "limn/core/primitives/common.hpp"

namespace limn::inline v0::primitive {

/// A device specializes this: moments, forward, backward_sums, backward_data.
template <Device D, Scalar T>
struct Affine;

/// mean[n,c] = mean over H, W of x; m2[n,c] = sum over H, W of (x - mean)^2. Both (N,1,1,C).
template <Device D, Scalar T>
void moments(const Tensor<D, T>& x, const Tensor<D, param_t<T>>& mean,
             const Tensor<D, param_t<T>>& m2) {
  require(mean.shape() == x.shape().per_channel() && m2.shape() == mean.shape(), "moments",
          "mean and m2 must be (N,1,1,C)", x.shape(), mean.shape());
  D& device = x.device();
  const auto scratch = workspace(device, Affine<D, T>::moments_workspace(device, x.shape()));
  if (begin(device, traffic(x))) Affine<D, T>::moments(device, x, mean, m2, scratch);
}

/// Throws ShapeError, which names `where`, unless `a` is (N,1,1,C) or (1,1,1,C) for x (N,H,W,C).
inline void require_coefficients(const char* where, const Shape& x, const Shape& a) {
  require(a.h == 1 && a.w == 1 && a.c == x.c && (a.n == x.n || a.n == 1), where,
          "coefficients must be (N,1,1,C) or (1,1,1,C)", x, a);
}

/// y (+)= activation(a x + b) + residual. b and residual may be undefined (none). y may be x
/// itself.
template <Device D, Scalar T>
void affine_forward(const Tensor<D, T>& x, const Tensor<D, param_t<T>>& a,
                    const Tensor<D, param_t<T>>& b, Activation activation,
                    const Tensor<D, T>& residual, const Tensor<D, T>& y,
                    Write write = Write::overwrite) {
  require_coefficients("affine_forward", x.shape(), a.shape());
  if (b.defined()) require_coefficients("affine_forward", x.shape(), b.shape());
  require(y.shape() == x.shape(), "affine_forward", "y must have x's shape", x.shape(), y.shape());
  require(!residual.defined() || residual.shape() == x.shape(), "affine_forward",
          "the residual must have x's shape", x.shape(), residual.shape());
  if (begin(x.device(), traffic(x, residual, y)))
    Affine<D, T>::forward(x.device(), x, a, b, activation, residual, y, write);
}

/// A device whose convolutions want borders in memory offers this, so that a map is written once.
/// Elsewhere borders are a way of addressing, and nothing is written around a map.
template <class D, class T>
concept WritesBorders = requires {
  &Affine<D, T>::forward_bordered;
};

/// What is written around a map for the convolution that reads it next and wants `next`: nothing
/// where the map is too small for it, which the convolution will say with its name.
template <class D, class T>
[[nodiscard]] constexpr Border border_for(const Border& next, const Shape& map) {
  return WritesBorders<D, T> && next.fits(map) ? next : Border{};
}

/// As affine_forward, y with its border (mirrored or repeated) around it; the residual's is passed
/// over. Only where borders are written; without any it is affine_forward.
template <Device D, Scalar T>
void affine_forward_bordered(const Tensor<D, T>& x, const Tensor<D, param_t<T>>& a,
                             const Tensor<D, param_t<T>>& b, Activation activation,
                             const Bordered<D, T>& residual, const Bordered<D, T>& y) {
  constexpr const char* where = "affine_forward_bordered";
  if (y.border.empty() && residual.border.empty())
    return affine_forward(x, a, b, activation, residual.tensor, y.tensor);
  if constexpr (WritesBorders<D, T>) {
    require_coefficients(where, x.shape(), a.shape());
    if (b.defined()) require_coefficients(where, x.shape(), b.shape());
    require(y.shape() == x.shape(), where, "y within its border must have x's shape", x.shape(),
            y.shape());
    require(y.border.empty() || y.border.padding == Padding::reflect ||
                y.border.padding == Padding::edge,
            where, "a border is mirrored or repeated", x.shape(), y.tensor.shape());
    require(y.border.fits(x.shape()), where,
            "reflection padding needs a picture larger than the padding", x.shape(),
            y.tensor.shape());
    require(!residual.defined() || residual.shape() == x.shape(), where,
            "the residual within its border must have x's shape", x.shape(), residual.shape());
    if (begin(x.device(), traffic(x, residual.tensor, y.tensor)))
      Affine<D, T>::forward_bordered(x.device(), x, a, b, activation, residual, y);
  } else {
    refuse(where, "this device writes no borders", x.shape(), y.tensor.shape());
  }
}

/// With g = dy * activation'(a x + b): s1[n,c] = sum over H, W of g; s2[n,c] = sum over H, W of g
/// x. Both (N,1,1,C), overwritten.
template <Device D, Scalar T>
void affine_backward_sums(const Tensor<D, T>& dy, const Tensor<D, T>& x,
                          const Tensor<D, param_t<T>>& a, const Tensor<D, param_t<T>>& b,
                          Activation activation, const Tensor<D, param_t<T>>& s1,
                          const Tensor<D, param_t<T>>& s2) {
  require_coefficients("affine_backward_sums", x.shape(), a.shape());
  if (b.defined()) require_coefficients("affine_backward_sums", x.shape(), b.shape());
  require(dy.shape() == x.shape(), "affine_backward_sums", "dy must have x's shape", x.shape(),
          dy.shape());
  require(s1.shape() == x.shape().per_channel() && s2.shape() == s1.shape(), "affine_backward_sums",
          "sums must be (N,1,1,C)", x.shape(), s1.shape());
  D& device = x.device();
  const auto scratch = workspace(device, Affine<D, T>::sums_workspace(device, x.shape()));
  if (begin(device, traffic(dy, x)))
    Affine<D, T>::backward_sums(device, dy, x, a, b, activation, s1, s2, scratch);
}

/// dx (+)= a g + p x + q, g as above; p and q (both or none) carry what flows back through the
/// statistics. dx may be dy itself.
template <Device D, Scalar T>
void affine_backward_data(const Tensor<D, T>& dy, const Tensor<D, T>& x,
                          const Tensor<D, param_t<T>>& a, const Tensor<D, param_t<T>>& b,
                          Activation activation, const Tensor<D, param_t<T>>& p,
                          const Tensor<D, param_t<T>>& q, const Tensor<D, T>& dx, Write write) {
  require_coefficients("affine_backward_data", x.shape(), a.shape());
  if (b.defined()) require_coefficients("affine_backward_data", x.shape(), b.shape());
  require(p.defined() == q.defined(), "affine_backward_data", "p and q come together", x.shape(),
          a.shape());
  if (p.defined()) require_coefficients("affine_backward_data", x.shape(), p.shape());
  if (q.defined()) require_coefficients("affine_backward_data", x.shape(), q.shape());
  require(dy.shape() == x.shape() && dx.shape() == x.shape(), "affine_backward_data",
          "dy and dx must have x's shape", dy.shape(), dx.shape());
  if (begin(x.device(), traffic(dy, x, dx)))
    Affine<D, T>::backward_data(x.device(), dy, x, a, b, activation, p, q, dx, write);
}

}  // namespace limn::inline v0::primitive
