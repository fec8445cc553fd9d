// SPDX-License-Identifier: MIT
// The memory pool of a card: one range of addresses, handed out by best fit and merged when it
// comes back, that grows and is kept until the end. A dry pool has no memory behind it and reaches
// the same peak.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "limn/core/device.hpp"
#include "limn/core/error.hpp"
#include "limn/cuda/memory_book.hpp"

namespace limn::inline v0::gpu {

/// Range is the memory behind the offsets:
///   std::byte* base()              the address of offset 0
///   bool commit(std::size_t end)   memory is behind [0, end) afterwards; false if there is no more
///   std::string capacity()         "of N bytes of the card", for sentences
template <class Range>
class MemoryPool {
 public:
  /// Of every block: what 16-byte loads, cuDNN, cuBLASLt and TMA ask for at most.
  static constexpr std::size_t alignment = 256;

  /// Without a range: a dry pool.
  explicit MemoryPool(std::unique_ptr<Range> range) : range_(std::move(range)) {}

  /// Offset of at least `bytes` bytes. Throws DeviceError when the card has no more.
  [[nodiscard]] std::size_t allocate(std::size_t bytes) {
    bytes = rounded(bytes);
    const std::scoped_lock lock(mutex_);
    const std::size_t before = book_.end();
    const std::size_t offset = book_.allocate(bytes);
    if (book_.end() > use_.peak) {
      bool there = false;
      try {
        there = range_ == nullptr || range_->commit(book_.end());
      } catch (...) {
        book_.take_back(offset, bytes, before);
        throw;
      }
      if (!there) {
        book_.take_back(offset, bytes, before);
        throw DeviceError("[Cuda] out of memory: " + std::to_string(bytes) + " bytes asked for, " +
                          std::to_string(use_.current) + " in use " + range_->capacity() +
                          "; a smaller --size, --channels, --batch or --variant light needs less "
                          "(--plan tells how much)");
      }
      use_.peak = book_.end();
      ++use_.growths;
    }
    use_.current += bytes;
    ++use_.requests;
    return offset;
  }

  void release(std::size_t offset, std::size_t bytes) {
    bytes = rounded(bytes);
    const std::scoped_lock lock(mutex_);
    book_.release(offset, bytes);
    use_.current -= bytes;
  }

  /// Address of an offset; null in a dry pool.
  [[nodiscard]] std::byte* address(std::size_t offset) const {
    return range_ == nullptr ? nullptr : range_->base() + offset;
  }

  [[nodiscard]] MemoryUse use() const {
    const std::scoped_lock lock(mutex_);
    return use_;
  }

  // branches and recordings: see MemoryBook
  void fork() {
    const std::scoped_lock lock(mutex_);
    book_.fork();
  }
  void next_branch() {
    const std::scoped_lock lock(mutex_);
    book_.next_branch();
  }
  void join() {
    const std::scoped_lock lock(mutex_);
    book_.join();
  }
  [[nodiscard]] int begin_recording() {
    const std::scoped_lock lock(mutex_);
    return book_.begin_recording();
  }
  void end_recording() {
    const std::scoped_lock lock(mutex_);
    book_.end_recording();
  }
  void forget_recording(int number) {
    const std::scoped_lock lock(mutex_);
    book_.forget_recording(number);
  }

 private:
  static std::size_t rounded(std::size_t bytes) {
    const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
    return whole > alignment ? whole : alignment;
  }

  mutable std::mutex mutex_;
  MemoryBook book_;
  MemoryUse use_;
  std::unique_ptr<Range> range_;
};

}  // namespace limn::inline v0::gpu
