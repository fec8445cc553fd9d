// SPDX-License-Identifier: MIT
// Event files that TensorBoard reads: `tensorboard --logdir RUN`.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "limn/io/appended_file.hpp"
#include "limn/train/tensorboard_format.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// One event file in a folder; each session of a training writes one of its own. An event is
/// complete in the file when a call returns.
class TensorBoardLog {
 public:
  /// `first_step`: of this session; what older files of the folder say about it and later steps
  /// (a session that was killed after its last checkpoint) is void. Throws IoError.
  TensorBoardLog(const std::filesystem::path& folder, std::int64_t first_step)
      : file_(next_path(folder)) {
    ProtoMessage version;
    version.fixed(1, wall_time());
    version.text(3, "brain.Event:2");
    append(version);
    go_on_from(first_step);
  }

  /// Of the event file.
  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }

  /// The training goes on with this step: what was added for it and later ones is void.
  void go_on_from(std::int64_t step) {
    ProtoMessage start, session;
    session.integer(1, 1);  // SessionLog.START
    start.fixed(1, wall_time());
    start.integer(2, step);
    start.message(7, session);
    append(start);
  }

  /// Throws IoError (disk full, ...); the file then ends with the event before.
  void add(std::int64_t step, const TensorBoardSummary& summary) {
    if (summary.message().bytes().empty()) return;
    ProtoMessage event;
    event.fixed(1, wall_time());
    event.integer(2, step);
    event.message(5, summary.message());
    append(event);
  }

 private:
  static constexpr std::string_view prefix = "events.out.tfevents.";

  static double wall_time() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  /// TensorBoard reads the files of a folder in the order of their names, which begin with a time:
  /// this one comes after all that are there, whatever the clock says.
  static std::filesystem::path next_path(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw IoError(folder.string() + ": cannot be made: " + error.message());
    auto time = static_cast<std::int64_t>(wall_time());
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(prefix)) continue;
      const auto digits = name.substr(prefix.size(), name.find('.', prefix.size()) - prefix.size());
      try {
        time = std::max(
            time, parse_number<std::int64_t>("time", digits, 0, std::int64_t{9999999998}) + 1);
      } catch (const UsageError&) {  // a file of somebody else's
      }
    }
    const std::string digits = std::to_string(time);
    return folder /
           (std::string(prefix) + std::string(10 - std::min<std::size_t>(10, digits.size()), '0') +
            digits + ".limn." + std::to_string(::getpid()) + ".0");
  }

  void append(const ProtoMessage& event) { file_.append(tensorboard_record(event.bytes())); }

  AppendedFile file_;
};

}  // namespace limn::inline v0
