// SPDX-License-Identifier: MIT
// MemoryBook: which bytes of a card's memory are whose. Everything is queued on one stream, which
// runs in order: a block may be used again as soon as it was given back. Two things break that
// order, and are what this book is about.
//
// Branches. Between fork() and join() several branches run side by side. A branch
//   - uses again what it took and gave back itself,
//   - takes from what was free before the fork, or new memory, which then is its own,
//   - what it gives back but did not take itself becomes free at the join.
// Branches are booked one after another: the same calls give the same offsets always.
//
// Recordings. A recorded sequence of kernels uses the same addresses whenever it is replayed: what
// it took is set aside as long as the recording lives. Recordings are replayed one after another
// and share what is set aside. What outlives a recording must not lie where an earlier recording
// writes: end_recording() tells.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "limn/core/offset_allocator.hpp"

namespace limn::inline v0::gpu {

/// Offsets of an unbounded range, and who may use them when.
class MemoryBook {
 public:
  /// Offset of `bytes` bytes.
  [[nodiscard]] std::size_t allocate(std::size_t bytes) {
    const std::size_t offset = find(bytes);
    if (branch_ != 0) owners_.emplace(offset, branch_);
    if (recording_ != 0) {
      recorded_.emplace(offset, recording_);
      std::size_t& taken = recordings_.at(recording_)[offset];
      taken = taken > bytes ? taken : bytes;
    }
    return offset;
  }

  void release(std::size_t offset, std::size_t bytes) {
    const bool aside = recorded_.erase(offset) > 0;
    if (branch_ != 0) {
      const auto owner = owners_.find(offset);
      const bool own = owner != owners_.end() && owner->second == branch_;
      if (owner != owners_.end()) owners_.erase(owner);
      if (own)
        branch_free_.release(offset, bytes);
      else
        waiting_.push_back({offset, bytes, aside});
      return;
    }
    (aside ? aside_ : shared_).release(offset, bytes);
  }

  /// Undoes an allocate() for which there was no memory; `end` was the end before.
  void take_back(std::size_t offset, std::size_t bytes, std::size_t end) {
    owners_.erase(offset);
    if (recorded_.erase(offset) > 0) recordings_.at(recording_).erase(offset);
    shared_.release(offset, bytes);
    shared_.trim(end);
  }

  /// One past the highest offset that was ever handed out.
  [[nodiscard]] std::size_t end() const { return shared_.end(); }

  /// Branches begin: next_branch() before each of them.
  void fork() { branch_ = 1; }
  void next_branch() {
    if (branch_ > 1) leave_branch();
    ++branch_;
  }
  /// All branches have ended.
  void join() {
    leave_branch();
    for (const auto& [offset, bytes] : left_)
      (recording_ != 0 ? aside_ : shared_).release(offset, bytes);
    for (const Waiting& block : waiting_)
      (block.aside ? aside_ : shared_).release(block.offset, block.bytes);
    left_.clear();
    waiting_.clear();
    owners_.clear();
    branch_ = 0;
  }

  /// A recording begins; its number, from 1.
  [[nodiscard]] int begin_recording() {
    recording_ = ++last_recording_;
    recordings_.emplace(recording_, Blocks{});
    return recording_;
  }
  /// It ends. Bytes that were taken meanwhile, were not given back, and lie where another recording
  /// writes.
  [[nodiscard]] std::size_t end_recording() {
    std::size_t bytes = 0;
    for (const auto& [offset, recording] : recorded_)
      if (recording == recording_) {
        const std::size_t size = recordings_.at(recording_).at(offset);
        if (written_by_others(offset, size)) bytes += size;
      }
    recording_ = 0;
    return bytes;
  }
  [[nodiscard]] bool recording() const { return recording_ != 0; }

  /// A recording will not be replayed again. With the last one everything that was set aside is
  /// free for all.
  void forget_recording(int number) {
    recordings_.erase(number);
    if (!recordings_.empty()) return;
    for (const auto& [offset, bytes] : aside_.free_blocks()) shared_.release(offset, bytes);
    aside_ = OffsetAllocator{};
    recorded_.clear();
  }

 private:
  using Blocks = std::map<std::size_t, std::size_t>;  ///< offset, bytes
  struct Waiting {
    std::size_t offset, bytes;
    bool aside;
  };

  std::size_t find(std::size_t bytes) {
    if (branch_ != 0)
      if (const auto own = branch_free_.take(bytes)) return *own;
    if (recording_ != 0)
      if (const auto aside = aside_.take(bytes)) return *aside;
    return shared_.allocate(bytes);
  }

  void leave_branch() {
    for (const auto& block : branch_free_.free_blocks()) left_.insert(block);
    branch_free_ = OffsetAllocator{};
  }

  bool written_by_others(std::size_t offset, std::size_t bytes) const {
    for (const auto& [number, blocks] : recordings_)
      if (number != recording_)
        for (const auto& [other, size] : blocks)
          if (other < offset + bytes && offset < other + size) return true;
    return false;
  }

  OffsetAllocator shared_;             ///< free for all; its end is the pool's
  OffsetAllocator aside_;              ///< free, for recordings only
  OffsetAllocator branch_free_;        ///< of the branch being booked
  int branch_ = 0;                     ///< 0: none
  std::map<std::size_t, int> owners_;  ///< of blocks that branches hold
  Blocks left_;                        ///< free blocks of branches that have ended
  std::vector<Waiting> waiting_;       ///< for the join
  int recording_ = 0;                  ///< 0: none
  int last_recording_ = 0;
  std::map<int, Blocks> recordings_;     ///< what the living ones ever took
  std::map<std::size_t, int> recorded_;  ///< blocks in use that a recording took
};

}  // namespace limn::inline v0::gpu
