// SPDX-License-Identifier: MIT
// Folders that programs write into.
#pragma once

#include <filesystem>
#include <system_error>

#include "limn/core/error.hpp"

namespace example {

/// `path`, whose folder is there. Throws limn::IoError where it cannot be made.
inline std::filesystem::path with_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error)
    throw limn::IoError(path.parent_path().string() +
                        ": cannot be made a folder: " + error.message());
  return path;
}

}  // namespace example
