// SPDX-License-Identifier: MIT
// linear: y = activation(x W^T + b) on flattened samples.
//   backward: g = dy activation'(y);  dW = g^T x, or kept as the factors (x, g) for a factored
//   parameter;  db = sum g;  dx = g W. keeps: x or its recipe, and y where there is an activation.
// Weights that are stored narrow, for inference, are read as they are.
#pragma once

#include "limn/nn/parameter.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn::inline v0 {

/// x (N,H,W,C) seen as N rows, weights (O,H,W,C), bias (1,1,1,O) or null; y (N,1,1,O). Throws
/// ShapeError; also where a factored parameter, whose factors are of type T, meets another x.
template <Device D, Scalar U, Scalar T>
requires ActivationOf<U, T>
[[nodiscard]] Var<D, U> linear(const Var<D, U>& x, Parameter<D, T>& weights,
                               Parameter<D, T>* bias = nullptr, Activation activation = {}) {
  using primitive::Transpose;
  weights.require_device_of(x);
  primitive::require(
      x.shape().sample() == weights.shape.sample(), weights.name.c_str(),
      "a linear layer's input must have as many values per sample as the weights' rows", x.shape(),
      weights.shape);
  primitive::require((std::same_as<U, T> || !weights.factored), weights.name.c_str(),
                     "a factored parameter takes activations, not values of its own type",
                     x.shape(), weights.shape);
  Tensor<D, U> y(x.device(), {x.shape().n, 1, 1, weights.shape.n});
  const auto run = [&](const auto& stored) {
    primitive::gemm(Transpose::no, Transpose::yes, x.value(), stored, y, Write::overwrite,
                    bias ? bias->value : Tensor<D, param_t<T>>(), activation);
  };
  if constexpr (std::same_as<U, T>)
    weights.with_stored(run);
  else  // these are never narrow: such parameters are not factored
    run(weights.value);

  const bool learn_weights = weights.trainable(), learn_bias = bias && bias->trainable();
  if (!x.tape() || !(x.wants_gradient() || learn_weights || learn_bias))
    return Var<D, U>(y, x.tape(), false);
  const auto kept = activation == identity_activation ? Tensor<D, U>() : y;
  const auto kept_input = learn_weights ? x.kept() : Kept<D, U>();
  return x.tape()->record(
      y,
      [=, dx = x.gradient(), w = &weights](const auto& dy) {
        if (kept.defined()) activation_backward(activation, kept, dy, dy);
        if (learn_bias)
          primitive::reduce(primitive::all_but_channels, dy, bias->gradient, Write::accumulate);
        const auto input = kept_input.tensor();
        if constexpr (std::same_as<U, T>)
          if (learn_weights && w->factored) w->factors.push_back({input, dy});
        if (learn_weights && !w->factored)
          primitive::gemm(Transpose::yes, Transpose::no, dy, input, w->gradient, Write::accumulate);
        if (dx.wanted()) {
          const auto target = dx.target();
          const auto back = [&](const auto& stored) {
            primitive::gemm(Transpose::no, Transpose::no, dy, stored, target.tensor, target.write);
          };
          if constexpr (std::same_as<U, T>)
            w->with_stored(back);
          else
            back(w->value);
        }
      },
      weights.name);
}

}  // namespace limn::inline v0
