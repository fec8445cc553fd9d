// SPDX-License-Identifier: MIT
// Tiles to transformed tiles: x to B^T x B for products with weights, dy to A dy A^T for the
// gradients. All channels of one tile at a time.
#pragma once

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/winograd_form.hpp"
#include "limn/cpu/winograd_points.hpp"

namespace limn::inline v0::cpu::winograd {

/// Transformed tiles [position][group of channels][tile][channel of the group]: what products read
/// straight through, with channels or with tiles as what is summed over. Groups are `segment`
/// channels wide, `groups` counts those of all phases.
struct TileLayout {
  Index segment = 16, groups = 1, tiles = 0;

  /// Not a multiple of the caches' size: 36 streams would meet in the same sets.
  [[nodiscard]] Index position_stride() const { return groups * tiles * segment + 16; }
  [[nodiscard]] Index size() const { return positions * position_stride(); }
  /// Elements from one group to the next.
  [[nodiscard]] Index group_stride() const { return tiles * segment; }
  /// Where a position has a channel, counted through all groups, of a tile.
  [[nodiscard]] Index at(Index channel, Index tile) const {
    return channel / segment * group_stride() + tile * segment + channel % segment;
  }
};

/// Elements that are asked for before they are needed: three dozen streams are too many for the
/// processor's own foresight.
template <int Bytes>
inline constexpr Index ahead = 2 * Bytes / 4;

/// to = the transform of the N x N pixels at pixel[N * row + column], channels beginning at group
/// `group`: B^T x B of a tile of x (N = 6), or A dy A^T of a tile's outputs (N < 6).
template <class T, int N>
struct TransformTile {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const T* const* pixel, Index channels, const TileLayout* to,
                                     Index group, Index tile, float* v) const {
    constexpr int w = Bytes / 4;
    using V = simd::Vec<float, w>;
    const Points<V> points;
    const Index stride = to->position_stride();
    for (Index c = 0; c < channels; c += w) {
      V half[6][N], d[N], o[6];
#pragma GCC unroll 6
      for (int j = 0; j < N; ++j) {
#pragma GCC unroll 6
        for (int i = 0; i < N; ++i) {
          simd::load(d[i], pixel[i * N + j] + c);
          simd::prefetch(pixel[i * N + j] + c + ahead<Bytes>);
        }
        along(points, d, o);
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) half[i][j] = o[i];
      }
      float* at = v + to->at(group * to->segment + c, tile);
      const float* soon = v + to->at(group * to->segment + c + 2 * ahead<Bytes>, tile);
#pragma GCC unroll 36
      for (int i = 0; i < positions; ++i) simd::prefetch_to_write(soon + i * stride);
#pragma GCC unroll 6
      for (int i = 0; i < 6; ++i) {
        along(points, half[i], o);
#pragma GCC unroll 6
        for (int j = 0; j < 6; ++j) simd::store(at + (i * 6 + j) * stride, o[j]);
      }
    }
  }

 private:
  template <class V>
  LIMN_ALWAYS_INLINE static void along(const Points<V>& points, const V (&d)[N], V (&o)[6]) {
    if constexpr (N == side)
      points.input(d, o);
    else
      points.output_gradient(d, o);
  }
};

/// Transforms all phases of x in tile (ti, tj) of one sample into tile `t` of v.
template <class T>
void transform_input(Isa isa, const Form& form, const T* x, const T* zeros, Index ti, Index tj,
                     const TileLayout& to, Index t, float* v) {
  for (int phase = 0; phase < form.input_phases(); ++phase) {
    const int pi = phase / form.cols.input_phases, pj = phase % form.cols.input_phases;
    const T* pixel[positions];
    for (Index i = 0; i < side; ++i) {
      const Index row = form.rows.input(pi, ti, i);
      for (Index j = 0; j < side; ++j) {
        const Index col = form.cols.input(pj, tj, j);
        pixel[i * side + j] =
            row < 0 || col < 0 ? zeros : x + (row * form.cols.extent + col) * form.inputs;
      }
    }
    simd::dispatch(isa, TransformTile<T, side>{}, static_cast<const T* const*>(pixel), form.inputs,
                   &to, phase * form.inputs / to.segment, t, v);
  }
}

/// Transforms all phases of dy in tile (ti, tj) of one sample into tile `t` of v.
template <class T>
void transform_output_gradient(Isa isa, const Form& form, const T* dy, const T* zeros, Index ti,
                               Index tj, const TileLayout& to, Index t, float* v) {
  const Index m = form.rows.outputs(), down = form.rows.output_phases;
  const Index right = form.cols.output_phases, across = form.cols.made * right;
  for (int phase = 0; phase < form.output_phases(); ++phase) {
    const int pi = phase / form.cols.output_phases, pj = phase % form.cols.output_phases;
    const T* pixel[25];
    for (Index i = 0; i < m; ++i) {
      const Index row = form.rows.output(pi, ti, i);
      for (Index j = 0; j < m; ++j) {
        const Index col = form.cols.output(pj, tj, j);
        const bool inside = row >= 0 && row < form.rows.made && col >= 0 && col < form.cols.made;
        pixel[i * m + j] =
            inside ? dy + ((row * down + pi) * across + col * right + pj) * form.outputs : zeros;
      }
    }
    const Index group = phase * form.outputs / to.segment;
    const T* const* from = pixel;
    if (m == 3)
      simd::dispatch(isa, TransformTile<T, 3>{}, from, form.outputs, &to, group, t, v);
    else if (m == 4)
      simd::dispatch(isa, TransformTile<T, 4>{}, from, form.outputs, &to, group, t, v);
    else
      simd::dispatch(isa, TransformTile<T, 5>{}, from, form.outputs, &to, group, t, v);
  }
}

}  // namespace limn::inline v0::cpu::winograd
