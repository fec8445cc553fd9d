// SPDX-License-Identifier: MIT
// What surrounds a picture, written around it for a library that knows only zeros, and the way back
// of its gradient: for pictures that were not written with their border in the first place.
#pragma once

#include "limn/cuda/conv_plan.hpp"
#include "limn/cuda/pad.hpp"

namespace limn::inline v0::gpu {

/// Writes x into the workspace as the plan's problem sees it.
template <BlockDevice D, Scalar T>
void write_border(D& device, const ConvPlan& plan, const T* x, T* to) {
  if (plan.copies_x)
    pad(device, plan.border, plan.sides, plan.repeat(), x, plan.x, to, plan.problem.x);
}

/// dx (+)= the gradient of what write_border wrote.
template <BlockDevice D, Scalar T>
void fold_border(D& device, const ConvPlan& plan, const T* from, T* dx, Write write) {
  fold(device, plan.border, plan.sides, plan.repeat(), from, plan.problem.x, dx, plan.x, write);
}

}  // namespace limn::inline v0::gpu
