// SPDX-License-Identifier: MIT
// For fuzzing: bytes as a file, for readers that want a path.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "memory_bound.hpp"

namespace fuzz {

/// A file in memory, written anew for each input.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("input", 0)) { require(fd_ >= 0, "memfd_create works"); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }

  [[nodiscard]] std::filesystem::path holding(const std::uint8_t* data, std::size_t size) const {
    require(::ftruncate(fd_, 0) == 0, "the file can be emptied");
    require(::pwrite(fd_, data, size, 0) == static_cast<ssize_t>(size), "the file can be written");
    return "/proc/self/fd/" + std::to_string(fd_);
  }

 private:
  int fd_;
};

}  // namespace fuzz
