// SPDX-License-Identifier: MIT
// The pictures of one domain, decoded and fitted on demand by any number of threads, kept in memory
// as far as a budget goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/data/fit.hpp"
#include "limn/data/image_folder.hpp"
#include "limn/io/picture.hpp"
#include "limn/io/read_picture.hpp"

namespace limn::inline v0 {

/// Bytes of memory that several stores share.
class MemoryBudget {
 public:
  /// All of them are left.
  explicit MemoryBudget(Index bytes) : left_(bytes) {}
  /// Takes the bytes, or takes none and says no.
  [[nodiscard]] bool take(Index bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  std::mutex mutex_;
  Index left_;
};

/// All members may be called by several threads at once.
class PictureStore {
 public:
  /// Pictures become squares of `size`; `budget` must outlive the store.
  PictureStore(ImageFolder folder, Index size, Fit fit, ReadLimits limits, MemoryBudget& budget)
      : folder_(std::move(folder)),
        size_(size),
        fit_(fit),
        limits_(limits),
        budget_(budget),
        entries_(static_cast<std::size_t>(folder_.size())) {}

  /// Where its pictures come from.
  [[nodiscard]] const ImageFolder& folder() const { return folder_; }

  /// Picture i, fitted; null where the file is no good (problem(i) says why).
  [[nodiscard]] std::shared_ptr<const Picture> get(Index i) {
    auto& entry = entries_[static_cast<std::size_t>(i)];
    {
      const std::lock_guard lock(mutex_);
      if (entry.picture || entry.problem) return entry.picture;
    }
    // Two threads may decode the same file at once: rare, and both get the same picture.
    std::shared_ptr<const Picture> picture;
    std::string problem;
    try {
      picture = std::make_shared<const Picture>(
          fit_picture(read_picture(folder_.path(i), limits_), size_, fit_));
    } catch (const IoError& error) {
      problem = error.what();
    }
    const std::lock_guard lock(mutex_);
    if (!picture) {
      entry.problem = std::move(problem);
    } else if (!entry.picture && budget_.take(static_cast<Index>(picture->pixels.size()))) {
      // Every epoch passes all pictures: which of them are kept does not matter, none is evicted.
      entry.picture = picture;
    }
    return picture;
  }

  /// What is wrong with picture i, once get(i) gave null.
  [[nodiscard]] std::string problem(Index i) const {
    const std::lock_guard lock(mutex_);
    return entries_[static_cast<std::size_t>(i)].problem.value_or("");
  }

 private:
  struct Entry {
    std::shared_ptr<const Picture> picture;
    std::optional<std::string> problem;
  };

  ImageFolder folder_;
  Index size_;
  Fit fit_;
  ReadLimits limits_;
  MemoryBudget& budget_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace limn::inline v0
