// SPDX-License-Identifier: MIT
// The log of a training: one line of comma-separated values per logged step. A training that
// resumes cuts it back to the step it resumes from.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/io/file.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// Columns: step, seconds (of training, all sessions together), then the names given. A line is
/// complete in the file when add returns. The folder's RunLock keeps others from writing it.
class CsvLog {
 public:
  /// An empty log (done = 0), or the one at `path` up to step `done`. Throws IoError where the file
  /// cannot be written or has other columns.
  CsvLog(std::filesystem::path path, const std::vector<std::string>& names, std::int64_t done)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
    if (file_.get() < 0) detail::throw_errno(path_, "writing", errno);
    std::string header = "step,seconds";
    for (const auto& name : names) header += "," + name;
    header += "\n";
    const Index kept = done > 0 ? kept_bytes(header, done) : 0;
    if (::ftruncate(file_.get(), kept) != 0) detail::throw_errno(path_, "writing", errno);
    end_ = kept;
    if (kept == 0) waiting_ = std::move(header);
    flush();
  }

  /// Of the log.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// The seconds of the last line.
  [[nodiscard]] double seconds() const { return seconds_; }

  /// Throws IoError (disk full, ...); the line then waits for the next add or flush.
  void add(std::int64_t step, double seconds, std::span<const double> values) {
    std::string line = text_of(step) + "," + text_of(seconds, 6);
    for (const double v : values) line += "," + text_of(v, 9);
    waiting_ += line + "\n";
    seconds_ = seconds;
    flush();
  }

  /// Writes the lines that wait because of an earlier error, all of them or none. Throws IoError.
  void flush() {
    std::size_t at = 0;
    while (at < waiting_.size()) {
      const ssize_t done = ::write(file_.get(), waiting_.data() + at, waiting_.size() - at);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) {
        const int code = errno;
        // no part of a line stays for the next one to follow
        static_cast<void>(::ftruncate(file_.get(), end_) == 0);
        detail::throw_errno(path_, "writing", code);
      }
      at += static_cast<std::size_t>(done);
    }
    end_ += static_cast<Index>(std::exchange(waiting_, {}).size());
  }

  /// The lines so far are on the disk, if the disk can do that. Any thread may call it.
  void sync() const { static_cast<void>(::fsync(file_.get())); }

 private:
  /// Bytes of the header and the lines up to step `done`; 0 for an empty file.
  Index kept_bytes(const std::string& header, std::int64_t done) {
    const auto bytes = InputFile(path_).read_all();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.empty()) return 0;
    if (!text.starts_with(header))
      throw IoError(path_.string() + ": its first line is not \"" +
                    header.substr(0, header.size() - 1) +
                    "\": it is the log of something else; move it away");
    std::size_t at = header.size();
    for (std::size_t end; (end = text.find('\n', at)) != text.npos; at = end + 1) {
      const std::string_view line = text.substr(at, end - at);
      // after a power cut the end of a file may be zeros; what a checkpoint stands for is before it
      if (line.starts_with('\0')) break;
      const std::size_t comma = line.find(',');
      std::int64_t step = 0;
      try {
        step = parse_number<std::int64_t>("step", line.substr(0, comma), 0, INT64_MAX);
        if (step > done) break;
        const auto rest = line.substr(std::min(comma, line.size() - 1) + 1);
        seconds_ = parse_number<double>("seconds", rest.substr(0, rest.find(',')), 0, 1e18);
      } catch (const UsageError& error) {
        throw IoError(path_.string() + ": damaged: " + error.what() + "; move it away");
      }
    }
    return static_cast<Index>(at);
  }

  std::filesystem::path path_;
  detail::Descriptor file_;
  Index end_ = 0;  ///< of the last whole line
  std::string waiting_;
  double seconds_ = 0;
};

}  // namespace limn::inline v0
