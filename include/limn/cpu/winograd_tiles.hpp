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
};

/// Elements that are asked for before they are needed: three dozen streams are too many for the
/// processor's own foresight.
template <int Bytes>
inline constexpr Index ahead = 2 * Bytes / 4;

/// to = B^T x B of the tile whose pixels are at pixel[6 * row + column].
template <class T>
struct TransformInput {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const T* const* pixel, Index channels, const TileLayout* to,
                                     Index tile, float* v) const {
    constexpr int w = Bytes / 4;
    using V = simd::Vec<float, w>;
    const Points<V> points;
    const Index stride = to->position_stride();
    for (Index c = 0; c < channels; c += w) {
      V half[6][6], d[6], o[6];
#pragma GCC unroll 6
      for (int j = 0; j < 6; ++j) {
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) {
          simd::load(d[i], pixel[i * 6 + j] + c);
          simd::prefetch(pixel[i * 6 + j] + c + ahead<Bytes>);
        }
        points.input(d, o);
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) half[i][j] = o[i];
      }
      float* at = v + c / to->segment * to->group_stride() + tile * to->segment + c % to->segment;
#pragma GCC unroll 6
      for (int i = 0; i < 6; ++i) {
        points.input(half[i], o);
#pragma GCC unroll 6
        for (int j = 0; j < 6; ++j) simd::store(at + (i * 6 + j) * stride, o[j]);
      }
    }
  }
};

/// to = A dy A^T of the M x M pixels at pixel[M * row + column], channels beginning at group
/// `group`.
template <class T, int M>
struct TransformOutputGradient {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const T* const* pixel, Index channels, const TileLayout* to,
                                     Index group, Index tile, float* v) const {
    constexpr int w = Bytes / 4;
    using V = simd::Vec<float, w>;
    const Points<V> points;
    const Index stride = to->position_stride();
    for (Index c = 0; c < channels; c += w) {
      V half[6][M], d[M], o[6];
#pragma GCC unroll 5
      for (int j = 0; j < M; ++j) {
#pragma GCC unroll 5
        for (int i = 0; i < M; ++i) {
          simd::load(d[i], pixel[i * M + j] + c);
          simd::prefetch(pixel[i * M + j] + c + ahead<Bytes>);
        }
        points.output_gradient(d, o);
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) half[i][j] = o[i];
      }
      float* at =
          v + (group + c / to->segment) * to->group_stride() + tile * to->segment + c % to->segment;
#pragma GCC unroll 6
      for (int i = 0; i < 6; ++i) {
        points.output_gradient(half[i], o);
#pragma GCC unroll 6
        for (int j = 0; j < 6; ++j) simd::store(at + (i * 6 + j) * stride, o[j]);
      }
    }
  }
};

/// Pointers to the pixels that tile (ti, tj) of a picture sees.
template <class T>
void point_input(const Form& form, const T* picture, const T* zeros, Index ti, Index tj,
                 const T** pixel) {
  for (Index i = 0; i < side; ++i) {
    const Index row = form.rows.input(ti, i);
    for (Index j = 0; j < side; ++j) {
      const Index col = form.cols.input(tj, j);
      *pixel++ =
          row < 0 || col < 0 ? zeros : picture + (row * form.cols.extent + col) * form.inputs;
    }
  }
}

/// Pointers to the outputs of phase (pi, pj) in tile (ti, tj) of a picture of outputs.
template <class T>
void point_output(const Form& form, const T* picture, const T* zeros, int pi, int pj, Index ti,
                  Index tj, const T** pixel) {
  const Index m = form.rows.outputs(), across = form.cols.extent * form.cols.phases;
  for (Index i = 0; i < m; ++i) {
    const Index row = form.rows.output(pi, ti, i);
    for (Index j = 0; j < m; ++j) {
      const Index col = form.cols.output(pj, tj, j);
      const bool inside = row >= 0 && row < form.rows.extent && col >= 0 && col < form.cols.extent;
      *pixel++ =
          inside
              ? picture + ((row * form.rows.phases + pi) * across + col * form.cols.phases + pj) *
                              form.outputs
              : zeros;
    }
  }
}

}  // namespace limn::inline v0::cpu::winograd
