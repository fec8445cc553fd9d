// SPDX-License-Identifier: MIT
// CudaEmulation: a device that runs the CUDA kernels' bodies on the host, block by block, with
// limn's own kernels where Cuda calls a library. It computes what Cuda computes and exists so that
// the CUDA backend, and kernels that users write, can be tested where there is no GPU. It is no
// imitation of the CUDA runtime, and it is slow.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "limn/core/maths.hpp"
#include "limn/cpu/memory_pool.hpp"
#include "limn/cuda/host_block.hpp"

namespace limn::inline v0 {

struct CudaEmulationOptions {
  int threads = 1;  ///< of the host
  bool dry = false;
  gpu::HostOrder order = gpu::HostOrder::forward;
  Maths maths = Maths::fast;
  /// Called with each kernel's name before it runs.
  std::function<void(std::string_view)> on_launch{};
};

/// One caller at a time. Tensors may outlive it.
class CudaEmulation {
 public:
  using BlockDeviceTag = void;

  explicit CudaEmulation(const CudaEmulationOptions& options = {})
      : options_(options),
        memory_(std::make_shared<cpu::MemoryPool>(options.dry)),
        threads_(options.threads) {}
  CudaEmulation(const CudaEmulation&) = delete;
  CudaEmulation& operator=(const CudaEmulation&) = delete;

  /// Uninitialised memory, aligned to 64 bytes. Null on a dry device.
  [[nodiscard]] std::shared_ptr<std::byte> allocate(std::size_t bytes) {
    const std::size_t offset = memory_->allocate(bytes);
    return {memory_->address(offset),
            [pool = memory_, offset, bytes](std::byte*) { pool->release(offset, bytes); }};
  }
  [[nodiscard]] bool dry() const { return options_.dry; }
  [[nodiscard]] MemoryUse memory() const { return memory_->use(); }
  [[nodiscard]] WorkDone work() const { return work_; }
  void count(const WorkDone& w) {
    work_.multiply_adds += w.multiply_adds;
    work_.bytes += w.bytes;
    work_.calls += w.calls;
  }
  void upload(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
  void download(void* to, const void* from, std::size_t bytes) const {
    std::memcpy(to, from, bytes);
  }
  void synchronize() const {}
  [[nodiscard]] Maths maths() const { return options_.maths; }
  [[nodiscard]] std::string name() const { return "emulated CUDA"; }

  template <gpu::Kernel K>
  void launch(const gpu::Grid& grid, const K& kernel) {
    if (options_.on_launch) options_.on_launch(gpu::kernel_name<K>());
    gpu::run_on_host(threads_, grid, kernel, options_.order);
  }

 private:
  CudaEmulationOptions options_;
  WorkDone work_;
  std::shared_ptr<cpu::MemoryPool> memory_;
  ThreadPool threads_;
};

static_assert(gpu::BlockDevice<CudaEmulation>);

}  // namespace limn::inline v0
