// SPDX-License-Identifier: MIT
// CudnnPlans: cuDNN's state of a device: its handle, and the plans of all convolutions that were
// met. The library is opened when the object is made.
#pragma once

#include <cuda_runtime_api.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "limn/cuda/cudnn_plan.hpp"

namespace limn::inline v0::gpu {

struct ConvProblemHash {
  [[nodiscard]] std::size_t operator()(const ConvProblem& p) const {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const Index value : {static_cast<Index>(p.direction),
                              static_cast<Index>(p.type),
                              static_cast<Index>(p.maths),
                              p.x.n,
                              p.x.h,
                              p.x.w,
                              p.x.c,
                              p.y.n,
                              p.y.h,
                              p.y.w,
                              p.y.c,
                              p.kernel,
                              p.stride,
                              p.zeros.top,
                              p.zeros.left,
                              p.zeros.bottom,
                              p.zeros.right,
                              p.x_strides.n,
                              p.x_strides.h,
                              p.x_strides.w,
                              p.y_strides.n,
                              p.y_strides.h,
                              p.y_strides.w})
      hash = (std::rotl(hash, 23) ^ static_cast<std::uint64_t>(value)) * 0x9e3779b97f4a7c15U;
    return static_cast<std::size_t>(hash);
  }
};

/// Operands of a run, by the names of ConvOperand.
struct ConvPointers {
  const void* x = nullptr;
  const void* w = nullptr;
  const void* y = nullptr;
};

class CudnnPlans {
 public:
  /// For a card that is not there, from its properties: plans alone. Throws DeviceError.
  explicit CudnnPlans(const std::string& card_properties) : library_(CudnnLibrary::open()) {
    card_.emplace(cudnn_card(*library_, card_properties));
  }
  /// For the current device of CUDA. `measure`: each problem's plans are timed on it when it is
  /// first met, and the fastest is taken; then results may differ from run to run in the last
  /// digits, since another plan may win. Throws DeviceError.
  CudnnPlans(cudaStream_t stream, bool measure)
      : library_(CudnnLibrary::open()), stream_(stream), measure_(measure) {
    library_->check(library_->create(&handle_), "starting work on the card");
    try {
      library_->check(library_->set_stream(handle_, stream), "choosing a stream");
    } catch (...) {
      library_->destroy(handle_);
      throw;
    }
  }
  CudnnPlans(const CudnnPlans&) = delete;
  CudnnPlans& operator=(const CudnnPlans&) = delete;
  ~CudnnPlans() {
    if (handle_ != nullptr) library_->destroy(handle_);
  }

  [[nodiscard]] std::string version() const { return library_->version_text(); }

  /// The plan for a problem, or why cuDNN has none; made when the problem is first met. The
  /// reference stays valid.
  const CudnnPlanResult& find(const ConvProblem& problem) {
    const auto [entry, added] = plans_.try_emplace(problem);
    if (!added) return entry->second;
    try {
      entry->second = measure_ && handle_ != nullptr ? fastest(problem)
                                                     : make_conv_plan(*library_, target(), problem);
    } catch (...) {
      plans_.erase(entry);
      throw;
    }
    return entry->second;
  }

  /// Queues a convolution on `stream`; the problem's direction tells which operand is written.
  /// Throws DeviceError where there is no plan or no device, or for a pointer that is not aligned
  /// as operand_alignment says.
  void run(cudaStream_t stream, const ConvProblem& problem, const ConvPointers& pointers,
           void* workspace) {
    const CudnnPlanResult& result = find(problem);
    if (!result.plan)
      throw DeviceError("[Cuda] cuDNN has no plan for a convolution of " + text_of(problem) + ": " +
                        result.why);
    if (handle_ == nullptr)
      throw DeviceError("[Cuda] a convolution of " + text_of(problem) +
                        " was asked for on a device that only plans");
    require_alignment(problem, ConvOperand::x, pointers.x);
    require_alignment(problem, ConvOperand::w, pointers.w);
    require_alignment(problem, ConvOperand::y, pointers.y);
    if (stream != stream_) {
      library_->check(library_->set_stream(handle_, stream), "choosing a stream");
      stream_ = stream;
    }
    library_->check(execute(*result.plan, pointers, workspace), "running a convolution");
  }

  /// "x (1,66,66,256), y (1,64,64,256), kernel 3, stride 1, forward, bf16"
  [[nodiscard]] static std::string text_of(const ConvProblem& p) {
    std::string text = "x ";
    text += to_string(p.x);
    text += ", y ";
    text += to_string(p.y);
    text += ", kernel " + std::to_string(p.kernel) + ", stride " + std::to_string(p.stride);
    text += ", ";
    text += to_string(p.direction);
    text += p.type == ConvType::bf16 ? ", bf16" : p.maths == Maths::fast ? ", TF32" : ", fp32";
    return text;
  }

 private:
  [[nodiscard]] CudnnTarget target() const { return {handle_, card_ ? &*card_ : nullptr}; }

  static void require_alignment(const ConvProblem& problem, ConvOperand operand,
                                const void* pointer) {
    const auto alignment = static_cast<std::uintptr_t>(operand_alignment(problem, operand));
    if (reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0) [[likely]]
      return;
    throw DeviceError("[Cuda] an operand of the convolution of " + text_of(problem) +
                      " is not aligned to " + std::to_string(alignment) +
                      " bytes: use a tensor of its own, no view");
  }

  [[nodiscard]] cudnnStatus_t execute(const CudnnPlan& plan, const ConvPointers& pointers,
                                      void* workspace) const {
    CudnnDescriptor pack(*library_, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, "variant pack");
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS,
             std::vector<std::int64_t>{static_cast<std::int64_t>(ConvOperand::x),
                                       static_cast<std::int64_t>(ConvOperand::w),
                                       static_cast<std::int64_t>(ConvOperand::y)})
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS,
             std::vector<void*>{const_cast<void*>(pointers.x), const_cast<void*>(pointers.w),
                                const_cast<void*>(pointers.y)})
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace)
        .finalize();
    return library_->execute(handle_, plan.plan.get(), pack.get());
  }

  // Memory of CUDA's for one measurement.
  class Scratch {
   public:
    explicit Scratch(std::size_t bytes) {
      if (bytes > 0 && cudaMalloc(&memory_, bytes) != cudaSuccess) {
        static_cast<void>(cudaGetLastError());
        throw DeviceError("[Cuda] measuring the plans of a convolution needs " +
                          std::to_string(bytes) + " bytes more than the card has free");
      }
      // 0.747 in float and in bfloat16
      if (bytes > 0) static_cast<void>(cudaMemset(memory_, 0x3f, bytes));
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { static_cast<void>(cudaFree(memory_)); }
    [[nodiscard]] void* get() const { return memory_; }

   private:
    void* memory_ = nullptr;
  };

  class Event {
   public:
    Event() {
      if (cudaEventCreate(&event_) != cudaSuccess)
        throw DeviceError("[Cuda] the driver makes no event to measure time with");
    }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
    [[nodiscard]] cudaEvent_t get() const { return event_; }

   private:
    cudaEvent_t event_ = nullptr;
  };

  /// The fastest of the first plans on this device, in the best of a few runs.
  [[nodiscard]] CudnnPlanResult fastest(const ConvProblem& problem) const {
    constexpr std::size_t most_candidates = 10;
    std::vector<CudnnPlan> candidates;
    CudnnPlanResult result;
    each_conv_plan(*library_, target(), problem, result.why, [&](CudnnPlan plan) {
      if (plan.workspace <= reasonable_workspace) candidates.push_back(std::move(plan));
      return candidates.size() == most_candidates;
    });
    if (candidates.empty()) return make_conv_plan(*library_, target(), problem);
    std::size_t workspace_bytes = 0;
    for (const CudnnPlan& plan : candidates)
      workspace_bytes = std::max(workspace_bytes, plan.workspace);
    const std::size_t element = problem.type == ConvType::bf16 ? 2 : 4;
    const auto bytes = [element](const Shape& s, const MapStrides& strides) {
      return element * static_cast<std::size_t>((s.n - 1) * strides.n + (s.h - 1) * strides.h +
                                                (s.w - 1) * strides.w + s.c);
    };
    const Shape weights = problem.weights();
    const Scratch x(bytes(problem.x, problem.x_strides)),
        w(bytes(weights, packed_strides(weights))), y(bytes(problem.y, problem.y_strides)),
        workspace(workspace_bytes);
    float best = std::numeric_limits<float>::infinity();
    for (CudnnPlan& plan : candidates) {
      const float took = measure(plan, {x.get(), w.get(), y.get()}, workspace.get());
      if (took >= best) continue;
      best = took;
      result.plan = std::move(plan);
    }
    if (!result.plan) result.why = "none of the plans ran";
    return result;
  }

  /// Milliseconds of the best run; infinity for a plan that does not run.
  [[nodiscard]] float measure(const CudnnPlan& plan, const ConvPointers& pointers,
                              void* workspace) const {
    constexpr int runs = 5;
    constexpr float never = std::numeric_limits<float>::infinity();
    const Event begin, end;
    if (execute(plan, pointers, workspace) != CUDNN_STATUS_SUCCESS) return never;
    float best = never;
    for (int run = 0; run < runs; ++run) {
      static_cast<void>(cudaEventRecord(begin.get(), stream_));
      if (execute(plan, pointers, workspace) != CUDNN_STATUS_SUCCESS) return never;
      static_cast<void>(cudaEventRecord(end.get(), stream_));
      float took = never;
      if (cudaEventSynchronize(end.get()) != cudaSuccess ||
          cudaEventElapsedTime(&took, begin.get(), end.get()) != cudaSuccess)
        throw DeviceError("[Cuda] a plan of a convolution of cuDNN failed while it was measured");
      best = std::min(best, took);
    }
    return best;
  }

  std::shared_ptr<const CudnnLibrary> library_;
  std::optional<CudnnDescriptor> card_;
  cudnnHandle_t handle_ = nullptr;
  cudaStream_t stream_ = nullptr;
  bool measure_ = false;
  std::unordered_map<ConvProblem, CudnnPlanResult, ConvProblemHash> plans_;
};

}  // namespace limn::inline v0::gpu
