// SPDX-License-Identifier: MIT
// reshape: the same values under another shape of the same size, as a view. backward: the other way
// round. Keeps nothing.
#pragma once

#include "limn/autograd/tape.hpp"

namespace limn::inline v0 {

/// Throws ShapeError if the number of elements differs.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> reshape(const Var<D, T>& x, const Shape& shape) {
  const Tensor<D, T> y = x.value().reshape(shape);
  if (!x.wants_gradient()) return Var<D, T>(y, x.tape(), false);
  return x.tape()->record(y, [dx = x.gradient()](const auto& dy) { dx.give(dy); });
}

}  // namespace limn::inline v0
