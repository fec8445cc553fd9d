// SPDX-License-Identifier: MIT
// distort: differentiable augmentation with given numbers (core/primitives/distortion.hpp).
//   backward: the transpose. keeps: the numbers, which belong to somebody else.
#pragma once

#include "limn/autograd/tape.hpp"

namespace limn::inline v0 {

/// x (N,H,W,C) distorted as `how` (N,1,1,9) says, a row per picture. Throws ShapeError.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> distort(const Var<D, T>& x, const Tensor<D, param_t<T>>& how) {
  const Tensor<D, T> y(x.device(), x.shape());
  primitive::distort(how, x.value(), y);
  if (!x.wants_gradient()) return Var<D, T>(y, x.tape(), false);
  return x.tape()->record(y, [how, dx = x.gradient()](const auto& dy) {
    const auto target = dx.target();
    primitive::distort_backward(how, dy, target.tensor, target.write);
  });
}

}  // namespace limn::inline v0
