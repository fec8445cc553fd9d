// SPDX-License-Identifier: MIT
// ResidualBlock: y = x + attend(norm2(conv2(relu(norm1(conv1(x)))))), 3x3 convolutions with
// mirrored borders; any normalization, with or without an attention, the library's or one's own.
//   With SqueezeExcitation it is the block of SE-ResNet (Hu et al., 2018). U-GAT-IT's own blocks
//   (models/ugatit/generator.hpp) fuse activation and residual into the normalization.
#pragma once

#include <string>
#include <utility>

#include "limn/nn/convolution.hpp"
#include "limn/nn/layer.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn::inline v0 {

/// Gives its features as they are.
struct NoAttention {
  /// x.
  template <AnyVar X>
  [[nodiscard]] X operator()(const X& x) const {
    return x;
  }
  /// Nothing to name.
  void visit(auto&&) {}
};

/// x (N,H,W,channels) -> the same shape. Throws ShapeError with the block's name where a layer of
/// one's own gives another.
template <Device D, Scalar T, class Norm, class Attention = NoAttention>
struct ResidualBlock {
  static_assert(NormalizationOf<Norm, D, T>,
                "limn: a block's normalization needs operator()(x), which takes and gives features "
                "Var<D, T>, and visit(f), which names its parameters");
  static_assert(AttentionOf<Attention, D, T>,
                "limn: a block's attention needs operator()(x), which takes and gives features "
                "Var<D, T>, and visit(f), which names its parameters");

  /// In the order of the formula.
  Convolution<D, T> conv1, conv2;
  /// After each convolution.
  Norm norm1, norm2;
  Attention attention;                  ///< before x is added
  std::string name = "residual block";  ///< its path in the network, once visited

  /// `norm` is that of both convolutions, without an activation of its own.
  ResidualBlock(Index channels, const Norm& norm, Attention attend = {})
      : conv1(channels, channels, reflect_conv(3, 1, 1), {.moments = WithMoments::yes}),
        conv2(channels, channels, reflect_conv(3, 1, 1), {.moments = WithMoments::yes}),
        norm1(norm),
        norm2(norm),
        attention(std::move(attend)) {}

  /// The block of x (N,H,W,channels).
  [[nodiscard]] Var<D, T> operator()(const Var<D, T>& x) {
    const auto inner = activate(norm1(conv1(x)), relu_activation);
    const auto y = attention(norm2(conv2(inner)));
    primitive::require(y.shape() == x.shape(), name.c_str(),
                       "a block's normalization and attention must keep the shape", x.shape(),
                       y.shape());
    return x + y;
  }

  /// Names the layers.
  void visit(auto&& f) {
    f("conv1", conv1), f("norm1", norm1), f("conv2", conv2), f("norm2", norm2);
    f("attention", attention);
  }
};

}  // namespace limn::inline v0
