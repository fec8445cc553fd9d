// SPDX-License-Identifier: MIT
// A small network whose pooled activations describe a picture, for KID and FID between sets of
// pictures: four 3x3 convolutions that halve the picture, leaky ReLU; its features are the means of
// each stage over the picture, 16 + 32 + 32 + 48 numbers, minus a mean, times a scale. It is
// trained to tell how a picture was made and spoiled (examples/train_features.cpp).
#pragma once

#include <array>
#include <utility>

#include "limn/nn/convolution.hpp"
#include "limn/ops/pooling.hpp"

namespace limn::inline v0 {

/// x (N,64,64,3) in [-1, 1].
template <Device D, Scalar T = float>
struct FeatureNetwork {
  static constexpr Index size = 64;                              ///< side of the pictures
  static constexpr std::array<Index, 4> widths{16, 32, 32, 48};  ///< channels of the stages
  /// Features of a picture: 128.
  static constexpr Index width = widths[0] + widths[1] + widths[2] + widths[3];
  static constexpr ConvGeometry halve = reflect_conv(3, 2, 1);  ///< of every stage

  /// Leaky ReLU with slope 0.2, and a bias.
  ConvolutionOptions options{true, leaky_relu_activation(0.2F)};
  Convolution<D, T> stage1{3, widths[0], halve, options};          ///< 64 -> 32 pixels a side
  Convolution<D, T> stage2{widths[0], widths[1], halve, options};  ///< 32 -> 16
  Convolution<D, T> stage3{widths[1], widths[2], halve, options};  ///< 16 -> 8
  Convolution<D, T> stage4{widths[2], widths[3], halve, options};  ///< 8 -> 4
  /// Of every feature over natural pictures; not learned by an optimizer.
  Parameter<D, T> mean{vector_shape(width), Initializer::constant(0), Role::state};
  /// Of every feature, after the mean was taken off.
  Parameter<D, T> scale{vector_shape(width), Initializer::constant(1), Role::state};

  /// The means of the four stages, (N,1,1,widths[i]).
  [[nodiscard]] std::array<Var<D, param_t<T>>, 4> operator()(const Var<D, T>& x) {
    const auto a = stage1(x), b = stage2(a), c = stage3(b), d = stage4(c);
    return {average_pool(a), average_pool(b), average_pool(c), average_pool(d)};
  }

  /// Calls f(name, member) for "stage1" ... "stage4", "mean", "scale".
  void visit(auto&& f) {
    f("stage1", stage1), f("stage2", stage2), f("stage3", stage3), f("stage4", stage4);
    f("mean", mean), f("scale", scale);
  }
};

}  // namespace limn::inline v0
