// SPDX-License-Identifier: MIT
// Winograd's convolution (Lavin and Gray, "Fast algorithms for convolutional neural networks",
// CVPR 2016): which convolutions it serves, and how they are cut into tiles.
//
// A tile is 6x6 input pixels, seen as values at the points 0, +-5/8, +-3/2 and infinity of each
// axis. Three taps make 4 outputs of it (36 products in place of 144). After nearest upsampling
// each of the four phases has two taps, which make 5 outputs (36 in place of 100); since all four
// see the same tile if that of phase 1 begins one output earlier, they share its transform. Points
// of this size keep the rounding at five times that of the direct sum.
#pragma once

#include <algorithm>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/maths.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_upsample.hpp"
#include "limn/cpu/isa.hpp"

namespace limn::inline v0::cpu::winograd {

/// Positions of a tile along an axis, and in all.
inline constexpr int side = 6, positions = side * side;

/// One axis of the picture: tile t sees x at m*t - 1 .. m*t + 4 and makes the outputs m*t ..
/// m*t + m - 1 (phase 0) or m*t - 1 .. m*t + m - 2 (phase 1), of each phase's own numbering.
struct Axis {
  Index extent = 0;  ///< of x
  int phases = 1;    ///< 2 after upsampling
  Padding padding = Padding::zero;

  [[nodiscard]] int outputs() const { return phases == 1 ? 4 : 5; }
  [[nodiscard]] Index tiles() const { return (extent + phases - 1 + outputs() - 1) / outputs(); }
  /// Position of x at place i of tile t; -1: zero.
  [[nodiscard]] Index input(Index t, Index i) const {
    const Index at = outputs() * t + i - 1;
    if (at >= 0 && at < extent) return at;
    if ((at != -1 && at != extent) || padding == Padding::zero) return -1;
    if (phases == 2 || padding == Padding::edge) return at < 0 ? 0 : extent - 1;
    return at < 0 ? 1 : extent - 2;
  }
  /// The phase's output j of tile t, counted in its own picture; maybe outside.
  [[nodiscard]] Index output(int phase, Index t, Index j) const {
    return outputs() * t + j - phase;
  }
  /// Outputs [first, end) of tile t that exist.
  [[nodiscard]] Index first(int phase, Index t) const { return t == 0 ? phase : 0; }
  [[nodiscard]] Index end(int phase, Index t) const {
    return std::clamp<Index>(extent - output(phase, t, 0), 0, outputs());
  }
  /// The place that the padding at place `at` of a border tile is a copy of; 0 for zeros.
  [[nodiscard]] Index source(Index at, bool before) const {
    if (padding == Padding::zero) return 0;
    const Index step = phases == 2 || padding == Padding::edge ? 1 : 2;
    return before ? at + step : at - step;
  }
  /// Do a border's padding and its source lie in one tile? Then gradients need no second pass.
  [[nodiscard]] bool folds_in_place() const {
    if (padding == Padding::zero) return true;
    if (phases == 2) return extent % 5 != 0;
    return padding == Padding::edge || extent % 4 != 1;
  }
};

/// A convolution that is cut into tiles.
struct Form {
  Axis rows, cols;
  Index samples = 0, inputs = 0, outputs = 0;

  Form(const ConvGeometry& g, const Shape& x, const Shape& w)
      : rows{x.h, static_cast<int>(g.upsample), g.padding},
        cols{x.w, static_cast<int>(g.upsample), g.padding},
        samples(x.n),
        inputs(x.c),
        outputs(w.n) {}

  [[nodiscard]] int phases() const { return rows.phases * cols.phases; }
  [[nodiscard]] Index tiles() const { return rows.tiles() * cols.tiles(); }
};

/// Width of the vectors' groups that channels are kept in: the widest panel of the register blocks
/// that divides them.
[[nodiscard]] inline Index segment(Isa isa, Index channels) {
  if (isa < Isa::avx512) return isa == Isa::avx2 ? 16 : 8;
  return channels % 64 == 0 ? 64 : channels % 32 == 0 ? 32 : 16;
}

/// Is Winograd's form the faster one? A function of shapes alone: few tiles do not pay for the
/// weights' transform, few channels not for the tiles'.
[[nodiscard]] inline bool serves(Maths maths, const ConvGeometry& g, const Shape& x,
                                 const Shape& w) {
  if (maths != Maths::fast || g.kernel != 3 || g.stride != 1 || g.sides != Sides::all(1) ||
      g.padding == Padding::none || x.c % 16 != 0 || w.n % 16 != 0)
    return false;
  if (g.upsample == 2 && !UpsampledPhases::apply(g, x, g.output(x, w))) return false;
  const Form form(g, x, w);
  const Index products = form.tiles() * positions;
  const Index direct = x.area() * (g.upsample == 2 ? 16 : 9);
  return x.n * form.tiles() >= 16 && 8 * products * form.phases() <= 5 * direct;
}

/// The same for the gradient of x.
[[nodiscard]] inline bool serves_backward_data(Maths maths, const ConvGeometry& g, const Shape& x,
                                               const Shape& w) {
  if (!serves(maths, g, x, w)) return false;
  const Form form(g, x, w);
  return form.rows.folds_in_place() && form.cols.folds_in_place();
}

}  // namespace limn::inline v0::cpu::winograd
