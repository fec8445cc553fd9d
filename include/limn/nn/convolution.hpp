// SPDX-License-Identifier: MIT
// Convolution: y = activation(W * x + b), weights (O,k,k,I) and biases from U(-1/sqrt(k k I),
// 1/sqrt(k k I)), as PyTorch's Conv2d.
#pragma once

#include <optional>
#include <string>

#include "limn/ops/convolution.hpp"
#include "limn/ops/dual.hpp"

namespace limn::inline v0 {

struct ConvolutionOptions {
  bool bias = false;
  Activation activation{};
  WithMoments moments = WithMoments::no;  ///< yes, if a normalization follows
};

/// x (N,H,W,in) -> geometry.output(x), (N,H',W',out). Throws ShapeError with the layer's name.
template <Device D, Scalar T = float>
struct Convolution {
  ConvGeometry geometry;
  ConvolutionOptions options;
  Parameter<D, T> weight;
  std::optional<Parameter<D, T>> bias;
  std::string name = "convolution";

  Convolution(Index in, Index out, const ConvGeometry& g, const ConvolutionOptions& o = {})
      : geometry(g),
        options(o),
        weight{{out, g.kernel, g.kernel, in}, Initializer::fan_in(g.kernel * g.kernel * in)} {
    if (o.bias) bias = Parameter<D, T>{vector_shape(out), weight.initializer};
  }

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

  void visit(auto&& f) {
    f("weight", weight);
    if (bias) f("bias", *bias);
  }
};

}  // namespace limn::inline v0
