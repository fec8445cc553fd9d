// SPDX-License-Identifier: MIT
// What guards a training: what it watches for, what it does about problems, and how it gets back to
// a checkpoint from before one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "limn/train/events.hpp"
#include "limn/train/recovery.hpp"
#include "limn/train/trainable.hpp"
#include "limn/train/watch.hpp"

namespace limn::inline v0 {

/// The pictures of the next step: called once per step, first for step done + 1.
using Batches = std::function<UnpairedBatch()>;

/// What a trainer watches for, and what it does about problems.
struct Guard {
  Watch watch{};                           ///< without rules it finds nothing
  OnProblem on_problem = OnProblem::warn;  ///< what is done about grave ones
  Recovery recovery{};                     ///< of the checkpoint that the model has its state from
  /// The pictures after step `done` in the order of that recovery: without it there is no rollback.
  std::function<Batches(const Recovery&, std::int64_t done)> batches{};
};

namespace detail {

/// Values that are not finite, as a problem: what was seen, and where they came from.
[[nodiscard]] inline Problem not_finite(std::int64_t step, const std::string& seen,
                                        const Diagnosis& diagnosis) {
  std::string text = "step " + std::to_string(step) + ": " + seen;
  if (!diagnosis.where.empty()) text += "; " + diagnosis.where;
  return {step, "not-finite", text, true, step};
}
inline constexpr const char* not_finite_advice = "; a smaller --lr, or other pictures, may help";

/// The checkpoint from before a problem; none, which is told, where no checkpoint is whole.
[[nodiscard]] inline std::optional<SafetensorsFile> way_back(const std::filesystem::path& run,
                                                             const Problem& problem,
                                                             const TrainerEvents& events) {
  const auto say = [&events](const std::string& text) { events.message(text); };
  try {
    return checkpoint_before(run, problem.since > 0 ? problem.since : problem.step, say);
  } catch (const IoError& error) {
    say("the training cannot be rolled back: " + std::string(error.what()));
    return std::nullopt;
  }
}

/// The model has the state of a checkpoint, and the learning rate of a recovery.
inline void go_back(Trainable& model, const SafetensorsFile& to, const Recovery& before,
                    const Recovery& after) {
  read_state(to, model.state(), Surplus::refused, "it is the checkpoint of another training");
  model.restore_counters(to);
  model.scale_learning_rate(after.rate_factor / before.rate_factor);
}

/// What is told of it.
[[nodiscard]] inline WentBack went_back(const Problem& problem, std::int64_t to,
                                        const Recovery& after) {
  return {problem.step, to, after.rollbacks, problem.kind,
          "rolled back from step " + std::to_string(problem.step) + " to the checkpoint of step " +
              std::to_string(to) + " (" + problem.kind + "): the learning rate is " +
              text_of(after.rate_factor, 4) +
              " of what it was at first, the pictures come in another order; " +
              std::to_string(after.rollbacks) + " of " + std::to_string(most_rollbacks) + " times"};
}

}  // namespace detail

}  // namespace limn::inline v0
