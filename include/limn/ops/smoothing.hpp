// SPDX-License-Identifier: MIT
// smoothed: rho' = min(max(rho - 0.1, 0), 1), what the published TensorFlow code of U-GAT-IT makes
// of AdaLIN's rho before it is used (its --smoothing), so that the instance's share stays below 1.
//   backward: drho += drho' where rho - 0.1 lies within [0, 1]. keeps: nothing.
#pragma once

#include "limn/nn/parameter.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn::inline v0 {

/// rho -> clip(rho - 0.1, 0, 1).
struct Smoothing {
  /// At rho.
  template <class A>
  LIMN_HOST_DEVICE A operator()(A rho) const {
    const A less = rho - static_cast<A>(0.1);
    return less < A(0) ? A(0) : less > A(1) ? A(1) : less;
  }
};
/// (rho, dy) -> dy where Smoothing is not clipped, else 0.
struct SmoothingBackward {
  /// At rho.
  template <class A>
  LIMN_HOST_DEVICE A operator()(A rho, A dy) const {
    const A less = rho - static_cast<A>(0.1);
    return less < A(0) || less > A(1) ? A(0) : dy;
  }
};

/// On `tape`, or on none if it is null.
template <Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> smoothed(Parameter<D, T>& rho, Tape<D>* tape) {
  using P = param_t<T>;
  const Tensor<D, P> y(rho.value.device(), rho.shape);
  primitive::map(Smoothing{}, rho.value, y);
  if (!tape || !rho.trainable()) return Var<D, P>(y, tape, false);
  return tape->record(
      y,
      [p = &rho](const auto& dy) {
        primitive::map2(SmoothingBackward{}, p->value, dy, p->gradient, Write::accumulate);
      },
      rho.name);
}

}  // namespace limn::inline v0
