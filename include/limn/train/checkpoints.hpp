// SPDX-License-Identifier: MIT
// The checkpoints in a run's folder: latest.safetensors, the ones before it, and the best one. A
// kill or a power cut at any moment leaves a whole one. What is slow about a save, the disk,
// happens while training goes on.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "limn/core/config.hpp"
#include "limn/io/file.hpp"
#include "limn/train/state.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// The newest checkpoint in a run's folder, which is what other programs read.
[[nodiscard]] inline std::filesystem::path checkpoint_path(const std::filesystem::path& run) {
  return run / "latest.safetensors";
}
/// An older one, once a newer one is there: RUN/step_0001000.safetensors.
[[nodiscard]] inline std::filesystem::path checkpoint_path(const std::filesystem::path& run,
                                                           std::int64_t step) {
  const std::string digits = std::to_string(step);
  return run / ("step_" + std::string(7 - std::min<std::size_t>(7, digits.size()), '0') + digits +
                ".safetensors");
}
/// The one with the best score.
[[nodiscard]] inline std::filesystem::path best_checkpoint_path(const std::filesystem::path& run) {
  return run / "best.safetensors";
}

namespace detail {

/// The steps of the older checkpoints in a folder, newest first.
[[nodiscard]] inline std::vector<std::int64_t> older_checkpoints(const std::filesystem::path& run) {
  constexpr std::string_view head = "step_", tail = ".safetensors";
  std::vector<std::int64_t> steps;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(run, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(head) || !name.ends_with(tail)) continue;
    std::int64_t step = 0;
    const char* const end = name.data() + name.size() - tail.size();
    const auto read = std::from_chars(name.data() + head.size(), end, step);
    if (read.ec == std::errc() && read.ptr == end && checkpoint_path(run, step).filename() == name)
      steps.push_back(step);
  }
  std::sort(steps.rbegin(), steps.rend());
  return steps;
}

}  // namespace detail

/// The checkpoints of a folder that there are, newest first; without the best one.
[[nodiscard]] inline std::vector<std::filesystem::path> checkpoint_files(
    const std::filesystem::path& run) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  if (std::filesystem::exists(checkpoint_path(run), error)) files.push_back(checkpoint_path(run));
  for (const std::int64_t step : detail::older_checkpoints(run))
    files.push_back(checkpoint_path(run, step));
  return files;
}

/// The step after which a checkpoint was saved. Throws IoError.
[[nodiscard]] inline std::int64_t checkpoint_step(const SafetensorsFile& file) {
  try {
    return parse_number<std::int64_t>("step", metadata_entry(file, "step"), 0,
                                      std::int64_t{1'000'000'000'000});
  } catch (const UsageError& error) {
    throw IoError(file.path().string() + ": its metadata are damaged: " + error.what());
  }
}

/// A checkpoint whose bytes are those that were written: reads all of it once. One from before
/// checkpoints had checksums is believed. Throws IoError.
[[nodiscard]] inline SafetensorsFile open_checkpoint(const std::filesystem::path& path) {
  SafetensorsFile file(path);
  const auto& metadata = file.metadata();
  if (!metadata.contains(checksum_entry) && !metadata.contains("version")) return file;
  if (metadata_entry(file, checksum_entry) != computed_checksum(file))
    throw IoError(path.string() +
                  ": it is damaged: its bytes do not give the checksum that it was written with");
  return file;
}

/// The newest checkpoint of a folder that is whole. `say` gets a sentence for each newer one that
/// is damaged. Throws IoError where there is none, or none that is whole.
[[nodiscard]] inline SafetensorsFile newest_checkpoint(
    const std::filesystem::path& run, const std::function<void(const std::string&)>& say = {}) {
  std::vector<std::string> damaged;
  for (const auto& path : checkpoint_files(run)) {
    try {
      SafetensorsFile file = open_checkpoint(path);
      const std::int64_t step = checkpoint_step(file);
      for (const auto& what : damaged)
        if (say)
          say(what + "; the checkpoint before it is used, " + path.filename().string() +
              " of step " + std::to_string(step));
      return file;
    } catch (const IoError& error) {
      damaged.emplace_back(error.what());
    }
  }
  if (damaged.empty())
    throw IoError(run.string() +
                  ": there is no checkpoint here; a run that ended before its first "
                  "one is started again, without --resume");
  throw IoError(damaged.front() + (damaged.size() > 1
                                       ? "; none of the " + std::to_string(damaged.size() - 1) +
                                             " checkpoints before it is whole either"
                                       : std::string()));
}

/// The best score of a training so far.
struct Best {
  std::string by;         ///< what was measured: "kid"
  double score = 0;       ///< of that step
  std::int64_t step = 0;  ///< the one that the best checkpoint is of
};

/// Adds the entries "best.by", "best.score", "best.step".
inline void put_best(const std::optional<Best>& best, Metadata& metadata) {
  if (!best) return;
  metadata["best.by"] = best->by;
  metadata["best.score"] = text_of(best->score);
  metadata["best.step"] = text_of(best->step);
}
/// The best score that a checkpoint knows of; of a later step where the training was rolled back
/// since. Throws IoError.
[[nodiscard]] inline std::optional<Best> best_of(const SafetensorsFile& file) {
  if (!file.metadata().contains("best.by")) return std::nullopt;
  try {
    return Best{metadata_entry(file, "best.by"),
                parse_number<double>("best.score", metadata_entry(file, "best.score"),
                                     -std::numeric_limits<double>::max(),
                                     std::numeric_limits<double>::max()),
                parse_number<std::int64_t>("best.step", metadata_entry(file, "best.step"), 0,
                                           std::int64_t{1'000'000'000'000})};
  } catch (const UsageError& error) {
    throw IoError(file.path().string() + ": its metadata are damaged: " + error.what());
  }
}

/// A sentence about a checkpoint of another version of the library; else empty.
[[nodiscard]] inline std::string version_news(const SafetensorsFile& file) {
  const auto found = file.metadata().find("version");
  const std::string was = found == file.metadata().end() ? "" : found->second;
  if (was == LIMN_VERSION) return "";
  return file.path().string() + " was written by " +
         (was.empty() ? "a limn before 0.1.0" : "limn " + was) + ", this is limn " LIMN_VERSION +
         ": the training goes on, but perhaps not to the same last bits";
}

/// Writes the checkpoints of one training, one at a time. The caller holds the folder's RunLock.
class Checkpoints {
 public:
  /// `keep`: how many are kept, latest included, at least 1. `done`: the step of the checkpoint
  /// that the training goes on from; 0 if it begins. Throws IoError where the folder cannot be
  /// written.
  Checkpoints(std::filesystem::path run, std::int64_t keep, std::int64_t done)
      : run_(std::move(run)), keep_(keep) {
    if (keep_ < 1) throw UsageError("keep " + std::to_string(keep_) + " must be at least 1");
    static_cast<void>(AtomicFile(path()));  // better now than after hours
    if (done > 0) resumed(done);
  }
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;
  /// Waits for the checkpoint that is being written.
  ~Checkpoints() = default;

  /// Of latest.safetensors, there or not.
  [[nodiscard]] std::filesystem::path path() const { return checkpoint_path(run_); }

  /// The training goes on from the checkpoint of step `done` (again): a newer latest.safetensors
  /// will be replaced, and not kept as an older one. None may be in the making.
  void resumed(std::int64_t done) {
    latest_.reset();
    going_on_from_ = done;
    try {
      if (checkpoint_step(SafetensorsFile(path())) == done) latest_ = done;
    } catch (const IoError&) {
      // damaged or missing: the training goes on from an older one
    }
  }

  /// Streams the state into a file; the state may change as soon as this returns. The rest happens
  /// in a thread: `before` is called (what must be on the disk before the checkpoint is), then the
  /// file gets to the disk and gets its name, the one before it gets its number, or goes. `best`:
  /// it is also the best one. Throws IoError, UsageError where one is in the making still.
  void begin(std::int64_t step, Metadata metadata, std::span<const StateTensor> tensors, bool best,
             std::function<void()> before = {}) {
    if (saving_.valid())
      throw UsageError("the checkpoint of step " + std::to_string(step_) + " is not complete yet");
    metadata["step"] = text_of(step);
    metadata["version"] = LIMN_VERSION;
    step_ = step;
    saving_ = std::async(std::launch::async,
                         [this, best, before = std::move(before), course = going_on_from_,
                          writer = stream_state(path(), metadata, tensors)]() mutable {
                           if (before) before();
                           complete(std::move(writer), best, course.value_or(step_));
                         });
  }

  /// Whether one is in the making, or nobody has asked yet what became of it.
  [[nodiscard]] bool pending() const { return saving_.valid(); }
  /// The step of the one in the making, or last made.
  [[nodiscard]] std::int64_t step() const { return step_; }

  /// The step of a checkpoint that has been completed since the last call, if there is one; with
  /// `wait`, the one in the making is waited for. Throws the IoError of one that failed: the older
  /// ones are there still.
  [[nodiscard]] std::optional<std::int64_t> completed(bool wait) {
    if (!saving_.valid()) return std::nullopt;
    if (!wait && saving_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
      return std::nullopt;
    saving_.get();
    latest_ = step_;
    going_on_from_.reset();
    return step_;
  }

 private:
  /// In the thread. Older checkpoints of steps after `course` are of one that was given up.
  void complete(std::unique_ptr<SafetensorsWriter> writer, bool best, std::int64_t course) const {
    const auto& written = writer->sync();
    // an older one gets its second name before the new one takes its first
    if (keep_ > 1 && latest_ && *latest_ != step_)
      link_or_copy(path(), checkpoint_path(run_, *latest_));
    if (best) link_or_copy(written, best_checkpoint_path(run_));
    writer->finish();
    remove_old(course);
  }

  void remove_old(std::int64_t course) const {
    std::int64_t kept = 1;
    for (const std::int64_t step : detail::older_checkpoints(run_)) {
      if (step < step_ && step <= course && ++kept <= keep_) continue;
      std::error_code ignored;
      std::filesystem::remove(checkpoint_path(run_, step), ignored);
    }
  }

  std::filesystem::path run_;
  std::int64_t keep_;
  std::optional<std::int64_t> latest_;  ///< the step of latest.safetensors, where that is whole
  std::int64_t step_ = 0;
  std::optional<std::int64_t> going_on_from_;  ///< until the next one is complete
  std::future<void> saving_;  ///< last: waits for its thread, which uses the others
};

}  // namespace limn::inline v0
