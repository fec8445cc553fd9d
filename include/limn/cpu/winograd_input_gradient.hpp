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

template <class T>
struct TileGradient {
  GradientAxis rows, cols;
  Index tiles_across = 0;  ///< from a tile to the one below it
  T* dx = nullptr;         ///< the tile's place (1, 1)
  Index row_stride = 0, channels = 0;
  bool accumulate = false;
};

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
      const float* m = products + c / from->segment * from->group_stride() + tile * from->segment +
                       c % from->segment;
      V own[M][6], left[M], right[M], column[M];
      for (int j = 0; j < 6; ++j) {
        vertical(points, m, stride, j, *out, across, column);
        for (int i = 0; i < M; ++i) own[i][j] = column[i];
      }
      if (M == 4 && out->cols.before) vertical(points, m - across, stride, 5, *out, across, left);
      if (out->cols.after) vertical(points, m + across, stride, 0, *out, across, right);
      for (Index i = 0; i < out->rows.owned; ++i) {
        V z[6];
        points.input_gradient(own[i], z);
        if (M == 4 && out->cols.before) z[1] += left[i];
        if (out->cols.after) points.add_first_of_input_gradient(right[i], z[M]);
        fold(z, out->cols);
        T* at = out->dx + i * out->row_stride + c;
#pragma GCC unroll 5
        for (int j = 0; j < M; ++j, at += out->channels) {
          if (j >= out->cols.owned) break;
          V v = z[j + 1];
          if (out->accumulate) {
            V before;
            simd::load(before, at);
            v += before;
          }
          simd::store(at, v);
        }
      }
    }
  }

 private:
  template <class V>
  LIMN_ALWAYS_INLINE static void fold(V (&z)[6], const GradientAxis& axis) {
    if (axis.first_to > 0) z[axis.first_to] += z[0];
    if (axis.end_to > 0) z[axis.end_to] += z[axis.end];
  }
  // Column j of a tile's products to its own rows. Tiles overlap by two places if they make four
  // outputs: place 5 of the tile above is place 1 here; by one if they make five.
  template <class V>
  LIMN_ALWAYS_INLINE static void vertical(const Points<V>& points, const float* m, Index stride,
                                          Index j, const TileGradient<T>& out, Index tile_stride,
                                          V (&column)[M]) {
    V d[6], z[6], other;
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) simd::load(d[i], m + (i * 6 + j) * stride);
    points.input_gradient(d, z);
    if (M == 4 && out.rows.before) {
      simd::load(other, m - out.tiles_across * tile_stride + (5 * 6 + j) * stride);
      z[1] += other;
    }
    if (out.rows.after) {
      simd::load(other, m + out.tiles_across * tile_stride + j * stride);
      points.add_first_of_input_gradient(other, z[M]);
    }
    fold(z, out.rows);
    for (int i = 0; i < M; ++i) column[i] = z[i + 1];
  }
};

}  // namespace limn::inline v0::cpu::winograd
