// SPDX-License-Identifier: MIT
// One training per folder: a lock that goes with the process that holds it, however that ends.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "limn/core/error.hpp"
#include "limn/io/file.hpp"

namespace limn::inline v0 {

/// Holds RUN/run.lock, in which stands who does. The kernel lets go of it when the process ends, so
/// what a killed one left behind blocks nobody.
class RunLock {
 public:
  /// Makes the folder if there is none. Throws IoError where it cannot be written, or where another
  /// training holds it: the sentence names the process.
  explicit RunLock(const std::filesystem::path& run) : path_(run / "run.lock") {
    std::error_code error;
    std::filesystem::create_directories(run, error);
    if (error || !std::filesystem::is_directory(run))
      throw IoError(run.string() + ": cannot be made a folder for the run: " +
                    (error ? error.message() : "there is a file of that name"));
    detail::LockedFile opened = detail::open_locked(path_, O_RDWR, path_);
    file_ = std::move(opened.file);
    if (opened.by_other) refuse(run);
    const std::string text = owner();
    if (::ftruncate(file_.get(), 0) != 0 ||
        ::pwrite(file_.get(), text.data(), text.size(), 0) < 0) {
      // a full disk: the lock holds without a name
    }
  }
  /// The other one holds nothing afterwards.
  RunLock(RunLock&& other) noexcept
      : path_(std::exchange(other.path_, {})), file_(std::move(other.file_)) {}
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

 private:
  [[noreturn]] void refuse(const std::filesystem::path& run) const {
    std::array<char, 200> text{};
    const ssize_t got = ::pread(file_.get(), text.data(), text.size() - 1, 0);
    std::string holder(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    holder = holder.substr(0, holder.find('\n'));
    throw IoError(run.string() + ": another training is writing here" +
                  (holder.empty() ? "" : " (" + holder + ")") +
                  "; wait for its end, or give another --out");
  }

  static std::string owner() {
    std::array<char, 256> host{};
    const bool known = ::gethostname(host.data(), host.size() - 1) == 0 && host[0] != '\0';
    return "process " + std::to_string(::getpid()) +
           (known ? " on " + std::string(host.data()) : "") + "\n";
  }

  std::filesystem::path path_;  ///< empty: moved from
  detail::Descriptor file_;
};

}  // namespace limn::inline v0
