// SPDX-License-Identifier: MIT
// What a training tells: to the program that shows it, to its log and report, to whoever watches.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/io/picture.hpp"
#include "limn/train/samples.hpp"

namespace limn::inline v0 {

/// Numbers that tell how a network is and are no loss, by name: "rho/genA2B.UpBlock1_1.norm1".
struct Signal {
  std::string name;            ///< "KIND/NETWORK.LAYER"
  std::vector<double> values;  ///< one or many, of a vector
};

/// What a step gave.
struct StepReport {
  /// This one, counted from 1, and how many there will be.
  std::int64_t step = 0, steps = 0;
  double seconds = 0;                ///< of this step, waiting for data included
  double learning_rate = 0;          ///< that it was computed with
  std::vector<std::string> names{};  ///< of the loss terms
  std::vector<double> losses{};      ///< as they were last read
  std::int64_t losses_step = 0;      ///< the step that they belong to: an earlier one where a
                                     ///< device runs ahead
  /// Of this step, where it goes into the log; else empty.
  std::vector<Signal> signals{};

  /// The value of a loss term; 0 if there is none of that name.
  [[nodiscard]] double loss(std::string_view name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? 0 : losses[static_cast<std::size_t>(found - names.begin())];
  }
};

/// How the pictures of a training score against test pictures, by name ("kid", "ssim", "l1").
struct Scores {
  std::int64_t step = 0;                               ///< whose weights were scored
  std::vector<std::pair<std::string, double>> values;  ///< "kid", 0.012; ...
};

/// Something that looks wrong in a training.
struct Problem {
  std::int64_t step = 0;  ///< at which it was found
  std::string kind;       ///< one word: "dead-cam"
  std::string text;       ///< one sentence, and advice
  /// It cannot heal: a training may stop or roll back for it.
  bool grave = false;
  std::int64_t since = 0;  ///< the step from which on it seems to have been so; 0: not known
};

/// A training has gone back to an earlier step, from whose state it goes on otherwise.
struct WentBack {
  std::int64_t from = 0, to = 0;  ///< steps
  std::int64_t times = 0;         ///< how often this training has, this time counted
  std::string why;                ///< the kind of the problem
  std::string text;               ///< one sentence
};

/// Called by the thread that drives the trainer; each may be empty. What they throw passes through.
struct TrainerEvents {
  /// After each step.
  std::function<void(const StepReport&)> on_step{};
  /// With the file it was written to, if any.
  std::function<void(const Picture&, const std::filesystem::path&)> on_sheet{};
  /// What a sheet is drawn from, just before on_sheet.
  std::function<void(const Samples&)> on_samples{};
  /// After a checkpoint has been written completely, with its path.
  std::function<void(const std::filesystem::path&, std::int64_t step)> on_save{};
  /// Scores of the test pictures ("kid", "ssim", ...), where they were computed.
  std::function<void(const Scores&)> on_scores{};
  /// What looks wrong, with advice.
  std::function<void(const Problem&)> on_problem{};
  /// Before the checkpoint that knows of it is saved.
  std::function<void(const WentBack&)> on_back{};
  /// Warnings and news, one sentence each.
  std::function<void(const std::string&)> on_message{};

  /// Tells a sentence, if anyone listens.
  void message(const std::string& text) const {
    if (on_message) on_message(text);
  }
};

namespace detail {

template <class... A>
[[nodiscard]] std::function<void(A...)> both(std::function<void(A...)> first,
                                             std::function<void(A...)> second) {
  if (!first) return second;
  if (!second) return first;
  return [first = std::move(first), second = std::move(second)](A... a) {
    first(a...);
    second(a...);
  };
}

}  // namespace detail

/// Tells both, the first one first.
[[nodiscard]] inline TrainerEvents both(TrainerEvents first, TrainerEvents second) {
  using detail::both;
  return {both(std::move(first.on_step), std::move(second.on_step)),
          both(std::move(first.on_sheet), std::move(second.on_sheet)),
          both(std::move(first.on_samples), std::move(second.on_samples)),
          both(std::move(first.on_save), std::move(second.on_save)),
          both(std::move(first.on_scores), std::move(second.on_scores)),
          both(std::move(first.on_problem), std::move(second.on_problem)),
          both(std::move(first.on_back), std::move(second.on_back)),
          both(std::move(first.on_message), std::move(second.on_message))};
}

}  // namespace limn::inline v0
