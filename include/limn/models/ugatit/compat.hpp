// SPDX-License-Identifier: MIT
// What the published TensorFlow code of U-GAT-IT computes otherwise than the published PyTorch
// code, which limn follows: each difference is a switch of its own.
#pragma once

#include <string>
#include <string_view>

#include "limn/core/error.hpp"
#include "limn/core/fields.hpp"

namespace limn::inline v0::ugatit {

/// On: as the TensorFlow code. All off: as the PyTorch code.
struct Compat {
  /// One CAM classifier for both poolings, with a bias b; features are re-weighted by w + b, in the
  /// discriminators w / |w| + b.
  bool shared_cam = false;
  bool affine_instance_norm = false;  ///< gamma and beta in the encoder's InstanceNorm
  bool conv_bias = false;        ///< in every convolution of generators, and in a judge's last one
  bool linear_bias = false;      ///< in the head that makes gamma and beta
  bool biased_variance = false;  ///< in AdaLIN and LIN: 1 / n, not 1 / (n - 1)
  /// Judges' convolutions of stride 1 mirror 1 pixel before and 2 after: maps keep their size.
  bool padding = false;
  bool initialization = false;    ///< N(0, 0.02^2), biases 0, rho of AdaLIN 1
  bool spectral_epsilon = false;  ///< power iterations divide by at least 1e-6, not 1e-12
  bool adam_epsilon = false;      ///< epsilon is added before v is corrected, see AdamRule
  bool decay_in_loss = false;     ///< weight decay of kernels alone, and part of D_loss and G_loss
  bool rate_steps = false;        ///< the learning rate stays for a hundredth of the run, see
                                  ///< epoch_decay
  bool own_batches = false;       ///< generators learn from other pictures than the judges
  bool operator==(const Compat&) const = default;
};

/// f(name, flag) for each difference.
template <class C, class F>
void for_each_difference(C& compat, F&& f) {
  f("shared-cam", compat.shared_cam);
  f("affine-instance-norm", compat.affine_instance_norm);
  f("conv-bias", compat.conv_bias);
  f("linear-bias", compat.linear_bias);
  f("biased-variance", compat.biased_variance);
  f("padding", compat.padding);
  f("initialization", compat.initialization);
  f("spectral-epsilon", compat.spectral_epsilon);
  f("adam-epsilon", compat.adam_epsilon);
  f("decay-in-loss", compat.decay_in_loss);
  f("rate-steps", compat.rate_steps);
  f("own-batches", compat.own_batches);
}

/// "torch" where all are off, else the names of those that are on, with commas between: a file that
/// says so keeps its meaning when differences are added.
[[nodiscard]] inline std::string to_string(const Compat& compat) {
  std::string text;
  for_each_difference(compat, [&](const char* name, bool on) {
    if (on) text += (text.empty() ? "" : ",") + std::string(name);
  });
  return text.empty() ? "torch" : text;
}

/// The reverse. From left to right: torch switches all off, tensorflow all on, NAME one on,
/// no-NAME one off. Throws UsageError for another name.
[[nodiscard]] inline Compat parse_compat(std::string_view text) {
  Compat compat;
  for (const auto word : limn::detail::fields_of(text)) {
    const bool all = word == "tensorflow";
    bool known = all || word == "torch";
    const bool whole = known, on = !word.starts_with("no-");
    const auto one = on ? word : word.substr(3);
    std::string names;
    for_each_difference(compat, [&](const char* name, bool& flag) {
      names += (names.empty() ? "" : ", ") + std::string(name);
      if (whole) flag = all;
      if (one != name) return;
      flag = on;
      known = true;
    });
    if (!known)
      throw UsageError("compat '" + std::string(text) + "': '" + std::string(word) +
                       "' is neither torch nor tensorflow nor one of " + names +
                       ", which no- before it switches off, as in tensorflow,no-padding");
  }
  return compat;
}

/// Whether such a text switches the difference on by its own name; false where the last word about
/// it is of a whole set, as tensorflow is, or switches it off.
[[nodiscard]] inline bool names_difference(std::string_view text, std::string_view name) {
  bool named = false;
  for (const auto word : limn::detail::fields_of(text)) {
    if (word == name)
      named = true;
    else if (word == "tensorflow" || word == "torch" || word == "no-" + std::string(name))
      named = false;
  }
  return named;
}

}  // namespace limn::inline v0::ugatit
