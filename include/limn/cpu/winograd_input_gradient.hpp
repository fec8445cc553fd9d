// SPDX-License-Identifier: MIT
// Products of tiles to the gradient of x: dx = sum over tiles of B m B^T, which overlap by their
// borders. Each tile's pixels are gathered from its own products and the touching rows and columns
// of its neighbours', so that tiles can be worked off in any order and nothing is added twice.
#pragma once

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/winograd_form.hpp"
#include "limn/cpu/winograd_points.hpp"
#include "limn/cpu/winograd_tiles.hpp"

namespace limn::inline v0::cpu::winograd {

/// One axis of a tile: places 1 .. `owned` are its own pixels. Where padding lies at place 0 (first
/// tile) or at place `end` (last tile), its gradient belongs to the place that it is a copy of; 0:
/// to nobody.
struct GradientAxis {
  bool before = false, after = false;  ///< are there tiles before and after?
  Index owned = 0;
  Index first_to = 0;
  Index end = 0, end_to = 0;

  GradientAxis(const Axis& axis, Index t)
      : before(t > 0), after(t + 1 < axis.tiles()), owned(axis.end(0, t)) {
    if (!before) first_to = axis.source(0, true);
    if (after) return;
    end = axis.extent + 1 - axis.outputs() * t;
    end_to = axis.source(end, false);
  }
};

/// What one tile needs to know. The products of the tiles above and below may be elsewhere: then
/// what this tile adds to their rows goes to rows of their own.
template <class T>
struct TileGradient {
  GradientAxis rows, cols;
  bool above = false, below = false;  ///< are the products of the neighbours here?
  Index tiles_across = 0;             ///< from a tile to the one below it
  T* dx = nullptr;                    ///< the tile's place (1, 1)
  Index row_stride = 0, channels = 0;
  bool accumulate = false;
  float* row_above = nullptr;  ///< what place 0 adds to the row above dx, if that is not here
  float* row_below = nullptr;  ///< what place 5 adds below, likewise
};

/// Tiles overlap by two places if they make four outputs: place 0 is place 4 of the tile before,
/// place 5 is place 1 of the tile after. By one if they make five: place 0 is place 5 of the tile
/// before.
template <class T, int M>
struct TransformInputGradient {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* products, const TileLayout* from, Index tile,
                                     const TileGradient<T>* out) const {
    constexpr int w = Bytes / 4;
    using V = simd::Vec<float, w>;
    const Points<V> points;
    const Index stride = from->position_stride(), across = from->segment;
    for (Index c = 0; c < out->channels; c += w) {
      const float* m = products + from->at(c, tile);
      const Index soon = from->at(c + ahead<Bytes>, tile) - from->at(c, tile);
      for (Index i = 0; i < out->rows.owned; ++i)
        for (Index j = 0; j < out->cols.owned; ++j)
          simd::prefetch_to_write(out->dx + i * out->row_stride + j * out->channels + c +
                                  ahead<Bytes>);
      V own[6][6], left[6], right[6], column[6];
      for (int j = 0; j < 6; ++j) {
        vertical(points, m, stride, j, *out, across, soon, column);
        for (int i = 0; i < 6; ++i) own[i][j] = column[i];
      }
      if (M == 4 && out->cols.before)
        vertical(points, m - across, stride, 5, *out, across, soon, left);
      if (out->cols.after) vertical(points, m + across, stride, 0, *out, across, soon, right);
      for (Index i = 1; i <= out->rows.owned; ++i)
        row(points, own[i], left[i], right[i], *out, out->dx + (i - 1) * out->row_stride + c,
            out->accumulate);
      if (out->row_above != nullptr)
        row(points, own[0], left[0], right[0], *out, out->row_above + c, false);
      if (M == 4 && out->row_below != nullptr)
        row(points, own[5], left[5], right[5], *out, out->row_below + c, false);
    }
  }

 private:
  template <class V>
  LIMN_ALWAYS_INLINE static void fold(V (&z)[6], const GradientAxis& axis) {
    if (axis.first_to > 0) z[axis.first_to] += z[0];
    if (axis.end_to > 0) z[axis.end_to] += z[axis.end];
  }
  // Column j of a tile's products, rows transformed, with what the tiles above and below add.
  template <class V>
  LIMN_ALWAYS_INLINE static void vertical(const Points<V>& points, const float* m, Index stride,
                                          Index j, const TileGradient<T>& out, Index tile_stride,
                                          Index soon, V (&z)[6]) {
    V d[6], other;
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) {
      simd::load(d[i], m + (i * 6 + j) * stride);
      simd::prefetch(m + (i * 6 + j) * stride + soon);
    }
    points.input_gradient(d, z);
    if (M == 4 && out.above) {
      simd::load(other, m - out.tiles_across * tile_stride + (5 * 6 + j) * stride);
      z[1] += other;
    }
    if (out.below) {
      simd::load(other, m + out.tiles_across * tile_stride + j * stride);
      points.add_first_of_input_gradient(other, z[M]);
    }
    fold(z, out.rows);
  }
  template <class V, class TO>
  LIMN_ALWAYS_INLINE static void row(const Points<V>& points, const V (&own)[6], const V& left,
                                     const V& right, const TileGradient<T>& out, TO* to,
                                     bool accumulate) {
    V z[6];
    points.input_gradient(own, z);
    if (M == 4 && out.cols.before) z[1] += left;
    if (out.cols.after) points.add_first_of_input_gradient(right, z[M]);
    fold(z, out.cols);
#pragma GCC unroll 5
    for (int j = 0; j < M; ++j, to += out.channels) {
      if (j >= out.cols.owned) break;
      V v = z[j + 1];
      if (accumulate) {
        V before;
        simd::load(before, to);
        v += before;
      }
      simd::store(to, v);
    }
  }
};

/// to[i] += from[i]
template <class T>
struct AddRow {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* from, T* to, Index count) const {
    constexpr int w = Bytes / 4;
    for (Index i = 0; i < count; i += w) {
      simd::Vec<float, w> v, u;
      simd::load(v, from + i);
      simd::load(u, to + i);
      v += u;
      simd::store(to + i, v);
    }
  }
};

}  // namespace limn::inline v0::cpu::winograd
