// SPDX-License-Identifier: MIT
// Winograd's convolution (Lavin and Gray, "Fast algorithms for convolutional neural networks",
// CVPR 2016): which convolutions it serves, and how they are cut into tiles.
//
// A tile is 6x6 input pixels, seen as values at the points 0, +-5/8, +-3/2 and infinity of each
// axis, and makes 7 - taps outputs along an axis. Points of this size keep the rounding at five
// times that of the direct sum. Per 2-D tile:
//   3x3 kernel          4x4 outputs, 36 products in place of 144
//   4x4 kernel          3x3 outputs, 36 in place of 144
//   3x3 after nearest   each of the four phases of the outputs has two taps along an axis and 5x5
//   upsampling          outputs a tile, 36 in place of 100; all four see the same tile if that of
//                       phase 1 begins one output earlier, and share its transform
//   4x4, stride 2       a sum over four phases of the inputs, with two taps each: 144 in place of
//                       400 (3x3: in place of 225), added up before the way back
#pragma once

#include <algorithm>
#include <type_traits>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/maths.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_upsample.hpp"
#include "limn/cpu/isa.hpp"

namespace limn::inline v0::cpu::winograd {

/// Positions of a tile along an axis, and in all.
inline constexpr int side = 6, positions = side * side;

/// One axis of the picture. Tile t, place i of phase p of the inputs sees x at m*t + i - 1, or,
/// with two phases, at 2 * (m*t + i) + p - 1; it makes the outputs m*t .. m*t + m - 1 of phase 0,
/// or m*t
/// - 1 .. m*t + m - 2 of phase 1, counted in each phase's own picture.
struct Axis {
  Index extent = 0;  ///< of x
  Index made = 0;    ///< outputs of each phase
  int taps = 3;      ///< of each phase
  int input_phases = 1, output_phases = 1;
  Padding padding = Padding::zero;

  /// Along an axis of x with `outputs` outputs.
  Axis(const ConvGeometry& g, Index x, Index outputs)
      : extent(x),
        made(outputs / g.upsample),
        taps(g.upsample == 2 || g.stride == 2 ? 2 : static_cast<int>(g.kernel)),
        input_phases(static_cast<int>(g.stride)),
        output_phases(static_cast<int>(g.upsample)),
        padding(g.padding) {}

  [[nodiscard]] int outputs() const { return side + 1 - taps; }
  [[nodiscard]] Index tiles() const {
    return (made + output_phases - 1 + outputs() - 1) / outputs();
  }
  /// Position of x at place i of tile t; -1: zero.
  [[nodiscard]] Index input(int phase, Index t, Index i) const {
    const Index at = input_phases * (outputs() * t + i) + phase - 1;
    if (at >= 0 && at < extent) return at;
    if ((at != -1 && at != extent) || padding == Padding::zero) return -1;
    if (output_phases == 2 || padding == Padding::edge) return at < 0 ? 0 : extent - 1;
    return at < 0 ? 1 : extent - 2;
  }
  /// The phase's output j of tile t, counted in its own picture; maybe outside.
  [[nodiscard]] Index output(int phase, Index t, Index j) const {
    return outputs() * t + j - phase;
  }
  /// Outputs [first, end) of tile t that exist.
  [[nodiscard]] Index first(int phase, Index t) const { return t == 0 ? phase : 0; }
  [[nodiscard]] Index end(int phase, Index t) const {
    return std::clamp<Index>(made - output(phase, t, 0), 0, outputs());
  }
  /// The place that the padding at place `at` of a border tile is a copy of; 0 for zeros.
  [[nodiscard]] Index source(Index at, bool before) const {
    if (padding == Padding::zero) return 0;
    const Index step = output_phases == 2 || padding == Padding::edge ? 1 : 2;
    return before ? at + step : at - step;
  }
  /// Can the gradient of x be gathered tile by tile? Only if neighbours overlap by no more than
  /// their outermost products, and padding and its source lie in one tile.
  [[nodiscard]] bool gathers() const {
    if (taps == 4 || input_phases == 2) return false;
    if (padding == Padding::zero) return true;
    if (output_phases == 2) return extent % 5 != 0;
    return padding == Padding::edge || extent % 4 != 1;
  }
};

/// A convolution that is cut into tiles.
struct Form {
  Axis rows, cols;
  Index samples = 0, inputs = 0, outputs = 0;
  int kernel = 3;

  Form(const ConvGeometry& g, const Shape& x, const Shape& w)
      : rows(g, x.h, g.output(x, w).h),
        cols(g, x.w, g.output(x, w).w),
        samples(x.n),
        inputs(x.c),
        outputs(w.n),
        kernel(static_cast<int>(g.kernel)) {}

  [[nodiscard]] int input_phases() const { return rows.input_phases * cols.input_phases; }
  [[nodiscard]] int output_phases() const { return rows.output_phases * cols.output_phases; }
  [[nodiscard]] Index tiles() const { return rows.tiles() * cols.tiles(); }
  /// Pixels of one sample of the output.
  [[nodiscard]] Index output_area() const { return rows.made * cols.made * output_phases(); }
};

/// How fast direct products of T are, in hundredths of the speed of float's, which are the ones
/// that transformed tiles need.
template <class T>
[[nodiscard]] constexpr Index direct_speed(Isa isa, Maths maths) {
  const bool units = isa >= Isa::avx512_bf16;
  const Index pairs = isa == Isa::amx_bf16 ? 800 : 180;  // of tiles: 16 times, less the loads
  if constexpr (std::is_same_v<T, bfloat16>) return units ? pairs : 100;
  if (maths != Maths::split) return 100;
  return units ? pairs * 3 / 10 : 15;  // three products, and floats are cut in parts
}

/// Is Winograd's form the faster one? A function of shapes alone. Making and reading a transformed
/// weight costs as much as 55 products (15 where they stay in the caches), so that few tiles do not
/// pay for it; the tiles' own transforms take a quarter of the products.
[[nodiscard]] inline bool serves(Maths maths, Index direct_speed, const ConvGeometry& g,
                                 const Shape& x, const Shape& w) {
  const bool kind = g.upsample == 2 ? g.kernel == 3 && g.stride == 1
                                    : (g.kernel == 3 || g.kernel == 4) && g.stride <= 2;
  if (maths == Maths::strict || !kind || g.padding == Padding::none || g.sides.top != 1 ||
      g.sides.left != 1 || g.sides.bottom > 1 || g.sides.right > 1 || x.c % 16 != 0 ||
      w.n % 16 != 0)
    return false;
  const Shape y = g.output(x, w);
  if (g.upsample == 2 && (g.sides != Sides::all(1) || !UpsampledPhases::apply(g, x, y)))
    return false;
  const Form form(g, x, w);
  const Index transformed = positions * form.input_phases() * form.output_phases();
  const Index overhead = transformed * x.c * w.n > (Index{1} << 20) ? 55 : 15;
  const Index taps = g.upsample == 2 ? 4 : g.kernel * g.kernel;
  return direct_speed * transformed * (x.n * form.tiles() + overhead) <= 80 * x.n * y.area() * taps;
}

/// The same for the gradient of x.
[[nodiscard]] inline bool serves_backward_data(Maths maths, Index direct_speed,
                                               const ConvGeometry& g, const Shape& x,
                                               const Shape& w) {
  if (!serves(maths, direct_speed, g, x, w)) return false;
  const Form form(g, x, w);
  return form.rows.gathers() && form.cols.gathers();
}

}  // namespace limn::inline v0::cpu::winograd
