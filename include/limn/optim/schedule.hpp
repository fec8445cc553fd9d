// SPDX-License-Identifier: MIT
// The learning rate as a function of the step, without state.
#pragma once

#include <algorithm>
#include <cstdint>

namespace limn::inline v0 {

/// Constant for the first half of the run, then linearly to 0 at the last step (steps count from
/// 1), as the published code: lr (1 - (step - half) / half) for step > half = steps / 2. Never
/// negative.
[[nodiscard]] constexpr double linear_decay(double learning_rate, std::int64_t step,
                                            std::int64_t steps) {
  const std::int64_t half = steps / 2;
  if (step <= half || half == 0) return learning_rate;
  return learning_rate *
         std::max(0.0, 1.0 - static_cast<double>(step - half) / static_cast<double>(half));
}

/// The published TensorFlow code's: constant within an epoch, a hundredth of the run; lr for the
/// first half of the epochs, then lr (100 - epoch) / 50, epochs counted from 0: epoch 50 has lr
/// still, the last one lr / 50.
[[nodiscard]] constexpr double epoch_decay(double learning_rate, std::int64_t step,
                                           std::int64_t steps) {
  constexpr std::int64_t epochs = 100, first = epochs / 2;
  const std::int64_t epoch = std::clamp<std::int64_t>((step - 1) * epochs / steps, 0, epochs - 1);
  if (epoch < first) return learning_rate;
  return learning_rate * static_cast<double>(epochs - epoch) / static_cast<double>(epochs - first);
}

}  // namespace limn::inline v0
