// SPDX-License-Identifier: MIT
// How long a training will take and what it will leave on the disk, beside its Plan.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/random.hpp"
#include "limn/models/ugatit/plan.hpp"
#include "limn/models/ugatit/run_device.hpp"
#include "limn/train/progress.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0::ugatit {

/// Measured steps.
struct StepTime {
  double seconds = 0;  ///< of the last one
  int steps = 0;       ///< that were computed
};

/// Steps of a real training on made-up pictures: one, or, where that took less than `patience`
/// seconds, up to three of them, as the first one still finds and clears its memory. Needs all the
/// memory of the plan, and throws what a training throws.
[[nodiscard]] inline StepTime measure_step(const RunDevice& device, const RunOptions& options,
                                           double patience = 3) {
  const auto training = device.training(options, {});
  const Index size = options.model.size;
  UnpairedBatch batch{0, {options.pictures(), size, size, 3}, {}, {}};
  for (auto* values : {&batch.a, &batch.b}) {
    const Philox random{options.train.seed, values == &batch.a ? 1U : 2U};
    values->resize(static_cast<std::size_t>(batch.shape.size()));
    for (std::size_t i = 0; i < values->size(); ++i)
      (*values)[i] = 2 * static_cast<float>(random.uniform(i)) - 1;
  }
  StepTime time;
  for (double passed = 0; time.steps < 3 && passed < patience; passed += time.seconds) {
    const auto before = std::chrono::steady_clock::now();
    training->train(batch, ++time.steps);
    static_cast<void>(training->losses());  // a device that runs ahead is waited for
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
    time.seconds = took.count();
  }
  return time;
}

/// Bytes that a run leaves.
struct DiskNeed {
  std::uint64_t checkpoints = 0;  ///< those that are kept, and the one that is being written
  std::int64_t sheets = 0;        ///< how many
  std::uint64_t sheet = 0;        ///< bytes of one, at the most
};

/// `keep` checkpoints, and a sheet every `sheet_every` steps (0: none).
[[nodiscard]] inline DiskNeed disk_need(const Plan& plan, const RunOptions& options,
                                        std::int64_t keep, std::int64_t sheet_every) {
  DiskNeed need;
  need.checkpoints = plan.checkpoint * static_cast<std::uint64_t>(keep + 1);
  if (sheet_every <= 0) return need;
  need.sheets = options.train.steps / sheet_every;
  // ten rows of pictures, their captions and borders, three bytes a pixel; PNG makes it less
  const auto cell = static_cast<std::uint64_t>(std::max<Index>(options.model.size, 96)) + 8;
  need.sheet = 3 * (sheet_columns * cell + 200) * (10 * cell + 200);
  return need;
}

namespace detail {
inline std::string gigabytes(std::uint64_t bytes) {
  return text_of(static_cast<double>(bytes) / 1e9, 3) + " GB";
}
}  // namespace detail

/// "time per step 0.5 s (...)", then the whole training's.
[[nodiscard]] inline std::string to_text(const StepTime& time, std::int64_t steps) {
  const double all = time.seconds * static_cast<double>(steps);
  return "time per step " + text_of(time.seconds, 3) + " s (step " + std::to_string(time.steps) +
         " of a training on made-up pictures, measured now)\n" + "all " + std::to_string(steps) +
         " steps " + duration_text(all) + ", begun now until " + finish_text(all) + "\n";
}

/// In a line: gigabytes for checkpoints, and for sheets if there are any.
[[nodiscard]] inline std::string to_text(const DiskNeed& need) {
  std::string text = "disk " + detail::gigabytes(need.checkpoints) + " for checkpoints";
  if (need.sheets > 0)
    text += ", up to " + detail::gigabytes(static_cast<std::uint64_t>(need.sheets) * need.sheet) +
            " for " + std::to_string(need.sheets) + " sheets";
  return text + "\n";
}

}  // namespace limn::inline v0::ugatit
