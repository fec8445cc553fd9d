// SPDX-License-Identifier: MIT
// Every option that shapes the trajectory of a U-GAT-IT training, in one table: checkpoints store
// them, resuming compares them, and the command line is made of them.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "limn/core/maths.hpp"
#include "limn/core/scalar.hpp"
#include "limn/data/fit.hpp"
#include "limn/models/ugatit/options.hpp"
#include "limn/train/option_table.hpp"

namespace limn::inline v0::ugatit {

using limn::counter_entry;
using limn::option_text;
using limn::option_value;
using limn::OptionRange;
using limn::options_to_metadata;
using limn::parse_option;
using limn::set_option;

/// What a network computes in. bf16: activations and operands of products in bfloat16; weights,
/// statistics, losses and optimizer in float.
enum class Precision { fp32, bf16, fp64 };

/// "fp32", "bf16" or "fp64".
[[nodiscard]] constexpr const char* to_string(Precision p) {
  return p == Precision::fp32 ? "fp32" : p == Precision::bf16 ? "bf16" : "fp64";
}

/// Throws UsageError for another name.
[[nodiscard]] inline Precision parse_precision(std::string_view name) {
  for (const Precision p : {Precision::fp32, Precision::bf16, Precision::fp64})
    if (name == to_string(p)) return p;
  throw UsageError("precision '" + std::string(name) + "' is none of fp32, bf16, fp64");
}

/// f.operator()<T>() with the scalar type of a precision, which must be one of T and More: f is
/// compiled for no other. Throws UsageError.
template <Scalar T, Scalar... More, class F>
decltype(auto) with_precision_among(Precision p, F&& f) {
  constexpr Precision first = std::is_same_v<T, double>     ? Precision::fp64
                              : std::is_same_v<T, bfloat16> ? Precision::bf16
                                                            : Precision::fp32;
  if constexpr (sizeof...(More) > 0) {
    if (p != first) return with_precision_among<More...>(p, std::forward<F>(f));
  } else if (p != first) {
    throw UsageError("precision " + std::string(to_string(p)) +
                     " is not compiled for this device in this program");
  }
  return f.template operator()<T>();
}
/// The same with all precisions.
template <class F>
decltype(auto) with_precision(Precision p, F&& f) {
  return with_precision_among<float, bfloat16, double>(p, std::forward<F>(f));
}

/// All that decides how a training goes, but for the data.
struct RunOptions {
  ModelOptions model;                     ///< the networks
  TrainOptions train;                     ///< how they learn
  Fit fit = Fit::squash;                  ///< how pictures become squares
  Precision precision = Precision::fp32;  ///< what networks compute in
  Maths maths = Maths::fast;              ///< how much rounding is traded for speed
  bool operator==(const RunOptions&) const = default;

  /// Pictures of each domain that a step is given: those of train.pictures(), and with own batches
  /// those of the generators behind them.
  [[nodiscard]] Index pictures() const {
    return train.pictures() + (model.compat.own_batches ? train.batch * train.accumulate : 0);
  }

  /// Throws UsageError that names the option.
  void check() const {
    model.check();
    train.check();
    if (train.stash == StashFormat::bf16 && precision != Precision::fp32)
      throw UsageError("stash bf16 is for precision fp32, not " +
                       std::string(to_string(precision)));
    check_maths(maths, to_string(precision));
  }
};

/// f(name, value, range, help) for each option, in the order in which people look for them. The
/// help is empty for those that are no option of the command line.
template <class Options, class F>
void for_each_option(Options& o, F&& f) {
  constexpr double most = 1e9;
  constexpr OptionRange choice{};
  f("variant", o.model.variant, choice,
    "light: small, works everywhere; full: as in the paper, 96 % of its weights in one layer; "
    "pooled: in between");
  f("pool", o.model.pool, OptionRange{1, 16384}, "bins per side of --variant pooled");
  f("size", o.model.size, OptionRange{16, 65536},
    "pictures are trained at SIZE x SIZE, a multiple of 4");
  f("channels", o.model.channels, OptionRange{1, 16384},
    "channels after the first convolution; time grows with their square");
  f("blocks", o.model.blocks, OptionRange{0, 1024}, "residual blocks in encoder and decoder");
  f("spectral-norm", o.model.spectral_norm, choice,
    "of the discriminators' weights: on, as published, or off");
  f("adalin-smoothing", o.model.adalin_smoothing, choice,
    "on or off: AdaLIN mixes by rho - 0.1, as the published TensorFlow code does unless told "
    "otherwise");
  f("residual", o.model.residual, choice,
    "on or off: generators retouch their picture instead of painting it anew; sharp at any size, "
    "for kinds that show the same things in another style; unless told, with --lambda-cycle 4 "
    "--lambda-identity 4 --lr 0.00001 --critic-lr 10");
  f("compat", o.model.compat, choice,
    "which published code is followed where they differ: torch, tensorflow, or a list of "
    "differences (docs/training.md): tensorflow,no-padding or shared-cam,conv-bias");
  f("batch", o.train.batch, OptionRange{1, 65536},
    "pictures of each domain that are computed at one time");
  f("accumulate", o.train.accumulate, OptionRange{1, 64},
    "batches per step: N of them equal one batch that is N times as large, in the memory of one");
  f("steps", o.train.steps, OptionRange{1, 1e12},
    "length of the training; the learning rate falls to 0 over its second half");
  f("lr", o.train.learning_rate, OptionRange{0, most}, "learning rate of the first half");
  f("critic-lr", o.train.critic_rate, OptionRange{0, most},
    "learning rate of the discriminators, in parts of --lr: above 1 they keep ahead of the "
    "generators");
  f("weight-decay", o.train.weight_decay, OptionRange{0, most}, "L2 weight decay of Adam");
  f("gan-type", o.train.gan_type, choice,
    "the adversarial loss: lsgan (least squares, as published), gan (non-saturating), hinge; with "
    "a gradient penalty wgan-gp, wgan-lp, dragan or r1");
  f("critic-steps", o.train.critic_steps, OptionRange{1, 64},
    "updates of the discriminators in each step, each with pictures of its own, before the one of "
    "the generators; wgan-gp is usually given 5");
  f("lambda-adversarial", o.train.lambda_adversarial, OptionRange{0, most},
    "weight of the adversarial loss");
  f("lambda-penalty", o.train.lambda_penalty, OptionRange{0, most},
    "weight of the gradient penalty of --gan-type wgan-gp, wgan-lp, dragan and r1");
  f("lambda-cycle", o.train.lambda_cycle, OptionRange{0, most},
    "weight of the cycle loss: there and back gives the same picture");
  f("lambda-identity", o.train.lambda_identity, OptionRange{0, most},
    "weight of the identity loss: a picture of the target domain stays as it is");
  f("lambda-cam", o.train.lambda_cam, OptionRange{0, most},
    "weight of the attention's classification loss");
  f("seed", o.train.seed, OptionRange{0, 0x1p64},
    "same seed, data and options: same training, bit for bit");
  f("ema", o.train.ema, OptionRange{0, 1},
    "decay of averaged generator weights, which sheets, translations and exports use; 0: none, "
    "which saves their memory");
  f("diff-augment", o.train.augmentation, choice,
    "for few pictures: what discriminators see is changed at random; none, or a list of color, "
    "translation and cutout: color,translation,cutout");
  f("fit", o.fit, choice, "how pictures become square: squash, pad or crop");
  f("precision", o.precision, choice, "fp32, fp64, or bf16: faster, with float weights and losses");
  f("maths", o.maths, choice,
    "fast: also algorithms that are exact but round more; strict: only sums as they are defined, "
    "as fp64 always; split: as fast, and fp32 multiplied as three products of bfloat16, which pays "
    "on processors with matrix tiles (AMX)");
  f("stash", o.train.stash, choice,
    "computed, or bf16: an fp32 training keeps its activations for backward in half the memory");
  f("beta1", o.train.beta1, OptionRange{0, 1}, "");
  f("beta2", o.train.beta2, OptionRange{0, 1}, "");
  f("decay", o.train.decay, choice, "");
}

/// "light", "full" or "pooled".
[[nodiscard]] inline std::string option_text(Variant v) { return to_string(v); }
/// "fp32", "bf16" or "fp64".
[[nodiscard]] inline std::string option_text(Precision p) { return to_string(p); }
/// "lsgan", "gan" or "hinge".
[[nodiscard]] inline std::string option_text(GanType g) { return to_string(g); }
/// "torch", or the differences that are on.
[[nodiscard]] inline std::string option_text(const Compat& c) { return to_string(c); }
/// "light", "full" or "pooled".
inline void parse_option(const std::string& /*name*/, std::string_view text, OptionRange /*range*/,
                         Variant& value) {
  value = parse_variant(text);
}
/// "fp32", "bf16" or "fp64".
inline void parse_option(const std::string& /*name*/, std::string_view text, OptionRange /*range*/,
                         Precision& value) {
  value = parse_precision(text);
}
/// "lsgan", "gan" or "hinge".
inline void parse_option(const std::string& /*name*/, std::string_view text, OptionRange /*range*/,
                         GanType& value) {
  value = parse_gan_type(text);
}

/// As parse_compat.
inline void parse_option(const std::string& /*name*/, std::string_view text, OptionRange /*range*/,
                         Compat& value) {
  value = parse_compat(text);
}

/// Options that once did not exist. A checkpoint without them goes on as it was computed then:
/// strictly, from what was computed, batch by batch, from pictures as they are, without averages,
/// by least squares, players in turn and as fast as each other, with spectral normalization,
/// pictures painted anew, as the PyTorch code.
[[nodiscard]] inline bool option_is_younger(std::string_view name) {
  return name == "maths" || name == "stash" || name == "accumulate" || name == "diff-augment" ||
         name == "ema" || name == "gan-type" || name == "critic-steps" ||
         name == "lambda-penalty" || name == "spectral-norm" || name == "adalin-smoothing" ||
         name == "compat" || name == "residual" || name == "critic-lr";
}

/// The options that a checkpoint was made with. Throws IoError where one is missing that is not
/// younger than checkpoints may be, or impossible.
[[nodiscard]] inline RunOptions options_from_metadata(const SafetensorsFile& file) {
  RunOptions options;
  options.maths = Maths::strict;
  options.train.ema = 0;
  try {
    for_each_option(options, [&](const std::string& name, auto& value, OptionRange range,
                                 const char* /*help*/) {
      const std::string key = "option." + name;
      if (option_is_younger(name) && !file.metadata().contains(key)) return;
      parse_option(name, metadata_entry(file, key), range, value);
    });
    options.check();
  } catch (const UsageError& error) {
    throw IoError(file.path().string() + ": its metadata are damaged: " + error.what());
  }
  return options;
}

}  // namespace limn::inline v0::ugatit
