// SPDX-License-Identifier: MIT
// How a layer's convolution becomes one that a library knows: borders written around the picture,
// channels filled up with zeros, and a picture that is doubled first taken in four phases of the
// small one (sub-pixel form).
//
// Sub-pixel: output rows 2u + a see, through three taps, the rows u + a - 1 and u + a of the small
// picture with one row more at each end (mirroring the doubled picture repeats the small one's
// border). Their weights are A_a w A_b^T with A_0 = [[1,0,0],[0,1,1]], A_1 = [[1,1,0],[0,0,1]].
#pragma once

#include <vector>

#include "limn/cuda/conv_problem.hpp"

namespace limn::inline v0::gpu {

/// Where a phase's maps lie: shifted and strided views of one picture, or dense copies. cuDNN
/// copies strided maps itself, once per phase (its workspace grows by exactly their size); limn's
/// copies carry border, bias, activation and conversion along. limn's own kernels take views.
enum class PhaseMaps { views, copies };

/// One way to compute one direction of a layer's convolution: `phases` runs of one problem.
struct ConvPlan {
  ConvGeometry geometry;
  Shape x, w, y;                   ///< as the layer has them
  Index phases = 1;                ///< 4: sub-pixel form
  ConvProblem problem;             ///< what each phase asks for
  Padding border = Padding::none;  ///< what is written around x in the workspace, and how wide
  Sides sides{};
  bool copies_x = false;  ///< x, or its gradient, is in the workspace in the problem's form
  bool copies_y = false;  ///< and y, or its gradient
  bool x_view = false;    ///< the phases see one picture in the workspace, shifted
  bool pads_weights = false;

  /// Rows and columns around x that a phase sees (all of them where phases share one picture).
  [[nodiscard]] Sides sides_of(Index phase) const {
    if (phases == 1 || x_view) return sides;
    return {1 - phase / 2, 1 - phase % 2, phase / 2, phase % 2};
  }
  /// How often each pixel of x is repeated along both axes in the workspace.
  [[nodiscard]] Index repeat() const { return phases == 1 ? geometry.upsample : 1; }
  /// The picture that is written around x: (N,H',W',I').
  [[nodiscard]] Shape bordered(Index phase) const {
    const Sides s = sides_of(phase);
    return {x.n, x.h * repeat() + s.top + s.bottom, x.w * repeat() + s.left + s.right, problem.x.c};
  }
  /// Gradients of x stay until all phases are folded; copies of x itself follow one another.
  [[nodiscard]] Index x_copies() const {
    return problem.direction == ConvDirection::backward_data ? phases : 1;
  }
  [[nodiscard]] Index x_elements() const { return bordered(0).size() * x_copies(); }
  [[nodiscard]] Index y_elements() const { return problem.y.size() * phases; }
  [[nodiscard]] Index w_elements() const { return problem.weights().size() * phases; }
  /// Where a phase begins.
  [[nodiscard]] Index x_offset(Index phase) const {
    if (phases == 1) return 0;
    if (x_view) return phase / 2 * problem.x_strides.h + phase % 2 * problem.x_strides.w;
    return x_copies() == 1 ? 0 : phase * problem.x.size();
  }
  [[nodiscard]] Index y_offset(Index phase) const {
    if (phases == 1) return 0;
    return copies_y ? phase * problem.y.size() : (phase / 2 * y.w + phase % 2) * y.c;
  }
  [[nodiscard]] Index w_offset(Index phase) const { return phase * problem.weights().size(); }
};

/// Does the algebra of the sub-pixel form hold?
[[nodiscard]] constexpr bool has_subpixel_form(const ConvGeometry& g) {
  return g.upsample == 2 && g.kernel == 3 && g.stride == 1 && g.sides == Sides::all(1);
}

/// Channels that a library's tensor cores want a multiple of: 16 bytes.
[[nodiscard]] constexpr Index library_channels(ConvType type) {
  return type == ConvType::bf16 ? 8 : 4;
}

/// The plan with channels filled up to a multiple of `multiple`. Throws ShapeError
/// as geometry.output does.
[[nodiscard]] inline ConvPlan conv_plan(ConvDirection direction, ConvType type, Maths maths,
                                        const ConvGeometry& g, const Shape& x, const Shape& w,
                                        PhaseMaps maps, Index multiple) {
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
  plan.pads_weights = in != x.c || out != w.n;
  if (has_subpixel_form(g)) {
    plan.phases = 4;
    plan.border = g.padding == Padding::reflect ? Padding::edge : g.padding;
    plan.sides = Sides::all(1);
    plan.x_view = maps == PhaseMaps::views &&
                  direction != ConvDirection::backward_data;  // gradients would overlap
    plan.copies_x = true;
    plan.copies_y = maps == PhaseMaps::copies || out != w.n;
    p.x = {x.n, x.h + 1, x.w + 1, in};
    p.y = {x.n, x.h, x.w, out};
    p.kernel = 2;
    const Index row = (x.w + 2) * in;
    p.x_strides = plan.x_view ? MapStrides{(x.h + 2) * row, row, in} : packed_strides(p.x);
    p.y_strides = plan.copies_y ? packed_strides(p.y)
                                : MapStrides{plan.y.sample(), 2 * plan.y.w * out, 2 * out};
    return plan;
  }
  const bool zeros = g.padding == Padding::zero;
  if (!zeros && g.sides != Sides{}) {
    plan.border = g.padding;
    plan.sides = g.sides;
  }
  if (zeros) p.zeros = g.sides;
  plan.copies_x = plan.sides != Sides{} || g.upsample > 1 || in != x.c;
  plan.copies_y = out != w.n;
  p.kernel = g.kernel;
  p.x = {x.n, x.h * g.upsample + plan.sides.top + plan.sides.bottom,
         x.w * g.upsample + plan.sides.left + plan.sides.right, in};
  p.y = {plan.y.n, plan.y.h, plan.y.w, out};
  p.x_strides = packed_strides(p.x);
  p.y_strides = packed_strides(p.y);
  return plan;
}

/// The plan that a library is asked for.
[[nodiscard]] inline ConvPlan library_conv_plan(ConvDirection direction, ConvType type, Maths maths,
                                                const ConvGeometry& g, const Shape& x,
                                                const Shape& w) {
  return conv_plan(direction, type, maths, g, x, w, PhaseMaps::copies, library_channels(type));
}

/// What the primitive asks a library for in one call, in this order, until it has a plan.
[[nodiscard]] inline std::vector<ConvProblem> conv_problems(ConvDirection direction, ConvType type,
                                                            Maths maths, const ConvGeometry& g,
                                                            const Shape& x, const Shape& w) {
  return {library_conv_plan(direction, type, maths, g, x, w).problem};
}

}  // namespace limn::inline v0::gpu
