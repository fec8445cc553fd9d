// SPDX-License-Identifier: MIT
// The three normalizations of U-GAT-IT (Kim et al., 2020, equation 1 and section 2.1.2), each with
// the activation and the residual that follow it fused in:
//   InstanceNorm  y = (x - m_I) / sqrt(v_I + e)
//   LIN           y = gamma (rho x_I + (1 - rho) x_L) + beta, rho starts at 0, gamma 1, beta 0
//   AdaLIN        the same, gamma and beta (N,1,1,C) from outside, rho starts at 0.9
// x_I is normalized over H, W, x_L over H, W, C. As the published PyTorch code: e = 1e-5 inside the
// root, biased variance in InstanceNorm, unbiased in LIN and AdaLIN.
// `next` is the border of the convolution that reads the result, as in normalize.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "limn/ops/normalize.hpp"
#include "limn/ops/smoothing.hpp"

namespace limn::inline v0 {

/// No parameters. x (N,H,W,C).
template <Device D, Scalar T = float>
struct InstanceNorm {
  Activation activation{};                ///< of the result
  primitive::NormSpec spec{1e-5, false};  ///< epsilon, and how the variance is meant: biased

  /// x is given up where it can be: its values may be overwritten.
  [[nodiscard]] Var<D, T> operator()(Var<D, T> x, const Var<D, T>& residual = {},
                                     const Border& next = {}) const {
    return normalize<D, T>(std::move(x), spec, {}, activation, residual, next);
  }

  /// Nothing to name.
  void visit(auto&&) {}
};

/// InstanceNorm that may have gamma and beta per channel, at first 1 and 0; then y = gamma x_I +
/// beta. x (N,H,W,channels).
template <Device D, Scalar T = float>
struct AffineInstanceNorm {
  InstanceNorm<D, T> plain;  ///< without them
  /// (1,1,1,channels), learned; both or none.
  std::optional<Parameter<D, T>> gamma, beta;
  std::string name = "instance norm";  ///< its path in the network, with which its errors begin

  /// `affine`: with gamma and beta.
  AffineInstanceNorm(Index channels, Activation act, bool affine) : plain{act} {
    if (!affine) return;
    gamma = Parameter<D, T>{vector_shape(channels), Initializer::constant(1)};
    beta = Parameter<D, T>{vector_shape(channels), Initializer::constant(0)};
  }

  /// Throws ShapeError if gamma and beta have other channels than x.
  [[nodiscard]] Var<D, T> operator()(Var<D, T> x, const Var<D, T>& residual = {},
                                     const Border& next = {}) {
    if (!gamma) return plain(std::move(x), residual, next);
    if (x.shape().c != gamma->shape.c)
      throw ShapeError("[instance norm " + name + "] gamma has " + std::to_string(gamma->shape.c) +
                       " channels, features have " + std::to_string(x.shape().c) + ": x " +
                       to_string(x.shape()) + ", gamma " + to_string(gamma->shape));
    return normalize<D, T>(std::move(x), plain.spec,
                           {std::nullopt, Operand<D, T>(*gamma), Operand<D, T>(*beta)},
                           plain.activation, residual, next);
  }

  /// Calls f(name, member) for what there is.
  void visit(auto&& f) {
    if (gamma) f("weight", *gamma);
    if (beta) f("bias", *beta);
  }
};

/// Of LIN and AdaLIN: sums of squares divided by n - 1, as in the published PyTorch code, or by n.
enum class Variance { unbiased, biased };

/// What rho is kept in while it is learned (published code: RhoClipper).
inline constexpr primitive::Bounds rho_bounds{0, 1};

/// Layer-instance normalization of the decoder's upsampling. x (N,H,W,channels).
template <Device D, Scalar T = float>
struct LayerInstanceNorm {
  Activation activation;  ///< of the result
  /// (1,1,1,channels), learned; rho stays in [0, 1].
  Parameter<D, T> rho, gamma, beta;
  primitive::NormSpec spec{1e-5, true};  ///< epsilon, and how variances are meant: unbiased
  std::string name = "LIN";              ///< its path in the network, with which its errors begin

  /// For maps of `channels` channels.
  explicit LayerInstanceNorm(Index channels, Activation act = {},
                             Variance variance = Variance::unbiased)
      : activation(act),
        rho{.shape = vector_shape(channels),
            .initializer = Initializer::constant(0),
            .bounds = rho_bounds},
        gamma{vector_shape(channels), Initializer::constant(1)},
        beta{vector_shape(channels), Initializer::constant(0)} {
    spec.unbiased = variance == Variance::unbiased;
  }

  /// Throws ShapeError if x has other channels.
  [[nodiscard]] Var<D, T> operator()(Var<D, T> x, const Border& next = {}) {
    if (x.shape().c != gamma.shape.c)
      throw ShapeError("[LIN " + name + "] gamma has " + std::to_string(gamma.shape.c) +
                       " channels, features have " + std::to_string(x.shape().c) + ": x " +
                       to_string(x.shape()) + ", gamma " + to_string(gamma.shape));
    return normalize<D, T>(std::move(x), spec,
                           {Operand<D, T>(rho), Operand<D, T>(gamma), Operand<D, T>(beta)},
                           activation, {}, next);
  }

  /// Calls f(name, member); names are those of the published state_dict.
  void visit(auto&& f) {
    f("rho", rho);
    f("gamma", gamma);
    f("beta", beta);
  }
};

/// What an AdaLIN may do otherwise.
struct AdaLinOptions {
  Variance variance = Variance::unbiased;  ///< how sums of squares are divided
  double first_rho = 0.9;                  ///< before anything is learned
  bool smoothing = false;                  ///< mix by rho - 0.1, see limn/ops/smoothing.hpp
};

/// Adaptive layer-instance normalization. x (N,H,W,channels), gamma and beta (N,1,1,channels).
template <Device D, Scalar T = float>
struct AdaLin {
  Activation activation;                 ///< of the result
  Parameter<D, T> rho;                   ///< (1,1,1,channels), learned, stays in [0, 1]
  primitive::NormSpec spec{1e-5, true};  ///< epsilon, and how variances are meant: unbiased
  std::string name = "AdaLIN";           ///< its path in the network, with which its errors begin

  AdaLinOptions options;  ///< as it was made

  /// For maps of `channels` channels.
  explicit AdaLin(Index channels, Activation act = {}, const AdaLinOptions& o = {})
      : activation(act),
        rho{.shape = vector_shape(channels),
            .initializer = Initializer::constant(o.first_rho),
            .bounds = rho_bounds},
        options(o) {
    spec.unbiased = o.variance == Variance::unbiased;
  }

  /// Throws ShapeError if gamma or beta do not fit x.
  [[nodiscard]] Var<D, T> operator()(Var<D, T> x, const Var<D, param_t<T>>& gamma,
                                     const Var<D, param_t<T>>& beta, const Var<D, T>& residual = {},
                                     const Border& next = {}) {
    for (const auto* style : {&gamma, &beta})
      if (style->shape() != x.shape().per_channel())
        throw ShapeError("[AdaLIN " + name + "] " + (style == &gamma ? "gamma" : "beta") + " has " +
                         std::to_string(style->shape().c) + " channels, features have " +
                         std::to_string(x.shape().c) + ": x " + to_string(x.shape()) + ", " +
                         (style == &gamma ? "gamma " : "beta ") + to_string(style->shape()));
    const auto mix =
        options.smoothing ? Operand<D, T>(smoothed(rho, x.tape())) : Operand<D, T>(rho);
    return normalize<D, T>(std::move(x), spec, {mix, Operand<D, T>(gamma), Operand<D, T>(beta)},
                           activation, residual, next);
  }

  /// Calls f("rho", rho): gamma and beta are another layer's.
  void visit(auto&& f) { f("rho", rho); }
};

}  // namespace limn::inline v0
