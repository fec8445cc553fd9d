// SPDX-License-Identifier: MIT
// Batch normalization (Ioffe & Szegedy, 2015): y = activation(gamma (x - m) / sqrt(v + e) + beta),
// m and v over the samples and pixels of a batch, e = 1e-5.
//   It is instance normalization of one tall picture: NHWC samples lie one after another, so a
//   batch (N,H,W,C) is also (1,N H,W,C), and no primitive of its own is needed.
//   On a tape the batch's own m and v are used, and averages of them are kept as state,
//     average += (1 - momentum) (batch's - average),  the variance unbiased,  as PyTorch's
//   BatchNorm2d; off the tapes the averages are used, and samples do not see each other.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "limn/ops/normalize.hpp"
#include "limn/ops/pointwise.hpp"
#include "limn/ops/reshape.hpp"

namespace limn::inline v0 {

/// x (N,H,W,channels). gamma starts at 1, beta at 0, the averages at 0 and 1.
template <Device D, Scalar T = float>
struct BatchNorm {
  Activation activation;  ///< of the result
  /// (1,1,1,C), learned.
  Parameter<D, T> gamma, beta;
  Parameter<D, T> mean, variance;  ///< averages over steps
  double momentum = 0.9;           ///< of the averages: how much of the old stays
  /// Epsilon, and how a batch's own variance is meant: biased.
  primitive::NormSpec spec{1e-5, false};
  std::string name = "batch norm";  ///< its path in the network, with which its errors begin

  /// For maps of `channels` channels.
  explicit BatchNorm(Index channels, Activation act = {})
      : activation(act),
        gamma{vector_shape(channels), Initializer::constant(1)},
        beta{vector_shape(channels), Initializer::constant(0)},
        mean{vector_shape(channels), Initializer::constant(0), Role::state},
        variance{vector_shape(channels), Initializer::constant(1), Role::state} {}

  /// Throws ShapeError if x has other channels, or a batch on a tape has one value per channel.
  [[nodiscard]] Var<D, T> operator()(const Var<D, T>& x) {
    using P = param_t<T>;
    const Shape s = x.shape(), tall{1, s.n * s.h, s.w, s.c};
    if (s.c != gamma.shape.c)
      throw ShapeError("[batch norm " + name + "] gamma has " + std::to_string(gamma.shape.c) +
                       " channels, features have " + std::to_string(s.c) + ": x " + to_string(s) +
                       ", gamma " + to_string(gamma.shape));
    const Index count = tall.area();
    if (x.tape() && count < 2)
      throw ShapeError("[batch norm " + name +
                       "] learning needs two values per channel, more samples or pixels: x " +
                       to_string(s));
    D& device = x.device();
    const Var<D, T> batch = reshape(x, tall);
    Moments<D, T> moments{Tensor<D, P>(device, gamma.shape), Tensor<D, P>(device, gamma.shape)};
    if (x.tape()) {
      primitive::moments(batch.value(), moments.mean, moments.m2);
      average(mean.value, moments.mean, 1);
      average(variance.value, moments.m2, 1 / static_cast<double>(count - 1));
    } else {
      primitive::copy(mean.value, moments.mean);
      primitive::map(Scaled{static_cast<double>(count)}, variance.value, moments.m2);
    }
    return reshape(of_moments(batch, moments), s);
  }

  /// Calls f(name, member) for its parameters and averages, under the names of
  /// PyTorch's BatchNorm2d.
  void visit(auto&& f) {
    f("weight", gamma);
    f("bias", beta);
    f("running_mean", mean);
    f("running_var", variance);
  }

 private:
  Var<D, T> of_moments(Var<D, T> batch, const Moments<D, T>& moments) {
    batch.set_moments(moments);
    return normalize<D, T>(std::move(batch), spec,
                           {std::nullopt, Operand<D, T>(gamma), Operand<D, T>(beta)}, activation);
  }
  void average(const Tensor<D, param_t<T>>& kept, const Tensor<D, param_t<T>>& seen,
               double factor) const {
    primitive::map(Scaled{momentum}, kept, kept);
    primitive::map(Scaled{(1 - momentum) * factor}, seen, kept, Write::accumulate);
  }
};

}  // namespace limn::inline v0
