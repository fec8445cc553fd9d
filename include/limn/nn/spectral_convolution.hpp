// SPDX-License-Identifier: MIT
// SpectralConvolution: a convolution whose weights are divided by their largest singular value
// (Miyato et al., 2018), one power iteration per pass; the vectors u and v are state and go into
// checkpoints. A linear layer is the 1x1 case on pooled features.
#pragma once

#include <optional>
#include <string>

#include "limn/ops/dual.hpp"
#include "limn/ops/spectral.hpp"

namespace limn::inline v0 {

/// What a spectral convolution does besides.
struct SpectralOptions {
  bool bias = false;        ///< add b, one per output channel, after the division by sigma
  Activation activation{};  ///< of the result
  bool normalized = true;   ///< no: a convolution with its weights as they are, without u and v
  double least = torch_least_length;  ///< see limn/ops/spectral.hpp
};

/// x (N,H,W,in) -> (N,H',W',out). Throws ShapeError with the layer's name.
template <Device D, Scalar T = float>
struct SpectralConvolution {
  ConvGeometry geometry;                ///< kernel, stride, padding
  SpectralOptions options;              ///< as it was made
  std::optional<Parameter<D, T>> bias;  ///< (1,1,1,out)
  Parameter<D, T> weight;               ///< un-normalized
  /// The state of the power iteration: (1,1,1,out) and (1,k,k,in), of length 1. Nothing where
  /// weights are not normalized.
  Parameter<D, T> u, v;
  PowerIterations<D, T> held{};  ///< see PowerIteration
  /// Its path in the network, with which its errors begin.
  std::string name = "spectral convolution";

  /// Weights as Convolution's; u and v start at random.
  SpectralConvolution(Index in, Index out, const ConvGeometry& g, const SpectralOptions& o = {})
      : geometry(g),
        options(o),
        weight{{out, g.kernel, g.kernel, in}, Initializer::fan_in(g.kernel * g.kernel * in)},
        u{vector_shape(out), Initializer::unit_vector(), Role::state},
        v{{1, g.kernel, g.kernel, in}, Initializer::unit_vector(), Role::state} {
    if (o.bias) bias = Parameter<D, T>{vector_shape(out), weight.initializer};
  }

  /// The batch is `passes` equal parts, each with a power iteration of its own, in order; or
  /// with those that are held. `next`: the border of the convolution that reads the result.
  template <ActivationOf<T> U>
  [[nodiscard]] Var<D, U> operator()(const Var<D, U>& x, const Passes& passes = {},
                                     const Border& next = {}) {
    if (!options.normalized)
      return convolution<D, U, T>(x, weight, bias ? &*bias : nullptr, geometry, options.activation);
    return spectral_convolution(x, weight, u, v, held, bias ? &*bias : nullptr, geometry,
                                options.activation, passes, next, options.least);
  }

  /// With the derivative along a direction, by the same power iterations.
  template <ActivationOf<T> U>
  [[nodiscard]] Dual<D, U> operator()(const Dual<D, U>& x, const Passes& passes = {},
                                      const Border& next = {}) {
    if (!options.normalized) {
      const auto y = (*this)(x.value);
      return {y, activation_tangent(options.activation, y,
                                    convolution<D, U, T>(x.tangent, weight, nullptr, geometry))};
    }
    using enum PowerIteration;
    const auto how = passes.iteration;
    const bool stays = how == hold || how == use;
    const auto y = (*this)(x.value, {passes.count, how == run || how == hold ? hold : use}, next);
    const auto t =
        spectral_convolution<D, U, T>(x.tangent, weight, u, v, held, nullptr, geometry, {},
                                      {passes.count, stays ? use : finish}, {}, options.least);
    return {y, activation_tangent(options.activation, y, t)};
  }

  /// Calls f(name, member) for its parameters, under the names of
  /// torch.nn.utils.spectral_norm.
  void visit(auto&& f) {
    if (bias) f("bias", *bias);
    if (!options.normalized) {
      f("weight", weight);
      return;
    }
    f("weight_orig", weight);
    f("weight_u", u);
    f("weight_v", v);
  }
};

}  // namespace limn::inline v0
