// SPDX-License-Identifier: MIT
// How a layer's convolution becomes one that a library knows: borders written around the picture,
// channels filled up with zeros, and a picture that is doubled first seen through one convolution
// of the small one (sub-pixel form).
//
// Sub-pixel: output rows 2u + a see, through three taps, the rows u + a - 1 and u + a of the small
// picture with one row more at each end (mirroring the doubled picture repeats the small one's
// border). Their weights are A_a w A_b^T with A_0 = [[1,0,0],[0,1,1]], A_1 = [[1,1,0],[0,0,1]]. The
// four phases (a,b) are maps side by side of one 2x2 convolution on (H+1,W+1) positions, of which
// phase (a,b) has its (u,v) at (u+a,v+b): a row and a column of each map are nobody's.
#pragma once

#include <vector>

#include "limn/cuda/conv_problem.hpp"

namespace limn::inline v0::gpu {

/// One way to compute one direction of a layer's convolution.
struct ConvPlan {
  ConvGeometry geometry;
  Shape x, w, y;                   ///< as the layer has them
  Index phases = 1;                ///< 4: sub-pixel form, maps side by side in the problem's y
  ConvProblem problem;             ///< what is asked for
  Padding border = Padding::none;  ///< what is written around x in the workspace, and how wide
  Sides sides{};
  bool copies_x = false;  ///< x, or its gradient, is in the workspace in the problem's form
  bool copies_y = false;  ///< and y, or its gradient
  bool pads_weights = false;

  /// How often each pixel of x is repeated along both axes in the workspace.
  [[nodiscard]] Index repeat() const { return phases == 1 ? geometry.upsample : 1; }
  /// Channels of one phase, filled up.
  [[nodiscard]] Index phase_channels() const { return problem.y.c / phases; }
  /// Weights of one phase; the problem's are those of all, one after the other.
  [[nodiscard]] Shape phase_weights() const {
    return {phase_channels(), problem.kernel, problem.kernel, problem.x.c};
  }
};

/// Channels that a library's tensor cores want a multiple of: 16 bytes.
[[nodiscard]] constexpr Index library_channels(ConvType type) {
  return type == ConvType::bf16 ? 8 : 4;
}

/// The plan with channels filled up to a multiple of `multiple`. Throws ShapeError
/// as geometry.output does.
[[nodiscard]] inline ConvPlan conv_plan(ConvDirection direction, ConvType type, Maths maths,
                                        const ConvGeometry& g, const Shape& x, const Shape& w,
                                        Index multiple) {
  ConvPlan plan;
  plan.geometry = g;
  plan.x = x;
  plan.w = w;
  plan.y = g.output(x, w);
  const Index in = blocks_of(x.c, multiple) * multiple, out = blocks_of(w.n, multiple) * multiple;
  ConvProblem& p = plan.problem;
  p.direction = direction;
  p.type = type;
  p.maths = maths;
  p.stride = g.stride;
  p.kernel = g.kernel;
  plan.pads_weights = in != x.c || out != w.n;
  const bool zeros = g.padding == Padding::zero, within = g.subpixel_within();
  if (within || g.subpixel()) {
    plan.phases = 4;
    p.kernel = 2;
    if (!within) {
      plan.border = g.padding == Padding::reflect ? Padding::edge : g.padding;
      plan.sides = Sides::all(1);
    }
  } else if (zeros) {
    p.zeros = g.sides;
  } else {
    plan.border = g.padding;
    plan.sides = g.sides;
  }
  plan.copies_x = plan.sides != Sides{} || plan.repeat() > 1 || in != x.c;
  plan.copies_y = plan.phases > 1 || out != w.n;
  const Sides& s = plan.sides;
  p.x = {x.n, x.h * plan.repeat() + s.top + s.bottom, x.w * plan.repeat() + s.left + s.right, in};
  const Index more = plan.phases > 1 ? 1 : 0;
  p.y = {plan.y.n, plan.y.h / (1 + more) + more, plan.y.w / (1 + more) + more, out * plan.phases};
  p.x_strides = packed_strides(p.x);
  p.y_strides = packed_strides(p.y);
  return plan;
}

/// The plan that a library is asked for.
[[nodiscard]] inline ConvPlan library_conv_plan(ConvDirection direction, ConvType type, Maths maths,
                                                const ConvGeometry& g, const Shape& x,
                                                const Shape& w) {
  return conv_plan(direction, type, maths, g, x, w, library_channels(type));
}

/// What the primitive asks a library for in one call, in this order, until it has a plan.
[[nodiscard]] inline std::vector<ConvProblem> conv_problems(ConvDirection direction, ConvType type,
                                                            Maths maths, const ConvGeometry& g,
                                                            const Shape& x, const Shape& w) {
  return {library_conv_plan(direction, type, maths, g, x, w).problem};
}

}  // namespace limn::inline v0::gpu
