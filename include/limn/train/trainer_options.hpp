// SPDX-License-Identifier: MIT
// How long a training is, what it leaves where, and after which steps.
#pragma once

#include <cstdint>
#include <filesystem>

namespace limn::inline v0 {

/// How long a training is, and what it leaves where.
struct TrainerOptions {
  /// Gets log.csv, sheets/step_0001000.png and checkpoints (checkpoints.hpp); empty: nothing is
  /// written.
  std::filesystem::path out;
  std::int64_t steps = 0;  ///< length of the training
  /// Every so many steps, and at the last; 0: never (the last checkpoint is always saved).
  std::int64_t log_every = 10, sheet_every = 1000, save_every = 1000;
  /// So many checkpoints are kept, the best one not counted; at least 1.
  std::int64_t keep = 2;

  /// Whether what comes every so many steps, and at the last, comes after this one; 0: never.
  [[nodiscard]] bool due(std::int64_t every, std::int64_t step) const {
    return every > 0 && (step % every == 0 || step >= steps);
  }
  /// Whether somebody looks at the losses of a step: its line in the log, its progress, the check
  /// of what is saved.
  [[nodiscard]] bool shown(std::int64_t step) const {
    return step == 1 || due(log_every > 0 ? log_every : 100, step) || due(save_every, step);
  }
};

}  // namespace limn::inline v0
