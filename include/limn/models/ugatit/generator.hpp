// SPDX-License-Identifier: MIT
// The generator of U-GAT-IT (Kim et al., 2020, section 2.1.1 and appendix; published PyTorch code,
// ResnetGenerator). Names in the visit functions are those of the published state_dict.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "limn/attention/class_activation_map.hpp"
#include "limn/models/ugatit/options.hpp"
#include "limn/nn/convolution.hpp"
#include "limn/norm/normalizations.hpp"
#include "limn/ops/elementwise.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn::inline v0::ugatit {

namespace detail {

/// A convolution in front of a normalization.
[[nodiscard]] inline ConvolutionOptions before_norm(const ModelOptions& o) {
  return {.bias = o.compat.conv_bias, .moments = WithMoments::yes};
}
[[nodiscard]] inline Variance variance_of(const ModelOptions& o) {
  return o.compat.biased_variance ? Variance::biased : Variance::unbiased;
}

}  // namespace detail

// Each convolution's border is told to what writes its input: a device that keeps borders in memory
// writes them there and then.

/// x + IN(conv(relu(IN(conv(x))))).
template <Device D, Scalar T = float>
struct ResidualBlock {
  /// 3x3, mirrored borders.
  Convolution<D, T> conv1, conv2;
  /// Of the first with ReLU, of the second without.
  AffineInstanceNorm<D, T> norm1, norm2;

  /// Of the options those that say how it is built.
  explicit ResidualBlock(const ModelOptions& o)
      : conv1(o.features(), o.features(), reflect_conv(3, 1, 1), detail::before_norm(o)),
        conv2(o.features(), o.features(), reflect_conv(3, 1, 1), detail::before_norm(o)),
        norm1(o.features(), relu_activation, o.compat.affine_instance_norm),
        norm2(o.features(), {}, o.compat.affine_instance_norm) {}

  /// `next` is the border of the convolution that reads the result.
  [[nodiscard]] Var<D, T> operator()(const Var<D, T>& x, const Border& next) {
    auto y = norm1(conv1(x), {}, conv2.geometry.border());
    y = conv2(y);
    return norm2(std::move(y), x, next);
  }

  /// Calls f(name, member); names are those of the published state_dict.
  void visit(auto&& f) {
    f("conv_block.1", conv1);
    f("conv_block.2", norm1);
    f("conv_block.5", conv2);
    f("conv_block.6", norm2);
  }
};

// A statement per layer, here and below: what a layer has read is freed before the next but one.

/// Picture (N,S,S,3) -> features (N,S/4,S/4,4 ch): 7x7, two halvings, residual blocks.
template <Device D, Scalar T = float>
struct Encoder {
  /// 7x7; 3x3 with stride 2, twice.
  Convolution<D, T> first, down1, down2;
  /// Of each, with ReLU.
  AffineInstanceNorm<D, T> norm1, norm2, norm3;
  std::vector<ResidualBlock<D, T>> blocks;  ///< one after another

  /// Of the options those that say how it is built.
  explicit Encoder(const ModelOptions& o)
      : first(3, o.channels, reflect_conv(7, 1, 3), detail::before_norm(o)),
        down1(o.channels, 2 * o.channels, reflect_conv(3, 2, 1), detail::before_norm(o)),
        down2(2 * o.channels, 4 * o.channels, reflect_conv(3, 2, 1), detail::before_norm(o)),
        norm1(o.channels, relu_activation, o.compat.affine_instance_norm),
        norm2(2 * o.channels, relu_activation, o.compat.affine_instance_norm),
        norm3(4 * o.channels, relu_activation, o.compat.affine_instance_norm) {
    for (Index i = 0; i < o.blocks; ++i) blocks.emplace_back(o);
  }

  /// image (N,S,S,3) in [-1, 1].
  [[nodiscard]] Var<D, T> operator()(const Var<D, T>& image) {
    auto x = norm1(first(image), {}, down1.geometry.border());
    x = norm2(down1(x), {}, down2.geometry.border());
    x = norm3(down2(x), {}, before_block(0));
    for (std::size_t i = 0; i < blocks.size(); ++i) x = blocks[i](x, before_block(i + 1));
    return x;
  }

  /// Calls f(name, member); names are those of the published state_dict.
  void visit(auto&& f) {
    f("DownBlock.1", first);
    f("DownBlock.2", norm1);
    f("DownBlock.5", down1);
    f("DownBlock.6", norm2);
    f("DownBlock.9", down2);
    f("DownBlock.10", norm3);
    for (std::size_t i = 0; i < blocks.size(); ++i)
      f("DownBlock." + std::to_string(12 + i), blocks[i]);
  }

 private:
  // behind the last one is the attention, which has none
  [[nodiscard]] Border before_block(std::size_t i) const {
    return i < blocks.size() ? blocks[i].conv1.geometry.border() : Border{};
  }
};

/// gamma and beta of every AdaLIN, (N,1,1,C), from the attended features: two fully connected
/// layers with ReLU, then one each.
template <Device D, Scalar T = float>
struct Style {
  Index bins;  ///< per side of the grid that the first layer sees; that of the features: they are
               ///< not averaged
  /// Two layers that both share, and one each.
  Linear<D, T> hidden1, hidden2, gamma, beta;

  /// Of the options those that say how it is built.
  explicit Style(const ModelOptions& o)
      : bins(o.bins()),
        hidden1(
            {1, bins, bins, o.features()}, o.features(),
            {.bias = o.compat.linear_bias, .activation = relu_activation, .factored = bins > 1}),
        hidden2(vector_shape(o.features()), o.features(),
                {.bias = o.compat.linear_bias, .activation = relu_activation}),
        gamma(vector_shape(o.features()), o.features(), {.bias = o.compat.linear_bias}),
        beta(vector_shape(o.features()), o.features(), {.bias = o.compat.linear_bias}) {}

  /// features (N,S/4,S/4,channels) -> gamma and beta.
  [[nodiscard]] std::pair<Var<D, param_t<T>>, Var<D, param_t<T>>> operator()(
      const Var<D, T>& features) {
    const auto x = hidden2(seen(features));
    return {gamma(x), beta(x)};
  }

  /// Calls f(name, member); names are those of the published state_dict.
  void visit(auto&& f) {
    f("gamma", gamma);
    f("beta", beta);
    f("FC.0", hidden1);
    f("FC.2", hidden2);
  }

 private:
  using P = param_t<T>;

  // Features as they are, or pooled to a grid, are many, and the layer's gradient is kept as
  // factors of type T; their mean is one value per channel and stays as wide as it is.
  [[nodiscard]] Var<D, P> seen(const Var<D, T>& features) {
    if (features.shape().h == bins && features.shape().w == bins) return widen(hidden1(features));
    const auto pooled = average_pool(features, bins);
    return bins > 1 ? widen(hidden1(narrow<T>(pooled))) : hidden1(pooled);
  }
};

/// x + AdaLIN(conv(relu(AdaLIN(conv(x))))).
template <Device D, Scalar T = float>
struct AdaptiveResidual {
  /// 3x3, mirrored borders.
  Convolution<D, T> conv1, conv2;
  /// Of the first with ReLU, of the second without.
  AdaLin<D, T> norm1, norm2;

  /// Of the options those that say how it is built.
  explicit AdaptiveResidual(const ModelOptions& o)
      : conv1(o.features(), o.features(), reflect_conv(3, 1, 1), detail::before_norm(o)),
        conv2(o.features(), o.features(), reflect_conv(3, 1, 1), detail::before_norm(o)),
        norm1(o.features(), relu_activation, adalin(o)),
        norm2(o.features(), {}, adalin(o)) {}

  /// gamma, beta (N,1,1,channels), for both normalizations; `next` is the border of the convolution
  /// that reads the result.
  [[nodiscard]] Var<D, T> operator()(const Var<D, T>& x, const Var<D, param_t<T>>& gamma,
                                     const Var<D, param_t<T>>& beta, const Border& next) {
    auto y = norm1(conv1(x), gamma, beta, {}, conv2.geometry.border());
    y = conv2(y);
    return norm2(std::move(y), gamma, beta, x, next);
  }

  /// Calls f(name, member); names are those of the published state_dict.
  void visit(auto&& f) {
    f("conv1", conv1);
    f("norm1", norm1);
    f("conv2", conv2);
    f("norm2", norm2);
  }

 private:
  [[nodiscard]] static AdaLinOptions adalin(const ModelOptions& o) {
    return {detail::variance_of(o), o.compat.initialization ? 1 : 0.9, o.adalin_smoothing};
  }
};

/// Features (N,S/4,S/4,4 ch) -> picture (N,S,S,3) in (-1, 1): two doublings (nearest, folded into
/// the convolution) with LIN, 7x7, tanh. With ModelOptions::residual it makes r, of any range,
/// which `retouched` applies to the picture that was encoded; it begins with r = 0.
template <Device D, Scalar T = float>
struct Decoder {
  /// 3x3 of a doubled picture, twice; 7x7.
  Convolution<D, T> up1, up2, last;
  /// Of the first two, with ReLU.
  LayerInstanceNorm<D, T> norm1, norm2;
  bool residual;  ///< makes r, no picture

  /// Of the options those that say how it is built.
  explicit Decoder(const ModelOptions& o)
      : up1(4 * o.channels, 2 * o.channels, reflect_conv(3, 1, 1, 2), detail::before_norm(o)),
        up2(2 * o.channels, o.channels, reflect_conv(3, 1, 1, 2), detail::before_norm(o)),
        last(o.channels, 3, reflect_conv(7, 1, 3),
             {.bias = o.compat.conv_bias,
              .activation = o.residual ? identity_activation : tanh_activation}),
        norm1(2 * o.channels, relu_activation, detail::variance_of(o)),
        norm2(o.channels, relu_activation, detail::variance_of(o)),
        residual(o.residual) {
    if (!residual) return;
    last.weight.initializer = Initializer::constant(0);
    if (last.bias) last.bias->initializer = Initializer::constant(0);
  }

  /// x (N,S/4,S/4,4 channels).
  [[nodiscard]] Var<D, T> operator()(const Var<D, T>& x) {
    auto y = norm1(up1(x), up2.geometry.border());
    y = norm2(up2(y), last.geometry.border());
    return last(y);
  }

  /// Calls f(name, member); names are those of the published state_dict.
  void visit(auto&& f) {
    f("UpBlock2.2", up1);
    f("UpBlock2.3", norm1);
    f("UpBlock2.7", up2);
    f("UpBlock2.8", norm2);
    f("UpBlock2.11", last);
  }
};

/// y = min(max(x + (1 - x^2) r, -1), 1): what ModelOptions::residual makes of a picture (N,S,S,3).
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> retouched(const Var<D, T>& image, const Var<D, T>& r) {
  return pointwise(HardTanh{}, image + pointwise(Midtones{}, image) * r);
}

/// What a generator gives.
template <Device D, Scalar T>
struct Translation {
  Var<D, T> image;                ///< (N,S,S,3) in (-1, 1)
  Var<D, param_t<T>> cam_logits;  ///< (N,1,1,2)
  /// (N,S/4,S/4,1): sum over the channels of the attended features; only if asked for
  Tensor<D, param_t<T>> heatmap;
  /// (N,S,S,3): r, with ModelOptions::residual; only if asked for
  Tensor<D, T> change;
};

/// Translates pictures of one domain into the other.
template <Device D, Scalar T = float>
struct Generator {
  Encoder<D, T> encode;  ///< picture to features
  /// Features to attended features, and CAM logits.
  ClassActivationMap<D, T, Linear<D, T>> attention;
  Style<D, T> style;                         ///< attended features to gamma and beta
  std::vector<AdaptiveResidual<D, T>> body;  ///< residual blocks with AdaLIN
  Decoder<D, T> decode;                      ///< features to picture

  /// Its values come when a ParameterSet allocates it.
  explicit Generator(const ModelOptions& o)
      : encode(o), attention(attention_of(o)), style(o), decode(o) {
    for (Index i = 0; i < o.blocks; ++i) body.emplace_back(o);
  }

  /// image (N,S,S,3) in [-1, 1]; `whole`: with all that may be asked for.
  [[nodiscard]] Translation<D, T> operator()(const Var<D, T>& image, bool whole = false);

  /// Calls f(name, member); names are those of the published state_dict.
  void visit(auto&& f) {
    attention.visit(f);
    style.visit(f);
    for (std::size_t i = 0; i < body.size(); ++i) f("UpBlock1_" + std::to_string(i + 1), body[i]);
    encode.visit(f);
    decode.visit(f);
  }

 private:
  [[nodiscard]] static ClassActivationMap<D, T, Linear<D, T>> attention_of(const ModelOptions& o) {
    const auto classifier = [&o](bool bias) {
      return Linear<D, T>(vector_shape(o.features()), 1, {.bias = bias});
    };
    if (o.compat.shared_cam) return {o.features(), relu_activation, classifier(true)};
    return {o.features(), relu_activation, classifier(false), classifier(false)};
  }
  [[nodiscard]] static Tensor<D, param_t<T>> heatmap_of(const Tensor<D, T>& attended) {
    constexpr primitive::Axes channels{false, false, false, true};
    Tensor<D, param_t<T>> heatmap(attended.device(), channels.reduced(attended.shape()));
    primitive::reduce(channels, attended, heatmap);
    return heatmap;
  }
};

// Not inline: compiled once where step_cpu.hpp lists it.
template <Device D, Scalar T>
Translation<D, T> Generator<D, T>::operator()(const Var<D, T>& image, bool whole) {
  const auto features = encode(image);
  auto [x, logits] = attention.attend(
      features, [](auto& classifier, const auto& pooled) { return classifier(pooled); });
  const Tensor<D, param_t<T>> heatmap = whole ? heatmap_of(x.value()) : Tensor<D, param_t<T>>();
  const auto [gamma, beta] = style(x);
  for (std::size_t i = 0; i < body.size(); ++i)
    x = body[i](x, gamma, beta,
                (i + 1 < body.size() ? body[i + 1].conv1 : decode.up1).geometry.border());
  const auto made = decode(x);
  if (!decode.residual) return {made, logits, heatmap, {}};
  return {retouched(image, made), logits, heatmap, whole ? made.value() : Tensor<D, T>()};
}

}  // namespace limn::inline v0::ugatit
