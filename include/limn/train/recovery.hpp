// SPDX-License-Identifier: MIT
// What a training does about problems that cannot heal, and how it goes on after it was rolled
// back: at half the learning rate, with its pictures in another order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "limn/core/error.hpp"
#include "limn/core/random.hpp"
#include "limn/train/checkpoints.hpp"
#include "limn/train/state.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// warn: tell, and go on. stop: save where the state is sound, and end. rollback: go back to the
/// last good checkpoint, at most `most_rollbacks` times, then stop.
enum class OnProblem { warn, stop, rollback };

inline constexpr std::int64_t most_rollbacks = 3;  ///< after so many, a problem stops

/// "warn", "stop" or "rollback".
[[nodiscard]] constexpr const char* to_string(OnProblem p) {
  return p == OnProblem::warn ? "warn" : p == OnProblem::stop ? "stop" : "rollback";
}
/// Throws UsageError for another name.
[[nodiscard]] inline OnProblem parse_on_problem(std::string_view name) {
  for (const OnProblem p : {OnProblem::warn, OnProblem::stop, OnProblem::rollback})
    if (name == to_string(p)) return p;
  throw UsageError("on-problem '" + std::string(name) + "' is none of warn, stop, rollback");
}

/// How often a training has been rolled back, and what that changed. Part of its state.
struct Recovery {
  std::int64_t rollbacks = 0;   ///< so far
  double rate_factor = 1;       ///< of the learning rate
  std::int64_t data_order = 0;  ///< number of the order of the pictures
  bool operator==(const Recovery&) const = default;

  /// After one more: half the learning rate, another order.
  [[nodiscard]] Recovery next() const { return {rollbacks + 1, rate_factor / 2, data_order + 1}; }
  /// The seed of the pictures' order and augmentation, made of the run's seed.
  [[nodiscard]] std::uint64_t data_seed(std::uint64_t seed) const {
    if (data_order == 0) return seed;
    constexpr std::uint64_t stream = 0x6f72646572;  // "order"
    const auto words = Philox{seed, stream}(static_cast<std::uint64_t>(data_order));
    return (std::uint64_t{words.a} << 32) | words.b;
  }
};

/// Entries of a checkpoint; none for a training that was never rolled back.
[[nodiscard]] inline Metadata recovery_to_metadata(const Recovery& recovery) {
  if (recovery == Recovery()) return {};
  return {{"recovery.rollbacks", text_of(recovery.rollbacks)},
          {"recovery.rate_factor", text_of(recovery.rate_factor)},
          {"recovery.data_order", text_of(recovery.data_order)}};
}

/// Throws IoError for entries that are damaged.
[[nodiscard]] inline Recovery recovery_from_metadata(const SafetensorsFile& file) {
  Recovery recovery;
  if (!file.metadata().contains("recovery.rollbacks")) return recovery;
  try {
    constexpr std::int64_t most = 1'000'000;
    const auto entry = [&file](const char* name) {
      return metadata_entry(file, std::string("recovery.") + name);
    };
    recovery.rollbacks = parse_number<std::int64_t>("rollbacks", entry("rollbacks"), 0, most);
    recovery.rate_factor = parse_number<double>("rate_factor", entry("rate_factor"), 0, 1);
    recovery.data_order = parse_number<std::int64_t>("data_order", entry("data_order"), 0, most);
  } catch (const UsageError& error) {
    throw IoError(file.path().string() + ": its metadata are damaged: " + error.what());
  }
  return recovery;
}

/// Where a training that went wrong from step `since` on goes back to: the newest checkpoint of a
/// run from before it that is whole; where there is none, the oldest one. Throws IoError where no
/// checkpoint is whole.
[[nodiscard]] inline SafetensorsFile checkpoint_before(
    const std::filesystem::path& run, std::int64_t since,
    const std::function<void(const std::string&)>& say = {}) {
  std::optional<std::filesystem::path> oldest;
  for (const auto& path : checkpoint_files(run)) {
    try {
      SafetensorsFile file = open_checkpoint(path);
      if (checkpoint_step(file) < since) return file;
      oldest = path;
    } catch (const IoError& error) {
      if (say) say(std::string(error.what()) + "; an older checkpoint is looked for");
    }
  }
  return oldest ? SafetensorsFile(*oldest) : newest_checkpoint(run, say);
}

}  // namespace limn::inline v0
