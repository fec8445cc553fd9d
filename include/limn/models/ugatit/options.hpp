// SPDX-License-Identifier: MIT
// What shapes a U-GAT-IT model and its training, with the published defaults.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "limn/core/distortions.hpp"
#include "limn/core/error.hpp"
#include "limn/core/on_off.hpp"
#include "limn/core/shape.hpp"
#include "limn/core/stash_format.hpp"
#include "limn/models/ugatit/compat.hpp"

namespace limn::inline v0::ugatit {

/// How the head that makes gamma and beta sees the features: `full` as they are (its weights grow
/// with the picture), `light` averaged over all positions, `pooled` averaged over a grid of pool x
/// pool bins.
enum class Variant { full, light, pooled };

/// "full", "light" or "pooled".
[[nodiscard]] constexpr const char* to_string(Variant v) {
  return v == Variant::full ? "full" : v == Variant::light ? "light" : "pooled";
}

/// Throws UsageError for another name.
[[nodiscard]] inline Variant parse_variant(std::string_view name) {
  for (const Variant v : {Variant::full, Variant::light, Variant::pooled})
    if (name == to_string(v)) return v;
  throw UsageError("variant '" + std::string(name) +
                   "' is unknown; there are light, full and pooled");
}

/// What discriminators and generators play, for maps and CAM logits alike
/// (limn/loss/gan_losses.hpp): `lsgan` least squares, as published, `gan` the non-saturating one,
/// `hinge`; with gradient penalties (limn/loss/gradient_penalty.hpp) `wgan_gp` and `wgan_lp`, and
/// `dragan` and `r1`, which are the non-saturating one with theirs.
enum class GanType { lsgan, gan, hinge, wgan_gp, wgan_lp, dragan, r1 };

namespace detail {
inline constexpr std::array<std::pair<GanType, const char*>, 7> gan_types{{
    {GanType::lsgan, "lsgan"},
    {GanType::gan, "gan"},
    {GanType::hinge, "hinge"},
    {GanType::wgan_gp, "wgan-gp"},
    {GanType::wgan_lp, "wgan-lp"},
    {GanType::dragan, "dragan"},
    {GanType::r1, "r1"},
}};
}  // namespace detail

/// "lsgan", "gan" or "hinge".
[[nodiscard]] constexpr const char* to_string(GanType g) {
  return detail::gan_types[static_cast<std::size_t>(g)].second;
}

/// Whether a gradient penalty belongs to it.
[[nodiscard]] constexpr bool penalizes(GanType g) { return g >= GanType::wgan_gp; }

/// Throws UsageError for another name.
[[nodiscard]] inline GanType parse_gan_type(std::string_view name) {
  for (const auto& [type, known] : detail::gan_types)
    if (name == known) return type;
  throw UsageError("gan-type '" + std::string(name) +
                   "' is unknown; there are lsgan, gan, hinge, wgan-gp, wgan-lp, dragan and r1");
}

/// The networks.
struct ModelOptions {
  Variant variant = Variant::light;  ///< how features reach the layers that make gamma and beta
  Index pool = 8;                    ///< bins per side of `pooled`
  Index size = 256;                  ///< pictures are size x size; a multiple of 4
  Index channels = 64;         ///< after the first convolution; the bottleneck has 4 times as many
  Index blocks = 4;            ///< residual blocks in the encoder, and AdaLIN blocks in the decoder
  OnOff spectral_norm = true;  ///< of the discriminators' weights
  OnOff adalin_smoothing = false;  ///< AdaLIN mixes by rho - 0.1, at least 0
  /// Generators change the picture that they are given, y = min(max(x + (1 - x^2) r, -1), 1),
  /// instead of painting all of it, y = tanh(r): a residual as in Kupyn et al., "DeblurGAN", 2018,
  /// section 4, along the curve of Guo et al., "Zero-DCE", 2020, equation 1, which leaves white
  /// grounds white and black lines black. They begin with r = 0.
  OnOff residual = false;
  Compat compat{};  ///< what is computed as the published TensorFlow code does
  bool operator==(const ModelOptions&) const = default;

  /// Features at the bottleneck.
  [[nodiscard]] Index features() const { return 4 * channels; }
  /// Side of the grid that the head sees.
  [[nodiscard]] Index bins() const {
    return variant == Variant::full ? size / 4 : variant == Variant::light ? 1 : pool;
  }

  /// Throws UsageError that names the option.
  void check() const {
    const auto fail = [](const std::string& what) { throw UsageError(what); };
    if (size < 16 || size % 4 != 0)
      fail("size " + std::to_string(size) +
           " does not work: it must be a multiple of 4 and at least 16");
    if (channels < 1) fail("channels must be at least 1, not " + std::to_string(channels));
    if (blocks < 0) fail("blocks must be at least 0, not " + std::to_string(blocks));
    if (variant == Variant::pooled && (pool < 1 || pool > size / 4))
      fail("pool " + std::to_string(pool) + " does not work: a picture of size " +
           std::to_string(size) + " has features of " + std::to_string(size / 4) + " x " +
           std::to_string(size / 4) + ", so it must be 1 to " + std::to_string(size / 4));
  }
};

/// Halvings of the global and the local discriminator, as published.
inline constexpr Index global_halvings = 5, local_halvings = 3;

/// How often a discriminator really halves pictures of `size`: as published, but so that its last
/// feature map is at least 2 x 2 (reflection padding needs it). Below 96 the global one stops
/// earlier.
[[nodiscard]] constexpr Index fitting_halvings(Index size, Index published) {
  const auto last_map = [size](Index halvings) {
    Index s = size;
    for (Index i = 0; i < halvings; ++i) s = (s - 2) / 2 + 1;
    return s - 1;
  };
  Index halvings = published;
  while (halvings > 1 && last_map(halvings) < 2) --halvings;
  return halvings;
}

/// The training: lambda of the four losses, optimizer, length.
struct TrainOptions {
  Index batch = 1;              ///< pictures of each domain that are computed at one time
  Index accumulate = 1;         ///< so many batches make one step of the optimizer
  Index critic_steps = 1;       ///< updates of the discriminators for one of the generators
  std::int64_t steps = 100000;  ///< length of the training, in steps of the optimizers
  double learning_rate = 1e-4;  ///< of Adam
  /// The discriminators' learning rate, in parts of learning_rate: above 1 they keep ahead of the
  /// generators (Heusel et al., "Two time-scale update rule", 2017).
  double critic_rate = 1;
  double weight_decay = 1e-4;  ///< L2, as AdamOptions
  /// Of Adam.
  double beta1 = 0.5, beta2 = 0.999;
  GanType gan_type = GanType::lsgan;  ///< what they play
  /// Weights of the losses: adversarial (of both phases), cycle, identity, CAM.
  double lambda_adversarial = 1, lambda_cycle = 10, lambda_identity = 10, lambda_cam = 1000;
  double lambda_penalty = 10;  ///< of gradient penalties, within the adversarial loss
  bool decay = true;           ///< linear decay of the learning rate from half of the run
  std::uint64_t seed = 0;      ///< of first values, pictures' order and all that is random
  double ema = 0.999;  ///< decay of the averages of the generators' weights, which are used in
                       ///< their place; 0: none are kept
  Distortions augmentation{};                 ///< of what the discriminators see
  StashFormat stash = StashFormat::computed;  ///< of maps between forward and backward
  bool operator==(const TrainOptions&) const = default;

  /// Batches of a step: each update of the discriminators has its own.
  [[nodiscard]] Index parts() const { return accumulate * critic_steps; }
  /// Pictures of each domain per step.
  [[nodiscard]] Index pictures() const { return batch * parts(); }

  /// Throws UsageError that names the option.
  void check() const {
    const auto fail = [](const std::string& what) { throw UsageError(what); };
    if (batch < 1) fail("batch must be at least 1, not " + std::to_string(batch));
    // a GPU takes 128 factors of a full head's gradient, and a batch gives two
    if (accumulate < 1 || accumulate > 64)
      fail("accumulate must be 1 to 64, not " + std::to_string(accumulate));
    if (critic_steps < 1 || critic_steps > 64)
      fail("critic-steps must be 1 to 64, not " + std::to_string(critic_steps));
    if (!(lambda_penalty >= 0)) fail("lambda-penalty must not be negative");
    if (steps < 1) fail("steps must be at least 1, not " + std::to_string(steps));
    if (!(learning_rate >= 0)) fail("lr must not be negative");
    if (!(critic_rate >= 0)) fail("critic-lr must not be negative");
    if (!(ema >= 0 && ema < 1))
      fail("ema must be at least 0 and below 1, for example 0.999; 0 averages nothing");
    if (!(weight_decay >= 0)) fail("weight-decay must not be negative");
  }
};

}  // namespace limn::inline v0::ugatit
