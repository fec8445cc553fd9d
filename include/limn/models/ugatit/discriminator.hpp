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

  /// `halvings` convolutions of stride 2, then one of stride 1; channels double each time.
  Discriminator(Index channels, Index halvings)
      : attention(channels << halvings, leaky,
                  SpectralConvolution<D, T>(channels << halvings, 1, {}),
                  SpectralConvolution<D, T>(channels << halvings, 1, {})),
        last(channels << halvings, 1, reflect_conv(4, 1, 1)) {
    Index in = 3;
    for (Index i = 0; i <= halvings; ++i) {
      layers.emplace_back(in, channels << i, reflect_conv(4, i < halvings ? 2 : 1, 1),
                          SpectralOptions{.bias = true, .activation = leaky});
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
};

}  // namespace limn::inline v0::ugatit
