// SPDX-License-Identifier: MIT
// Tables of offsets for the three directions of a convolution, built in the workspace.
#pragma once

#include <algorithm>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"

namespace limn::inline v0::cpu {

/// Patches of x that the outputs y (shape from ConvGeometry::output) see.
template <class T>
[[nodiscard]] Patches<T> input_patches(const ConvGeometry& g, const T* x, const Shape& xs,
                                       const Shape& ys, Arena& arena) {
  const auto [p, rows, cols] = patches_by_tables(x, xs, {ys.h, g.kernel}, {ys.w, g.kernel}, arena);
  if (arena.counts()) return p;
  for (Index i = 0; i < ys.h; ++i)
    for (Index r = 0; r < g.kernel; ++r)
      rows[i * g.kernel + r] = g.source(i * g.stride + r, g.sides.top, xs.h) * xs.w * xs.c;
  for (Index j = 0; j < ys.w; ++j)
    for (Index s = 0; s < g.kernel; ++s)
      cols[j * g.kernel + s] = g.source(j * g.stride + s, g.sides.left, xs.w) * xs.c;
  return p;
}

/// One axis of a gradient's phase: the positions p = first + stride * u, u < count, of the padded
/// input, which see dy through the taps r of p's parity.
struct PhaseAxis {
  Index first = 0, count = 0, taps = 0, parity = 0;

  PhaseAxis(Index phase, Index begin, Index end, const ConvGeometry& g)
      : first(begin + phase),
        count(end - begin > phase ? (end - begin - phase + g.stride - 1) / g.stride : 0),
        parity(first % g.stride) {
    taps = g.kernel > parity ? (g.kernel - parity + g.stride - 1) / g.stride : 0;
  }
  /// Kernel row of the phase's tap t: descending, so that dy is read ascending.
  [[nodiscard]] Index kernel_row(Index t, const ConvGeometry& g) const {
    return parity + (taps - 1 - t) * g.stride;
  }
  /// Offsets [count][taps] into an axis of dy with `extent` positions, `step` elements each.
  void fill(const ConvGeometry& g, Index extent, Index step, Index* to) const {
    for (Index u = 0; u < count; ++u)
      for (Index t = 0; t < taps; ++t) {
        const Index at = first + u * g.stride - kernel_row(t, g);
        *to++ = at < 0 || at / g.stride >= extent ? -1 : at / g.stride * step;
      }
  }
};

/// Patches of dy that the positions (vertical, horizontal) of the padded input see.
template <class T>
[[nodiscard]] Patches<T> output_patches(const ConvGeometry& g, const T* dy, const Shape& ys,
                                        const PhaseAxis& vertical, const PhaseAxis& horizontal,
                                        Arena& arena) {
  const auto [p, rows, cols] = patches_by_tables(dy, ys, {vertical.count, vertical.taps},
                                                 {horizontal.count, horizontal.taps}, arena);
  if (arena.counts()) return p;
  vertical.fill(g, ys.h, ys.w * ys.c, rows);
  horizontal.fill(g, ys.w, ys.c, cols);
  return p;
}

/// Which positions of the padded input are copies of position i: list[start[i] .. start[i + 1]).
struct Copies {
  Index* start = nullptr;
  Index* list = nullptr;

  Copies(const ConvGeometry& g, Index extent, Index before, Index after, Arena& arena)
      : Copies(
            extent, extent * g.upsample + before + after,
            [&](Index p) { return g.source(p, before, extent); }, arena) {}

  /// source(p): the position that p is a copy of, or -1.
  template <class F>
  Copies(Index extent, Index padded, const F& source, Arena& arena)
      : start(arena.take<Index>(extent + 2)), list(arena.take<Index>(padded)) {
    if (arena.counts()) return;
    std::fill_n(start, extent + 2, Index{0});
    for (Index p = 0; p < padded; ++p)
      if (const Index i = source(p); i >= 0) ++start[i + 2];
    for (Index i = 0; i <= extent; ++i) start[i + 1] += start[i];
    // start[i + 1] is where the next copy of i goes; at the end it is where those of i + 1 begin
    for (Index p = 0; p < padded; ++p)
      if (const Index i = source(p); i >= 0) list[start[i + 1]++] = p;
  }
};

}  // namespace limn::inline v0::cpu
