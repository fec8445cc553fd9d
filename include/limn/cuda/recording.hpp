// SPDX-License-Identifier: MIT
// Recording: kernels in their order, as a CUDA graph that is launched at once. Needs the CUDA
// toolkit.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <memory>
#include <utility>

#include "limn/core/device.hpp"
#include "limn/cuda/card_memory.hpp"
#include "limn/cuda/memory_pool.hpp"

namespace limn::inline v0 {
class Cuda;
}

namespace limn::inline v0::gpu {

/// What Cuda::record() gives and Cuda::replay() takes. It keeps the memory that its kernels use
/// between them, and a copy of the function that was recorded with all that it holds by value.
class Recording {
 public:
  Recording() = default;
  /// The other one holds nothing afterwards.
  Recording(Recording&& other) noexcept { swap(other); }
  /// What it held before is forgotten.
  Recording& operator=(Recording&& other) noexcept {
    Recording(std::move(other)).swap(*this);
    return *this;
  }
  ~Recording() {
    if (graph_ != nullptr) static_cast<void>(cudaGraphExecDestroy(graph_));
    if (pool_ != nullptr) pool_->forget_recording(number_);
  }

  /// Something was recorded.
  [[nodiscard]] bool defined() const { return pool_ != nullptr; }
  /// Work of one replay.
  [[nodiscard]] const WorkDone& work() const { return work_; }

 private:
  friend class limn::Cuda;
  void swap(Recording& other) noexcept {
    std::swap(graph_, other.graph_);
    std::swap(pool_, other.pool_);
    std::swap(number_, other.number_);
    std::swap(work_, other.work_);
    std::swap(function_, other.function_);
  }

  cudaGraphExec_t graph_ = nullptr;  ///< null on a dry device
  std::shared_ptr<MemoryPool<CardMemory>> pool_;
  int number_ = 0;
  WorkDone work_;
  std::function<void()> function_;
};

}  // namespace limn::inline v0::gpu
