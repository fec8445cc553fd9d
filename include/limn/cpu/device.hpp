// SPDX-License-Identifier: MIT
// Cpu: the device that computes with the processor's own cores.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "limn/core/device.hpp"
#include "limn/core/maths.hpp"
#include "limn/cpu/allocator.hpp"
#include "limn/cpu/executor.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/memory_pool.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0 {

/// How a Cpu is opened.
struct CpuOptions {
  int threads = 0;         ///< 0: as many as the processor, or the executor, has
  bool dry = false;        ///< plan only: the same requests, no data, no computing
  Isa isa = choose_isa();  ///< kernels' instruction set; throws DeviceError if LIMN_ISA names one
                           ///< that is missing
  Maths maths = Maths::fast;               ///< how much rounding is traded for speed
  std::shared_ptr<Executor> executor{};    ///< threads of the program's own; empty: the device's
  std::shared_ptr<Allocator> allocator{};  ///< memory of the program's own; empty: the device's
};

/// Threads, memory pool and counters. One caller at a time; several devices may live side by side.
/// Tensors may outlive it.
class Cpu {
 public:
  /// Starts the threads. Throws DeviceError where the system gives no range of addresses.
  explicit Cpu(const CpuOptions& options = {})
      : dry_(options.dry),
        isa_(options.isa),
        maths_(options.maths),
        threads_(threads_of(options), options.executor) {
    if (options.allocator)
      borrowed_ = std::make_shared<cpu::BorrowedMemory>(options.allocator, options.dry);
    else
      memory_ = std::make_shared<cpu::MemoryPool>(options.dry);
  }
  Cpu(const Cpu&) = delete;
  Cpu& operator=(const Cpu&) = delete;

  /// Uninitialised memory, aligned to 64 bytes. Null on a dry device.
  [[nodiscard]] std::shared_ptr<std::byte> allocate(std::size_t bytes) {
    if (borrowed_) return borrowed_->allocate(bytes);
    const std::size_t offset = memory_->allocate(bytes);
    return {memory_->address(offset),
            [pool = memory_, offset, bytes](std::byte*) { pool->release(offset, bytes); }};
  }

  /// Whether it only plans.
  [[nodiscard]] bool dry() const { return dry_; }
  /// Of its pool, or of what the allocator gave.
  [[nodiscard]] MemoryUse memory() const { return borrowed_ ? borrowed_->use() : memory_->use(); }
  /// Of primitives so far.
  [[nodiscard]] WorkDone work() const { return work_; }
  /// Tells the watcher, then adds to work().
  void count(const WorkDone& w) {
    if (watcher_) [[unlikely]]
      watcher_(work_);
    work_ += w;
  }
  /// See WatchedDevice.
  void watch(WorkWatcher watcher) { watcher_ = std::move(watcher); }
  /// A dry Cpu with one thread, the same kernels and maths.
  [[nodiscard]] std::unique_ptr<Cpu> planner() const {
    return std::make_unique<Cpu>(
        CpuOptions{.threads = 1, .dry = true, .isa = isa_, .maths = maths_});
  }

  /// Copies at once.
  void upload(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
  /// Copies at once; not on a dry device.
  void download(void* to, const void* from, std::size_t bytes) const {
    std::memcpy(to, from, bytes);
  }
  /// Nothing is ever pending.
  void synchronize() const {}

  /// Which kernels are used.
  [[nodiscard]] Isa isa() const { return isa_; }
  /// How much rounding is traded for speed.
  [[nodiscard]] Maths maths() const { return maths_; }
  /// Its threads, for primitives.
  [[nodiscard]] ThreadPool& threads() { return threads_; }
  /// "cpu, 2 threads, avx512"
  [[nodiscard]] std::string name() const {
    return "cpu, " + std::to_string(threads_.threads()) +
           (threads_.threads() == 1 ? " thread, " : " threads, ") + to_string(isa_);
  }

 private:
  static int threads_of(const CpuOptions& options) {
    if (options.threads > 0) return options.threads;
    if (options.executor) return options.executor->threads();
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }

  bool dry_;
  Isa isa_;
  Maths maths_;
  WorkDone work_;
  WorkWatcher watcher_;
  ThreadPool threads_;
  std::shared_ptr<cpu::MemoryPool> memory_;  ///< one of the two
  std::shared_ptr<cpu::BorrowedMemory> borrowed_;
};

static_assert(Device<Cpu>);

}  // namespace limn::inline v0
