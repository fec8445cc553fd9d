// SPDX-License-Identifier: MIT
// Cuda: the device that computes with an NVIDIA card. Compiled by nvcc.
//
// Everything is queued on one stream, in order. The host waits only to download, and where
// synchronize() says so.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/core/device.hpp"
#include "limn/core/maths.hpp"
#include "limn/cuda/card.hpp"
#include "limn/cuda/device_block.hpp"
#include "limn/cuda/error.hpp"
#include "limn/cuda/recording.hpp"
#include "limn/cuda/staging.hpp"

namespace limn::inline v0 {

/// How a Cuda device is opened.
struct CudaOptions {
  int index = 0;     ///< of the card, as the driver counts them
  bool dry = false;  ///< plan only: the same requests, no data, no computing
  std::string card;  ///< of a dry device: the name of a built-in card (h100) or a property file,
                     ///< and no driver is needed; empty: the card `index`
  Maths maths = Maths::fast;   ///< fast: float is multiplied as TF32
  bool measure_plans = false;  ///< time the plans of a convolution when it is first met, instead of
                               ///< trusting cuDNN's order
};

/// Stream, memory pool, the libraries' states and counters. One caller at a time; several devices
/// may live side by side. Tensors may outlive it, recordings may not be replayed then.
class Cuda {
 public:
  /// Marks a gpu::BlockDevice.
  using BlockDeviceTag = void;
  /// What record() gives.
  using Recording = gpu::Recording;

  /// Throws DeviceError without a driver or a card that this program has code for, IoError for a
  /// property file that cannot be read, UsageError for a `card` of a device that is not dry.
  explicit Cuda(const CudaOptions& options = {});
  Cuda(const Cuda&) = delete;
  Cuda& operator=(const Cuda&) = delete;
  ~Cuda();

  /// Uninitialised memory, aligned to 256 bytes. Null on a dry device.
  [[nodiscard]] std::shared_ptr<std::byte> allocate(std::size_t bytes) {
    const std::size_t offset = memory_->allocate(bytes);
    return {memory_->address(offset),
            [pool = memory_, offset, bytes](std::byte*) { pool->release(offset, bytes); }};
  }
  /// Whether it only plans.
  [[nodiscard]] bool dry() const { return options_.dry; }
  /// Of its pool, what is set aside for recordings included.
  [[nodiscard]] MemoryUse memory() const { return memory_->use(); }
  /// Of primitives so far, replays included.
  [[nodiscard]] WorkDone work() const { return work_; }
  /// Adds to work().
  void count(const WorkDone& w) { work_ += w; }

  /// Queues a copy from the host, whose memory is free afterwards. Throws DeviceError in a
  /// recording, which would repeat the same values for ever.
  void upload(void* to, const void* from, std::size_t bytes);
  /// Copies to the host, waiting for all work. Throws DeviceError in a recording.
  void download(void* to, const void* from, std::size_t bytes);
  /// Waits for all work. Throws DeviceError if a kernel failed, and in a recording.
  void synchronize();

  /// How much rounding is traded for speed.
  [[nodiscard]] Maths maths() const { return options_.maths; }
  /// Whether plans of convolutions are timed.
  [[nodiscard]] bool measure_plans() const { return options_.measure_plans; }
  /// Live, or described for a dry device.
  [[nodiscard]] const gpu::CardProperties& card() const { return card_; }
  /// "NVIDIA H100 80GB HBM3, sm_90, TF32"
  [[nodiscard]] std::string name() const;

  /// Queues a kernel; nothing on a dry device. Throws DeviceError, which names the kernel, if CUDA
  /// refuses it or an earlier one has failed.
  template <gpu::Kernel K>
  void launch(const gpu::Grid& grid, const K& kernel);

  /// The stream that work is queued on: a branch's own inside of parallel(). Null on a dry device.
  [[nodiscard]] cudaStream_t stream() const { return current_; }

  /// What a library keeps per device (handles, plans), made when it is first asked for by
  /// State(Cuda&).
  template <class State>
  [[nodiscard]] State& state() {
    use();  // the library's call may be the first of this thread
    std::shared_ptr<void>& slot = states_[&state_key<State>];
    if (slot == nullptr) slot = std::make_shared<State>(*this);
    return *static_cast<State*>(slot.get());
  }

  /// Calls work() and records what it queues, which is not computed now. Run the same work once
  /// before, so that plans are made and memory is taken. Tensors of before that it uses must live
  /// as long as the recording (which keeps a copy of `work`). Tensors that it makes and that are
  /// kept hold what its last replay wrote, until another recording is replayed. Throws DeviceError
  /// for work that makes the host wait; what `work` throws goes through.
  [[nodiscard]] Recording record(const std::function<void()>& work);
  /// Queues what was recorded on this device.
  void replay(const Recording& recording);
  /// Calls the parts one after another. In a recording each has a stream of its own, and what they
  /// queue runs side by side: no part may read or write what another one writes, and a tensor
  /// passed from one to another must not be used before all have ended. Inside of a part: one
  /// after another.
  void parallel(std::span<const std::function<void()>> parts);
  /// Whether work is recorded now: the host cannot look at values.
  [[nodiscard]] bool recording() const { return recording_; }

 private:
  using Pool = gpu::MemoryPool<gpu::CardMemory>;
  template <class State>
  static constexpr char state_key = 0;

  // CUDA's current card belongs to the calling thread
  void use() const {
    if (!options_.dry) gpu::check(cudaSetDevice(options_.index), "choosing the card");
  }
  void refuse_in_recording(const char* what) const {
    if (recording_)
      throw DeviceError("[Cuda] " + std::string(what) +
                        " while work is recorded: nothing is computed until it is replayed; do it "
                        "before or after");
  }
  struct Lane {  // of one part of parallel()
    cudaStream_t stream = nullptr;
    cudaEvent_t end = nullptr;
  };
  [[nodiscard]] const Lane& lane(std::size_t number);
  [[nodiscard]] cudaGraphExec_t finish_graph(cudaGraph_t graph);
  void destroy();

  CudaOptions options_;
  gpu::CardProperties card_;
  std::shared_ptr<Pool> memory_;
  WorkDone work_;
  cudaStream_t stream_ = nullptr;
  cudaStream_t current_ = nullptr;
  bool recording_ = false;
  bool in_part_ = false;
  std::vector<Lane> lanes_;
  cudaEvent_t fork_ = nullptr;
  std::unique_ptr<gpu::StagingRing> staging_;
  std::map<const void*, std::shared_ptr<void>> states_;
};

namespace gpu::detail {

/// Tells whether this program has code for a card.
struct Probe {
  static constexpr int threads = 32;
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& /*block*/) const {}
};

[[noreturn]] LIMN_NOINLINE inline void refuse_launch(cudaError_t error, const std::string& kernel,
                                                     const Grid& grid, int threads) {
  gpu::check(error, "launching " + kernel + " with " + std::to_string(grid.x) + " x " +
                        std::to_string(grid.y) + " x " + std::to_string(grid.z) + " blocks of " +
                        std::to_string(threads) + " threads");
  throw DeviceError("[Cuda] " + kernel + " needs more blocks than CUDA has");
}

}  // namespace gpu::detail

inline Cuda::Cuda(const CudaOptions& options) : options_(options) {
  if (!options_.card.empty()) {
    if (!options_.dry)
      throw UsageError("[Cuda] the card '" + options_.card +
                       "' is described, not there: only a dry device can plan for it");
    card_ = gpu::find_card(options_.card);
  } else {
    card_ = gpu::live_card(options_.index);
  }
  if (options_.dry) {
    memory_ = std::make_shared<Pool>(nullptr);
    return;
  }
  use();
  gpu::check(cudaFree(nullptr), "starting work on " + card_.name);
  cudaFuncAttributes attributes{};
  gpu::check(cudaFuncGetAttributes(&attributes, gpu::run_kernel<gpu::detail::Probe>),
             card_.name + ", sm_" + std::to_string(card_.version));
  memory_ = std::make_shared<Pool>(std::make_unique<gpu::CardMemory>(options_.index, card_));
  try {
    gpu::check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
    gpu::check(cudaEventCreateWithFlags(&fork_, cudaEventDisableTiming), "making an event");
    staging_ = std::make_unique<gpu::StagingRing>();
  } catch (...) {
    destroy();
    throw;
  }
  current_ = stream_;
}

inline Cuda::~Cuda() {
  if (!options_.dry) destroy();
}

inline void Cuda::destroy() {
  static_cast<void>(cudaSetDevice(options_.index));
  if (stream_ != nullptr) static_cast<void>(cudaStreamSynchronize(stream_));
  states_.clear();
  staging_.reset();
  for (const Lane& lane : lanes_) {
    static_cast<void>(cudaEventDestroy(lane.end));
    static_cast<void>(cudaStreamDestroy(lane.stream));
  }
  if (fork_ != nullptr) static_cast<void>(cudaEventDestroy(fork_));
  if (stream_ != nullptr) static_cast<void>(cudaStreamDestroy(stream_));
}

inline void Cuda::upload(void* to, const void* from, std::size_t bytes) {
  refuse_in_recording("an upload from the host");
  if (options_.dry) return;
  use();
  staging_->upload(to, from, bytes, current_);
}

inline void Cuda::download(void* to, const void* from, std::size_t bytes) {
  refuse_in_recording("a value was asked for (download, item)");
  if (options_.dry) throw DeviceError("[Cuda] a dry device has no data to download");
  use();
  gpu::check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, current_),
             "copying from the card");
  gpu::check(cudaStreamSynchronize(current_), "waiting for a copy from the card");
}

inline void Cuda::synchronize() {
  refuse_in_recording("the host was to wait");
  if (options_.dry) return;
  use();
  gpu::check(cudaStreamSynchronize(current_), "waiting for the card");
}

inline std::string Cuda::name() const {
  return card_.name + ", sm_" + std::to_string(card_.version) +
         (options_.maths == Maths::fast ? ", TF32" : ", FP32");
}

template <gpu::Kernel K>
void Cuda::launch(const gpu::Grid& grid, const K& kernel) {
  if (options_.dry) return;
  constexpr Index most = std::numeric_limits<int>::max(), most_yz = 65535;
  if (grid.x > most || grid.y > most_yz || grid.z > most_yz) [[unlikely]]
    gpu::detail::refuse_launch(cudaErrorInvalidConfiguration, std::string(gpu::kernel_name<K>()),
                               grid, K::threads);
  use();
  const dim3 blocks(static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y),
                    static_cast<unsigned>(grid.z));
  gpu::run_kernel<K><<<blocks, K::threads, 0, current_>>>(kernel);
  if (const cudaError_t error = cudaGetLastError(); error != cudaSuccess) [[unlikely]]
    gpu::detail::refuse_launch(error, std::string(gpu::kernel_name<K>()), grid, K::threads);
}

}  // namespace limn::inline v0

#include "limn/cuda/graph.hpp"
