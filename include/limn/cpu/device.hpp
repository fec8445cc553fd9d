// SPDX-License-Identifier: MIT
// Cpu: the device that computes with the processor's own cores.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "limn/core/device.hpp"
#include "limn/core/maths.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/memory_pool.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0 {

struct CpuOptions {
  int threads = 0;         ///< 0: as many as the processor has
  bool dry = false;        ///< plan only: the same requests, no data, no computing
  Isa isa = choose_isa();  ///< kernels' instruction set; throws DeviceError if LIMN_ISA names one
                           ///< that is missing
  Maths maths = Maths::fast;
};

/// Threads, memory pool and counters. One caller at a time; several devices may live side by side.
/// Tensors may outlive it.
class Cpu {
 public:
  explicit Cpu(const CpuOptions& options = {})
      : dry_(options.dry),
        isa_(options.isa),
        maths_(options.maths),
        memory_(std::make_shared<cpu::MemoryPool>(options.dry)),
        threads_(options.threads > 0
                     ? options.threads
                     : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))) {}
  Cpu(const Cpu&) = delete;
  Cpu& operator=(const Cpu&) = delete;

  /// Uninitialised memory, aligned to 64 bytes. Null on a dry device.
  [[nodiscard]] std::shared_ptr<std::byte> allocate(std::size_t bytes) {
    const std::size_t offset = memory_->allocate(bytes);
    return {memory_->address(offset),
            [pool = memory_, offset, bytes](std::byte*) { pool->release(offset, bytes); }};
  }

  [[nodiscard]] bool dry() const { return dry_; }
  [[nodiscard]] MemoryUse memory() const { return memory_->use(); }
  [[nodiscard]] WorkDone work() const { return work_; }
  void count(const WorkDone& w) { work_ += w; }

  void upload(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
  void download(void* to, const void* from, std::size_t bytes) const {
    std::memcpy(to, from, bytes);
  }
  void synchronize() const {}

  [[nodiscard]] Isa isa() const { return isa_; }
  [[nodiscard]] Maths maths() const { return maths_; }
  [[nodiscard]] ThreadPool& threads() { return threads_; }
  /// "cpu, 2 threads, avx512"
  [[nodiscard]] std::string name() const {
    return "cpu, " + std::to_string(threads_.threads()) +
           (threads_.threads() == 1 ? " thread, " : " threads, ") + to_string(isa_);
  }

 private:
  bool dry_;
  Isa isa_;
  Maths maths_;
  WorkDone work_;
  std::shared_ptr<cpu::MemoryPool> memory_;
  ThreadPool threads_;
};

static_assert(Device<Cpu>);

}  // namespace limn::inline v0
