// SPDX-License-Identifier: MIT
// OffsetAllocator: the bookkeeping of a memory pool, separate from the memory, so that a dry pool
// does the same without any and reaches the same peak.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace limn::inline v0 {

/// Offsets of an unbounded range: best fit, lowest address first, neighbours merged.
class OffsetAllocator {
 public:
  /// Offset of `bytes` bytes.
  [[nodiscard]] std::size_t allocate(std::size_t bytes) {
    if (const auto fit = take(bytes)) return *fit;
    std::size_t offset = end_;  // grow; a free block at the end is used up first
    if (!free_by_offset_.empty()) {
      const auto last = std::prev(free_by_offset_.end());
      if (last->first + last->second == end_) {
        offset = last->first;
        erase(last);
      }
    }
    end_ = offset + bytes;
    return offset;
  }

  /// Like allocate(), from what was released: none instead of growing.
  [[nodiscard]] std::optional<std::size_t> take(std::size_t bytes) {
    const auto fit = free_by_size_.lower_bound({bytes, 0});
    if (fit == free_by_size_.end()) return std::nullopt;
    const auto [size, offset] = *fit;
    erase(free_by_offset_.find(offset));
    if (size > bytes) insert(offset + bytes, size - bytes);
    return offset;
  }

  /// Takes [offset, offset + bytes), which must lie inside of one free block.
  void take_at(std::size_t offset, std::size_t bytes) {
    const auto block = std::prev(free_by_offset_.upper_bound(offset));
    const auto [start, size] = *block;
    erase(block);
    if (start < offset) insert(start, offset - start);
    if (offset + bytes < start + size) insert(offset + bytes, start + size - offset - bytes);
  }

  /// Gives a block back, which is merged with free neighbours. Both numbers are those of its
  /// allocate(), or of a part of it.
  void release(std::size_t offset, std::size_t bytes) {
    auto next = free_by_offset_.lower_bound(offset);
    if (next != free_by_offset_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == offset) {
        offset = before->first;
        bytes += before->second;
        erase(before);
      }
    }
    next = free_by_offset_.lower_bound(offset);
    if (next != free_by_offset_.end() && offset + bytes == next->first) {
      bytes += next->second;
      erase(next);
    }
    insert(offset, bytes);
  }

  /// Forgets a free end beyond `end`, as if it had never been handed out.
  void trim(std::size_t end) {
    if (end_ <= end || free_by_offset_.empty()) return;
    const auto last = std::prev(free_by_offset_.end());
    const auto [offset, bytes] = *last;
    if (offset + bytes != end_) return;
    erase(last);
    if (offset < end) insert(offset, end - offset);
    end_ = std::max(offset, end);
  }

  /// One past the highest offset that was ever handed out.
  [[nodiscard]] std::size_t end() const { return end_; }

  /// The free blocks: offset and bytes, in order, no two of them neighbours.
  [[nodiscard]] const std::map<std::size_t, std::size_t>& free_blocks() const {
    return free_by_offset_;
  }

 private:
  using ByOffset = std::map<std::size_t, std::size_t>;

  void insert(std::size_t offset, std::size_t bytes) {
    free_by_offset_.emplace(offset, bytes);
    free_by_size_.emplace(bytes, offset);
  }
  void erase(ByOffset::iterator block) {
    free_by_size_.erase({block->second, block->first});
    free_by_offset_.erase(block);
  }

  ByOffset free_by_offset_;
  std::set<std::pair<std::size_t, std::size_t>> free_by_size_;  ///< (bytes, offset)
  std::size_t end_ = 0;
};

}  // namespace limn::inline v0
