// SPDX-License-Identifier: MIT
// Convolution: y = activation(W * x + b), weights (O,k,k,I) and biases from U(-1/sqrt(k k I),
// 1/sqrt(k k I)), as PyTorch's Conv2d.
#pragma once

#include <optional>
#include <string>

#include "limn/ops/convolution.hpp"
#include "limn/ops/dual.hpp"

namespace limn::inline v0 {

/// What a convolution does besides.
struct ConvolutionOptions {
  bool bias = false;                      ///< add b, one per output channel
  Activation activation{};                ///< of the result
  WithMoments moments = WithMoments::no;  ///< yes, if a normalization follows
};

/// x (N,H,W,in) -> geometry.output(x), (N,H',W',out). Throws ShapeError with the layer's name.
template <Device D, Scalar T = float>
struct Convolution {
  ConvGeometry geometry;                ///< kernel, stride, padding, upsampling
  ConvolutionOptions options;           ///< as it was made
  Parameter<D, T> weight;               ///< (out,k,k,in)
  std::optional<Parameter<D, T>> bias;  ///< (1,1,1,out)
  std::string name = "convolution";     ///< its path in the network, with which its errors begin

  /// Its values come when a ParameterSet allocates it.
  Convolution(Index in, Index out, const ConvGeometry& g, const ConvolutionOptions& o = {})
      : geometry(g),
        options(o),
        weight{{out, g.kernel, g.kernel, in}, Initializer::fan_in(g.kernel * g.kernel * in)} {
    if (o.bias) bias = Parameter<D, T>{vector_shape(out), weight.initializer};
  }

  /// activation(W * x + b). Throws ShapeError.
  [[nodiscard]] Var<D, T> operator()(const Var<D, T>& x) {
    return convolution(x, weight, bias ? &*bias : nullptr, geometry, options.activation,
                       options.moments);
  }

  /// With the derivative along a direction.
  [[nodiscard]] Dual<D, T> operator()(const Dual<D, T>& x) {
    const auto y = (*this)(x.value);
    return {y, activation_tangent(options.activation, y,
                                  convolution<D, T>(x.tangent, weight, nullptr, geometry))};
  }

  /// Calls f(name, member) for its parameters, "weight" and "bias".
  void visit(auto&& f) {
    f("weight", weight);
    if (bias) f("bias", *bias);
  }
};

}  // namespace limn::inline v0
