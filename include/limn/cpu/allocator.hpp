// SPDX-License-Identifier: MIT
// Allocator: memory of the program that embeds the library, in place of a pool of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "limn/core/device.hpp"
#include "limn/core/error.hpp"

namespace limn::inline v0 {

/// Gives the memory of tensors (CpuOptions::allocator). Several devices may share one; it is called
/// from whatever threads use them.
class Allocator {
 public:
  Allocator() = default;
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;
  virtual ~Allocator() = default;

  /// Uninitialised memory whose address is a multiple of `alignment`, a power of 2; null where
  /// there is none.
  [[nodiscard]] virtual void* allocate(std::size_t bytes, std::size_t alignment) = 0;
  /// Takes back what allocate() gave for the same two numbers.
  virtual void release(void* memory, std::size_t bytes, std::size_t alignment) noexcept = 0;
};

namespace cpu {

/// The books of memory that comes from an Allocator, block by block. A training asks for many
/// blocks in every step: the allocator should keep what it is given back.
class BorrowedMemory : public std::enable_shared_from_this<BorrowedMemory> {
 public:
  static constexpr std::size_t alignment = 64;

  /// Dry: the same books, and the allocator is never asked.
  BorrowedMemory(std::shared_ptr<Allocator> allocator, bool dry)
      : allocator_(std::move(allocator)), dry_(dry) {}

  /// At least `bytes` bytes; null where dry. Throws DeviceError where the allocator has none.
  [[nodiscard]] std::shared_ptr<std::byte> allocate(std::size_t bytes) {
    bytes = std::max<std::size_t>((bytes + alignment - 1) / alignment * alignment, alignment);
    auto* const memory =
        dry_ ? nullptr : static_cast<std::byte*>(allocator_->allocate(bytes, alignment));
    if (!dry_ && memory == nullptr)
      throw DeviceError("[Cpu] the program's allocator has no " + std::to_string(bytes) +
                        " bytes, " + std::to_string(use().current) + " are in use");
    {
      const std::scoped_lock lock(mutex_);
      use_.current += bytes;
      ++use_.requests;
      if (use_.current > use_.peak) {
        use_.peak = use_.current;
        ++use_.growths;
      }
    }
    return {memory,
            [self = shared_from_this(), bytes](std::byte* block) { self->release(block, bytes); }};
  }

  [[nodiscard]] MemoryUse use() const {
    const std::scoped_lock lock(mutex_);
    return use_;
  }

 private:
  void release(std::byte* memory, std::size_t bytes) noexcept {
    if (!dry_) allocator_->release(memory, bytes, alignment);
    const std::scoped_lock lock(mutex_);
    use_.current -= bytes;
  }

  std::shared_ptr<Allocator> allocator_;
  bool dry_;
  mutable std::mutex mutex_;
  MemoryUse use_;
};

}  // namespace cpu

}  // namespace limn::inline v0
