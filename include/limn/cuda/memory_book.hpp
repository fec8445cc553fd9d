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
// and share what is set aside: what one leaves behind is there until the next one is replayed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>
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
      recorded_.insert(offset);
      std::size_t& taken = recordings_.at(recording_)[offset];
      taken = taken > bytes ? taken : bytes;
    }
    return offset;
  }

  void release(std::size_t offset, std::size_t bytes) {
    const bool aside = recorded_.erase(offset) > 0 && recording_ == 0;
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

  /// One past the highest offset that was handed out, since the last recording was forgotten.
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
    for (const auto& [offset, bytes] : left_) shared_.release(offset, bytes);
    for (const Waiting& block : waiting_)
      (block.aside ? aside_ : shared_).release(block.offset, block.bytes);
    left_.clear();
    waiting_.clear();
    owners_.clear();
    branch_ = 0;
  }

  /// A recording begins; its number, from 1. It may use what is free for all and what earlier ones
  /// have set aside, so that it gets the offsets that the same calls got before.
  [[nodiscard]] int begin_recording() {
    share_all();
    recording_ = ++last_recording_;
    recordings_.emplace(recording_, Blocks{});
    return recording_;
  }
  /// It ends.
  void end_recording() {
    recording_ = 0;
    set_aside();
  }
  [[nodiscard]] bool recording() const { return recording_ != 0; }

  /// A recording will not be replayed again. With the last one everything that was set aside is
  /// free for all, and the free end is as if it had never been handed out: what is recorded next is
  /// laid out as it was the first time, and what lay beside that has its place again.
  void forget_recording(int number) {
    recordings_.erase(number);
    if (!recordings_.empty()) return;
    share_all();
    recorded_.clear();
    shared_.trim(0);
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
    return shared_.allocate(bytes);
  }

  void leave_branch() {
    for (const auto& block : branch_free_.free_blocks()) left_.insert(block);
    branch_free_ = OffsetAllocator{};
  }

  void share_all() {
    for (const auto& [offset, bytes] : aside_.free_blocks()) shared_.release(offset, bytes);
    aside_ = OffsetAllocator{};
  }

  // what is free and written by a living recording
  void set_aside() {
    Blocks written;  // merged: offset, end
    std::vector<std::pair<std::size_t, std::size_t>> all;
    for (const auto& [number, blocks] : recordings_)
      for (const auto& [offset, bytes] : blocks) all.emplace_back(offset, offset + bytes);
    std::sort(all.begin(), all.end());
    for (const auto& [begin, end] : all)
      if (!written.empty() && begin <= written.rbegin()->second)
        written.rbegin()->second = std::max(written.rbegin()->second, end);
      else
        written.emplace(begin, end);
    const Blocks free = shared_.free_blocks();
    for (const auto& [offset, bytes] : free) {
      auto range = written.upper_bound(offset);
      if (range != written.begin()) --range;
      for (; range != written.end() && range->first < offset + bytes; ++range) {
        const std::size_t begin = std::max(offset, range->first);
        const std::size_t end = std::min(offset + bytes, range->second);
        if (begin >= end) continue;
        shared_.take_at(begin, end - begin);
        aside_.release(begin, end - begin);
      }
    }
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
  std::map<int, Blocks> recordings_;  ///< what the living ones ever took
  std::set<std::size_t> recorded_;    ///< blocks in use that a recording took
};

}  // namespace limn::inline v0::gpu
