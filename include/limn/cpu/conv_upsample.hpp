// SPDX-License-Identifier: MIT
// Convolution of a picture repeated twice along each axis: taps that see the same source pixel are
// added up first. Output rows i = 2u + a see, through tap r, source row u + floor((a + r - before)
// / 2): for a 3x3 kernel four 2x2 convolutions of the small picture, 16 products in place of 36.
#pragma once

#include <algorithm>

#include "limn/core/config.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// One axis of one phase: output positions 2u + phase, u < count, and `groups` groups of taps.
struct UpsampledAxis {
  Index phase = 0, before = 0, extent = 0, count = 0, lowest = 0, groups = 0;

  UpsampledAxis(const ConvGeometry& g, Index phase_of_output, Index amount_before,
                Index source_extent, Index outputs)
      : phase(phase_of_output),
        before(amount_before),
        extent(source_extent),
        count(outputs > phase ? (outputs - phase + 1) / 2 : 0),
        lowest((phase - before) >> 1),
        groups(group(g.kernel - 1) + 1) {}

  [[nodiscard]] Index group(Index tap) const { return ((phase + tap - before) >> 1) - lowest; }
  /// First tap of a group.
  [[nodiscard]] Index first_tap(Index of) const {
    return std::max<Index>(0, 2 * (of + lowest) + before - phase);
  }
  /// Source position that a group sees, -1: zero.
  [[nodiscard]] Index source(const ConvGeometry& g, Index u, Index of) const {
    return g.source(2 * u + phase + first_tap(of), before, extent);
  }
  /// Do all taps of each group see the same, at the borders too? Not with wide reflection.
  [[nodiscard]] bool exact(const ConvGeometry& g) const {
    for (Index u = 0; u < count; ++u)
      for (Index r = 0; r < g.kernel; ++r)
        if (g.source(2 * u + phase + r, before, extent) != source(g, u, group(r))) return false;
    return true;
  }
};

/// The four phases of a convolution with upsample 2.
struct UpsampledPhases {
  UpsampledAxis rows[2];
  UpsampledAxis cols[2];

  UpsampledPhases(const ConvGeometry& g, const Shape& x, const Shape& y)
      : rows{{g, 0, g.sides.top, x.h, y.h}, {g, 1, g.sides.top, x.h, y.h}},
        cols{{g, 0, g.sides.left, x.w, y.w}, {g, 1, g.sides.left, x.w, y.w}} {}

  /// Is the convolution one that this file's algebra holds for?
  [[nodiscard]] static bool apply(const ConvGeometry& g, const Shape& x, const Shape& y) {
    if (g.upsample != 2 || g.stride != 1 || g.kernel < 2) return false;
    const UpsampledPhases p(g, x, y);
    return p.rows[0].exact(g) && p.rows[1].exact(g) && p.cols[0].exact(g) && p.cols[1].exact(g);
  }
};

/// One axis of the gradient of the small picture: position q, first <= q < first + size, receives
/// dy at 2q + offset, for one offset per phase and group.
struct UpsampledGradientAxis {
  UpsampledAxis phases[2];
  Index before = 0, after = 0, outputs = 0, first = 0, size = 0;

  UpsampledGradientAxis(const ConvGeometry& g, const UpsampledAxis (&both)[2], Index amount_before,
                        Index amount_after, Index extent_of_dy)
      : phases{both[0], both[1]},
        before(amount_before),
        after(amount_after),
        outputs(extent_of_dy) {
    const bool copies = g.padding == Padding::reflect || g.padding == Padding::edge;
    Index last = both[0].extent - 1;
    for (const auto& p : both) {
      if (!copies || p.count == 0) continue;  // zeros have no gradient
      first = std::min(first, p.lowest);
      last = std::max(last, p.count - 1 + p.lowest + p.groups - 1);
    }
    size = last - first + 1;
  }

  [[nodiscard]] Index taps() const { return phases[0].groups + phases[1].groups; }
  [[nodiscard]] Index offset(Index phase, Index group) const {
    return phase - 2 * (phases[phase].lowest + group);
  }
  /// Taps are sorted by offset: how many come before.
  [[nodiscard]] Index position(Index phase, Index group) const {
    Index before_it = 0;
    for (Index a = 0; a < 2; ++a)
      for (Index d = 0; d < phases[a].groups; ++d)
        before_it += offset(a, d) < offset(phase, group) ? 1 : 0;
    return before_it;
  }
  /// Position of the small picture that position first + q is a copy of; -1: none.
  [[nodiscard]] Index source(const ConvGeometry& g, Index q) const {
    const Index extent = phases[0].extent, at = first + q;
    if (at >= 0 && at < extent) return at;
    const Index p = 2 * at + before;  // of the pair 2q, 2q + 1, one that is in the padded picture
    const Index inside = p < 0 ? p + 1 : p;
    return inside < 2 * extent + before + after ? g.source(inside, before, extent) : -1;
  }
  /// Offsets [size][taps] into an axis of dy, `step` elements per position.
  void fill(Index step, Index* to) const {
    for (Index q = 0; q < size; ++q)
      for (Index a = 0; a < 2; ++a)
        for (Index d = 0; d < phases[a].groups; ++d) {
          const Index i = 2 * (first + q) + offset(a, d);
          to[q * taps() + position(a, d)] = i >= 0 && i < outputs ? i * step : -1;
        }
  }
};

/// Patches of x that the outputs of a phase see, one tap per pair of groups.
template <class T>
[[nodiscard]] Patches<T> upsampled_patches(const ConvGeometry& g, const T* x, const Shape& xs,
                                           const UpsampledAxis& vertical,
                                           const UpsampledAxis& horizontal, Arena& arena) {
  const auto [p, rows, cols] = patches_by_tables(x, xs, {vertical.count, vertical.groups},
                                                 {horizontal.count, horizontal.groups}, arena);
  if (arena.counts()) return p;
  for (Index u = 0; u < vertical.count; ++u)
    for (Index d = 0; d < vertical.groups; ++d)
      rows[u * vertical.groups + d] = vertical.source(g, u, d) * xs.w * xs.c;
  for (Index u = 0; u < horizontal.count; ++u)
    for (Index d = 0; d < horizontal.groups; ++d)
      cols[u * horizontal.groups + d] = horizontal.source(g, u, d) * xs.c;
  return p;
}

/// to[i] += from[i], or = if not `add`
struct AddValues {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* from, float* to, Index count, bool add) const {
    constexpr int w = Bytes / 4;
    Index i = 0;
    for (; i + w <= count; i += w) {
      simd::Vec<float, w> v, u{};
      simd::load(v, from + i);
      if (add) simd::load(u, to + i);
      v += u;
      simd::store(to + i, v);
    }
    for (; i < count; ++i) to[i] = add ? to[i] + from[i] : from[i];
  }
};

/// to[o][d][e][c] = sum of W[o][r][s][c] over the taps r, s of the groups d, e.
inline void combine_weights(ThreadPool& pool, Isa isa, const ConvGeometry& g, const float* weights,
                            const Shape& ws, const UpsampledAxis& vertical,
                            const UpsampledAxis& horizontal, float* to) {
  const Index size = vertical.groups * horizontal.groups * ws.c;
  pool.run(ws.n, [&](Index o, int) {
    for (Index r = 0; r < g.kernel; ++r)
      for (Index s = 0; s < g.kernel; ++s) {
        const Index d = vertical.group(r), e = horizontal.group(s);
        const bool add = r != vertical.first_tap(d) || s != horizontal.first_tap(e);
        simd::dispatch(isa, AddValues{}, weights + ((o * g.kernel + r) * g.kernel + s) * ws.c,
                       to + o * size + (d * horizontal.groups + e) * ws.c, ws.c, add);
      }
  });
}

/// to[o][t][u][c]: the weights with which dy reaches the small picture, t and u positions of the
/// two axes' taps.
inline void combine_gradient_weights(ThreadPool& pool, Isa isa, const ConvGeometry& g,
                                     const float* weights, const Shape& ws,
                                     const UpsampledGradientAxis& vertical,
                                     const UpsampledGradientAxis& horizontal, float* to) {
  const Index across = horizontal.taps(), size = vertical.taps() * across * ws.c;
  pool.run(ws.n, [&](Index o, int) {
    for (Index phase = 0; phase < 4; ++phase) {
      const auto& v = vertical.phases[phase / 2];
      const auto& h = horizontal.phases[phase % 2];
      for (Index r = 0; r < g.kernel; ++r)
        for (Index s = 0; s < g.kernel; ++s) {
          const Index d = v.group(r), e = h.group(s);
          const Index tap =
              vertical.position(phase / 2, d) * across + horizontal.position(phase % 2, e);
          const bool add = r != v.first_tap(d) || s != h.first_tap(e);
          simd::dispatch(isa, AddValues{}, weights + ((o * g.kernel + r) * g.kernel + s) * ws.c,
                         to + o * size + tap * ws.c, ws.c, add);
        }
    }
  });
}

}  // namespace limn::inline v0::cpu
