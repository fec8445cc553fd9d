// SPDX-License-Identifier: MIT
// The discriminators of U-GAT-IT (Kim et al., 2020, section 2.1.3; published PyTorch code,
// Discriminator): spectrally normalized 4x4 convolutions, CAM attention, one map of logits. The
// global one halves the picture five times, the local one three times.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "limn/attention/class_activation_map.hpp"
#include "limn/models/ugatit/options.hpp"

namespace limn::inline v0::ugatit {

/// What a discriminator gives: Vars, or Duals.
template <class Map, class CamLogits>
struct JudgementOf {
  Map logits;            ///< (N,h,w,1)
  CamLogits cam_logits;  ///< (N,1,1,2)
};
/// Without tangents.
template <Device D, Scalar T>
using Judgement = JudgementOf<Var<D, T>, Var<D, param_t<T>>>;

/// Pictures (N,S,S,3) -> a map of logits, one for each patch, and the CAM logits.
template <Device D, Scalar T = float>
struct Discriminator {
  /// As "model.1", "model.4", ... of the state_dict.
  std::vector<SpectralConvolution<D, T>> layers;
  ClassActivationMap<D, T, SpectralConvolution<D, T>> attention;  ///< after the last of the layers
  SpectralConvolution<D, T> last;                                 ///< features to logits

  /// `halvings` convolutions of stride 2, then one of stride 1; channels double each time. `o` says
  /// which variant it is of; its channels and size are not looked at.
  Discriminator(Index channels, Index halvings, const ModelOptions& o = {})
      : attention(attention_of(channels << halvings, o)),
        last(channels << halvings, 1, stride_one(o), spectral(o, o.compat.conv_bias)) {
    Index in = 3;
    for (Index i = 0; i <= halvings; ++i) {
      layers.emplace_back(in, channels << i, i < halvings ? reflect_conv(4, 2, 1) : stride_one(o),
                          spectral(o, true, leaky));
      in = channels << i;
    }
  }

  /// image (N,S,S,3); its samples belong to `passes` equal parts, each with its own power iteration
  /// (real | fake in one batch). A Var, or a Dual.
  template <class Image>
  [[nodiscard]] auto operator()(const Image& image, const Passes& passes = {}) {
    auto x = image;
    for (std::size_t i = 0; i < layers.size(); ++i)
      x = layers[i](x, passes, i + 1 < layers.size() ? layers[i + 1].geometry.border() : Border{});
    auto attended = attention.attend(
        x, [passes](auto& classifier, const auto& pooled) { return classifier(pooled, passes); });
    return JudgementOf<Image, decltype(attended.logits)>{last(attended.features, passes),
                                                         std::move(attended.logits)};
  }

  /// Calls f(name, member); names are those of the published state_dict.
  void visit(auto&& f) {
    attention.visit(f);
    f("conv", last);
    for (std::size_t i = 0; i < layers.size(); ++i)
      f("model." + std::to_string(1 + 3 * i), layers[i]);
  }

 private:
  static constexpr Activation leaky = leaky_relu_activation(0.2F);

  [[nodiscard]] static SpectralOptions spectral(const ModelOptions& o, bool bias,
                                                Activation activation = {}) {
    return {bias, activation, o.spectral_norm,
            o.compat.spectral_epsilon ? tensorflow_least_length : torch_least_length};
  }
  /// 4x4, stride 1: maps shrink by 1, or keep their size.
  [[nodiscard]] static ConvGeometry stride_one(const ModelOptions& o) {
    ConvGeometry geometry = reflect_conv(4, 1, 1);
    if (o.compat.padding) geometry.sides = {.top = 1, .left = 1, .bottom = 2, .right = 2};
    return geometry;
  }
  [[nodiscard]] static ClassActivationMap<D, T, SpectralConvolution<D, T>> attention_of(
      Index features, const ModelOptions& o) {
    const auto classifier = [&](bool bias) {
      return SpectralConvolution<D, T>(features, 1, {}, spectral(o, bias));
    };
    if (o.compat.shared_cam) return {features, leaky, classifier(true)};
    return {features, leaky, classifier(false), classifier(false)};
  }
};

}  // namespace limn::inline v0::ugatit
