// SPDX-License-Identifier: MIT
// average_pool, max_pool: adaptive pooling to a grid of bins; a 1 x 1 grid is global pooling.
//   Pooled values are param_t<T>, as is their gradient.
//   backward: the average spreads dy over its bin; the maximum sends it to the first largest pixel.
//   keeps: nothing; the positions of the maxima.
#pragma once

#include "limn/autograd/tape.hpp"

namespace limn::inline v0 {

/// (N,H,W,C) -> (N,bins,bins,C), mean of each bin. Throws ShapeError if there are more bins than
/// pixels.
template <Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> average_pool(const Var<D, T>& x, Index bins = 1) {
  using P = param_t<T>;
  const Tensor<D, P> y(x.device(), {x.shape().n, bins, bins, x.shape().c});
  primitive::pool_average(x.value(), y);
  if (!x.wants_gradient()) return Var<D, P>(y, x.tape(), false);
  return x.tape()->record(y, [dx = x.gradient()](const auto& dy) {
    const auto target = dx.target();
    primitive::pool_average_backward(dy, target.tensor, target.write);
  });
}

/// (N,H,W,C) -> (N,bins,bins,C), largest value of each bin. Throws ShapeError if there are more
/// bins than pixels.
template <Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> max_pool(const Var<D, T>& x, Index bins = 1) {
  using P = param_t<T>;
  const Tensor<D, P> y(x.device(), {x.shape().n, bins, bins, x.shape().c});
  const Tensor<D, std::int32_t> index(x.device(), y.shape());
  primitive::pool_max(x.value(), y, index);
  if (!x.wants_gradient()) return Var<D, P>(y, x.tape(), false);
  return x.tape()->record(y, [index, dx = x.gradient()](const auto& dy) {
    const auto target = dx.target();
    primitive::pool_max_backward(dy, index, target.tensor, target.write);
  });
}

}  // namespace limn::inline v0
