// SPDX-License-Identifier: MIT
// Linear: y = activation(x W^T + b) on flattened samples; values from U(-1/sqrt(I), 1/sqrt(I)), as
// PyTorch's Linear.
#pragma once

#include <optional>
#include <string>

#include "limn/ops/dual.hpp"
#include "limn/ops/linear.hpp"

namespace limn::inline v0 {

/// What a linear layer does besides.
struct LinearOptions {
  bool bias = false;        ///< add b, one per output
  Activation activation{};  ///< of the result
  /// Keep the weights' gradient as factors: for layers with far more inputs than the batch has
  /// samples.
  bool factored = false;
};

/// x (N,H,W,C) with in = (1,H,W,C) -> (N,1,1,out). Throws ShapeError with the layer's name.
template <Device D, Scalar T = float>
struct Linear {
  LinearOptions options;                ///< as it was made
  Parameter<D, T> weight;               ///< (out,H,W,C)
  std::optional<Parameter<D, T>> bias;  ///< (1,1,1,out)
  std::string name = "linear";          ///< its path in the network, with which its errors begin

  /// For samples (1,H,W,C). Its values come when a ParameterSet allocates it.
  Linear(const Shape& in, Index out, const LinearOptions& o = {})
      : options(o),
        weight{
            {out, in.h, in.w, in.c}, Initializer::fan_in(in.sample()), Role::weight, o.factored} {
    if (o.bias) bias = Parameter<D, T>{vector_shape(out), weight.initializer};
  }

  /// activation(x W^T + b). Throws ShapeError.
  template <ActivationOf<T> U>
  [[nodiscard]] Var<D, U> operator()(const Var<D, U>& x) {
    return linear(x, weight, bias ? &*bias : nullptr, options.activation);
  }

  /// With the derivative along a direction.
  template <ActivationOf<T> U>
  [[nodiscard]] Dual<D, U> operator()(const Dual<D, U>& x) {
    const auto y = (*this)(x.value);
    return {y, activation_tangent(options.activation, y, linear(x.tangent, weight))};
  }

  /// Calls f(name, member) for its parameters, "weight" and "bias".
  void visit(auto&& f) {
    f("weight", weight);
    if (bias) f("bias", *bias);
  }
};

}  // namespace limn::inline v0
