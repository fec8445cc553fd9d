// SPDX-License-Identifier: MIT
// CudaEmulation: a device that runs the CUDA kernels' bodies on the host, block by block, with
// limn's own kernels where Cuda calls a library. It computes what Cuda computes and exists so that
// the CUDA backend, and kernels that users write, can be tested where there is no GPU. It is no
// imitation of the CUDA runtime, and it is slow.
//
// It records as well: what was launched is kept, and run when it is replayed, on the memory that
// the same book keeps for it. So work that must not be recorded (its values come from the host, its
// parts need one another, it reads what nothing has written) computes something else here too.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/core/maths.hpp"
#include "limn/cuda/host_block.hpp"
#include "limn/cuda/host_range.hpp"
#include "limn/cuda/memory_pool.hpp"

namespace limn::inline v0 {

/// How an emulated device is opened.
struct CudaEmulationOptions {
  int threads = 1;   ///< of the host
  bool dry = false;  ///< plan only: the same requests, no data, no computing
  /// Of the threads of a phase; forward also runs the parts of a recording one after another, the
  /// other orders a kernel of each in turn, the last part's first.
  gpu::HostOrder order = gpu::HostOrder::forward;
  Maths maths = Maths::fast;  ///< as CudaOptions::maths
  /// Called with each kernel's name before it runs.
  std::function<void(std::string_view)> on_launch{};
};

/// One caller at a time. Tensors may outlive it, recordings may not be replayed then.
class CudaEmulation {
  using Pool = gpu::MemoryPool<gpu::HostRange>;
  using Launches = std::vector<std::function<void()>>;

 public:
  /// Marks a gpu::BlockDevice.
  using BlockDeviceTag = void;

  /// What record() gives and replay() takes; keeps the memory that its kernels use.
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
      if (pool_ != nullptr) pool_->forget_recording(number_);
    }

   private:
    friend CudaEmulation;
    void swap(Recording& other) noexcept {
      std::swap(launches_, other.launches_);
      std::swap(pool_, other.pool_);
      std::swap(number_, other.number_);
      std::swap(work_, other.work_);
    }
    Launches launches_;
    std::shared_ptr<Pool> pool_;
    int number_ = 0;
    WorkDone work_;
  };

  /// Starts the threads.
  explicit CudaEmulation(const CudaEmulationOptions& options = {})
      : options_(options),
        memory_(std::make_shared<Pool>(options.dry ? nullptr : std::make_unique<gpu::HostRange>())),
        threads_(options.threads) {}
  CudaEmulation(const CudaEmulation&) = delete;
  CudaEmulation& operator=(const CudaEmulation&) = delete;

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
  /// Throw DeviceError in a recording.
  void upload(void* to, const void* from, std::size_t bytes) const {
    refuse_in_recording("an upload from the host");
    if (!dry()) std::memcpy(to, from, bytes);
  }
  /// Throws DeviceError in a recording.
  void download(void* to, const void* from, std::size_t bytes) const {
    refuse_in_recording("a value was asked for (download, item)");
    std::memcpy(to, from, bytes);
  }
  /// Throws DeviceError in a recording.
  void synchronize() const { refuse_in_recording("the host was to wait"); }
  /// As it was opened.
  [[nodiscard]] Maths maths() const { return options_.maths; }
  /// "emulated CUDA"
  [[nodiscard]] std::string name() const { return "emulated CUDA"; }

  /// Runs a kernel on the host; in a recording it is kept for replay().
  template <gpu::Kernel K>
  void launch(const gpu::Grid& grid, const K& kernel) {
    auto run = [this, grid, kernel] {
      if (options_.on_launch) options_.on_launch(gpu::kernel_name<K>());
      gpu::run_on_host(threads_, grid, kernel, options_.order);
    };
    if (recording_)
      parts_.back().push_back(std::move(run));
    else
      run();
  }

  /// As Cuda's.
  [[nodiscard]] Recording record(const std::function<void()>& work) {
    refuse_in_recording("a recording was begun");
    Recording recording;
    recording.pool_ = memory_;
    recording.number_ = memory_->begin_recording();
    const WorkDone before = work_;
    const auto end = [&] {
      memory_->end_recording();
      recording_ = false;
      recording.work_ = work_.since(before);
      work_ = before;
      recording.launches_ = std::move(parts_.front());
      parts_.clear();
    };
    recording_ = true;
    parts_.assign(1, {});
    try {
      work();
    } catch (...) {
      end();
      throw;
    }
    end();
    return recording;
  }
  /// Runs what was recorded on this device, kernel by kernel. Throws DeviceError for another's.
  void replay(const Recording& recording) {
    refuse_in_recording("a recording was replayed");
    if (recording.pool_ != memory_)
      throw DeviceError("[CudaEmulation] a recording can only be replayed on its own device");
    count(recording.work_);
    for (const auto& launch : recording.launches_) launch();
  }
  /// As RecordingDevice says; CudaEmulationOptions::order mixes the parts of a recording.
  void parallel(std::span<const std::function<void()>> parts) {
    if (in_part_ || parts.size() < 2) {
      for (const auto& part : parts) part();
      return;
    }
    in_part_ = true;
    memory_->fork();
    try {
      for (const auto& part : parts) {
        memory_->next_branch();
        if (recording_) parts_.emplace_back();
        part();
      }
    } catch (...) {
      leave();
      throw;
    }
    leave();
  }
  /// Whether work is recorded now.
  [[nodiscard]] bool recording() const { return recording_; }

 private:
  void refuse_in_recording(const char* what) const {
    if (recording_)
      throw DeviceError("[CudaEmulation] " + std::string(what) +
                        " while work is recorded: nothing is computed until it is replayed");
  }

  // the parts' launches follow what came before them
  void leave() {
    memory_->join();
    in_part_ = false;
    if (!recording_) return;
    Launches& all = parts_.front();
    if (options_.order == gpu::HostOrder::forward) {
      for (std::size_t p = 1; p < parts_.size(); ++p)
        for (auto& launch : parts_[p]) all.push_back(std::move(launch));
    } else {
      std::size_t most = 0;
      for (std::size_t p = 1; p < parts_.size(); ++p)
        most = parts_[p].size() > most ? parts_[p].size() : most;
      for (std::size_t i = 0; i < most; ++i)
        for (std::size_t p = parts_.size() - 1; p > 0; --p)
          if (i < parts_[p].size()) all.push_back(std::move(parts_[p][i]));
    }
    parts_.resize(1);
  }

  CudaEmulationOptions options_;
  WorkDone work_;
  std::shared_ptr<Pool> memory_;
  ThreadPool threads_;
  bool recording_ = false;
  bool in_part_ = false;
  std::vector<Launches> parts_;  ///< of a recording: what is common, then the parts under way
};

static_assert(gpu::BlockDevice<CudaEmulation>);
static_assert(RecordingDevice<CudaEmulation>);

}  // namespace limn::inline v0
