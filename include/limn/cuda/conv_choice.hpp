// SPDX-License-Identifier: MIT
// Which way a device computes a convolution: its library, if that has a plan, else limn's own
// kernels. Asked for the size of the workspace and for the run; the answer is the same.
#pragma once

#include <limits>
#include <optional>

#include "limn/core/primitives/common.hpp"
#include "limn/cuda/conv_plan.hpp"

namespace limn::inline v0::gpu {

struct ConvChoice {
  ConvPlan plan;
  std::optional<std::size_t> library;  ///< its workspace in bytes; none: limn's own kernels
};

/// Throws ShapeError where the shapes are beyond what a launch or an int can count.
inline void require_countable(const char* where, const ConvPlan& plan) {
  constexpr Index rows = 65535, most = std::numeric_limits<int>::max() - 65536;
  const Shape &x = plan.problem.x, &y = plan.problem.y, w = plan.problem.weights();
  const bool countable = x.n <= rows && x.h <= rows && plan.y.h <= rows && x.w * x.c <= most &&
                         y.w * y.c <= most && plan.y.w * plan.y.c <= most &&
                         x.n * x.area() <= most && y.n * y.area() <= most && w.size() <= most;
  primitive::require(countable, where,
                     "the CUDA backend takes up to 65535 samples and rows and 2^31 positions and "
                     "weights: x and weights",
                     plan.x, plan.w);
}

/// Throws ShapeError naming `where` and the layer's shapes if neither way can do it.
template <Scalar T, BlockDevice D>
[[nodiscard]] ConvChoice conv_choice(D& device, ConvDirection direction, const char* where,
                                     const ConvGeometry& g, const Shape& x, const Shape& w) {
  const Maths maths = device.maths();
  if constexpr (ConvLibrary<D>::available && !std::same_as<T, double>) {
    const ConvPlan plan = library_conv_plan(direction, conv_type<T>, maths, g, x, w);
    require_countable(where, plan);
    if (const auto bytes = ConvLibrary<D>::workspace(device, plan.problem)) return {plan, bytes};
  }
  const ConvPlan plan = conv_plan(direction, ConvType::fp32, maths, g, x, w, 1);
  require_countable(where, plan);
  return {plan, std::nullopt};
}

}  // namespace limn::inline v0::gpu
