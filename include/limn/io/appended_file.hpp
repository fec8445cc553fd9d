// SPDX-License-Identifier: MIT
// A file that only grows: logs that a reader may look at while they are written.
#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

#include "limn/io/file.hpp"

namespace limn::inline v0 {

/// A file open at its end, for records that are whole or not there.
class AppendedFile {
 public:
  /// Opens the file at its end, or makes it. Throws IoError.
  explicit AppendedFile(std::filesystem::path path)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
    if (file_.get() < 0) detail::throw_errno(path_, "writing", errno);
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) detail::throw_errno(path_, "writing", errno);
    size_ = status.st_size;
  }

  /// As it was given.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// All of the bytes, or none: what a full disk cut off is taken back, so that the next record
  /// begins where a record begins. Throws IoError.
  void append(std::string_view bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      const ssize_t done = ::write(file_.get(), bytes.data() + at, bytes.size() - at);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) {
        const int reason = errno;
        static_cast<void>(!::ftruncate(file_.get(), size_));
        detail::throw_errno(path_, "writing", reason);
      }
      at += static_cast<std::size_t>(done);
    }
    size_ += static_cast<Index>(bytes.size());
  }

 private:
  std::filesystem::path path_;
  detail::Descriptor file_;
  Index size_ = 0;
};

}  // namespace limn::inline v0
