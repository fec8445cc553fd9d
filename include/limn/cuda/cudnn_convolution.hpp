// SPDX-License-Identifier: MIT
// Cuda's convolution library: cuDNN.
#pragma once

#include <optional>
#include <utility>

#include "limn/cuda/conv_problem.hpp"
#include "limn/cuda/cudnn_plans.hpp"
#include "limn/cuda/device.hpp"

namespace limn::inline v0::gpu {

/// What a Cuda device keeps of cuDNN: plans for the card that it computes on, or that it was opened
/// to plan for.
struct CudnnState {
  explicit CudnnState(Cuda& device) : plans(make(device)) {}
  CudnnPlans plans;

 private:
  [[nodiscard]] static CudnnPlans make(Cuda& device) {
    if (!device.card().json.empty()) return CudnnPlans(device.card().json);
    return CudnnPlans(device.stream(), device.measure_plans() && !device.dry());
  }
};

template <>
struct ConvLibrary<Cuda> {
  static constexpr bool available = true;

  /// Bytes; none where cuDNN has no plan. Throws DeviceError where there is no cuDNN.
  [[nodiscard]] static std::optional<std::size_t> workspace(Cuda& device,
                                                            const ConvProblem& problem) {
    const CudnnPlanResult& result = device.state<CudnnState>().plans.find(problem);
    if (!result.plan) return std::nullopt;
    return result.plan->workspace;
  }

  /// The direction tells which of the three is written. Throws DeviceError.
  static void run(Cuda& device, const ConvProblem& problem, const void* x, const void* w,
                  const void* y, void* workspace) {
    device.state<CudnnState>().plans.run(device.stream(), problem, {x, w, y}, workspace);
  }
};

}  // namespace limn::inline v0::gpu
