// SPDX-License-Identifier: MIT
// The CPU's memory pool: one reserved range of addresses, handed out by best fit and merged when it
// comes back. Memory is taken from the system as the highest used address grows and is kept, so
// that after the first training step nothing more is asked for.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "limn/core/device.hpp"
#include "limn/core/error.hpp"
#include "limn/core/offset_allocator.hpp"

namespace limn::inline v0::cpu {

class MemoryPool {
 public:
  static constexpr std::size_t alignment = 64;

  /// A dry pool has no memory behind its offsets.
  explicit MemoryPool(bool dry) {
    if (dry) return;
    reserved_ = 2 * static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* range = mmap(nullptr, reserved_ + huge_page, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED)
      throw DeviceError("[Cpu] the system refuses to reserve " + std::to_string(reserved_) +
                        " bytes of addresses; is a limit on virtual memory set (ulimit -v)?");
    range_ = static_cast<std::byte*>(range);
    const auto address = reinterpret_cast<std::uintptr_t>(range_);
    base_ = range_ + (huge_page - address % huge_page) % huge_page;
  }
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;
  ~MemoryPool() {
    if (range_ != nullptr) munmap(range_, reserved_ + huge_page);
  }

  /// Offset of at least `bytes` bytes. Throws DeviceError when the system has no more.
  [[nodiscard]] std::size_t allocate(std::size_t bytes) {
    bytes = rounded(bytes);
    const std::scoped_lock lock(mutex_);
    const std::size_t before = offsets_.end();
    const std::size_t offset = offsets_.allocate(bytes);
    if (offsets_.end() > use_.peak) {
      try {
        if (base_ != nullptr) commit(offsets_.end(), bytes);
      } catch (...) {
        offsets_.release(offset, bytes);
        offsets_.trim(before);
        throw;
      }
      use_.peak = offsets_.end();
      ++use_.growths;
    }
    use_.current += bytes;
    ++use_.requests;
    return offset;
  }

  void release(std::size_t offset, std::size_t bytes) {
    bytes = rounded(bytes);
    const std::scoped_lock lock(mutex_);
    offsets_.release(offset, bytes);
    use_.current -= bytes;
  }

  /// Address of an offset; null in a dry pool.
  [[nodiscard]] std::byte* address(std::size_t offset) const {
    return base_ == nullptr ? nullptr : base_ + offset;
  }

  [[nodiscard]] MemoryUse use() const {
    const std::scoped_lock lock(mutex_);
    return use_;
  }

 private:
  static constexpr std::size_t huge_page = std::size_t{2} << 20;
  static constexpr std::size_t granule = std::size_t{16} << 20;

  // Large blocks of 2^n bytes would lie 2^n apart, and processors tell the lines of their first
  // cache by some bits of the address: passes over several such blocks find none of them there (Zen
  // 3, 2^28: a quarter of the speed).
  static constexpr std::size_t spread_from = std::size_t{1} << 20, spread = 4096 + 256;

  static std::size_t rounded(std::size_t bytes) {
    if (bytes >= spread_from) bytes += spread;
    return std::max<std::size_t>((bytes + alignment - 1) / alignment * alignment, alignment);
  }

  // makes addresses usable; pages are really taken when they are first touched
  void commit(std::size_t end, std::size_t bytes) {
    if (end <= committed_) return;
    const std::size_t wanted = (end + granule - 1) / granule * granule;
    if (wanted > reserved_ ||
        mprotect(base_ + committed_, wanted - committed_, PROT_READ | PROT_WRITE) != 0)
      throw DeviceError("[Cpu] out of memory: " + std::to_string(bytes) + " bytes asked for, " +
                        std::to_string(use_.current) +
                        " in use; a smaller --size, --channels, --batch or --variant light needs "
                        "less (--plan tells how much)");
    // large buffers are read front to back: huge pages save most of the address translation
    madvise(base_ + committed_, wanted - committed_, MADV_HUGEPAGE);
    committed_ = wanted;
  }

  mutable std::mutex mutex_;
  OffsetAllocator offsets_;
  MemoryUse use_;
  std::byte* range_ = nullptr;
  std::byte* base_ = nullptr;
  std::size_t reserved_ = 0;
  std::size_t committed_ = 0;
};

}  // namespace limn::inline v0::cpu
