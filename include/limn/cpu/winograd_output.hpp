// SPDX-License-Identifier: MIT
// Products of tiles to outputs: y = A^T m A, with bias, addition to what is there, moments,
// activation, rounding.
#pragma once

#include "limn/core/activation.hpp"
#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_output.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/winograd_points.hpp"
#include "limn/cpu/winograd_tiles.hpp"

namespace limn::inline v0::cpu::winograd {

/// Where a tile's outputs rows `first_row` .. `end_row`, columns likewise, go, and what is done on
/// the way. `mean` and `m2` [channels] gather the moments of `seen` pixels so far.
template <class T>
struct TileOutput {
  T* y = nullptr;  ///< output (0, 0) of the tile, maybe outside the picture
  Index row_stride = 0, column_stride = 0;
  Index first_row = 0, end_row = 0, first_column = 0, end_column = 0;
  Index channels = 0;
  const float* bias = nullptr;
  Activation activation{};
  bool accumulate = false;
  float* mean = nullptr;
  float* m2 = nullptr;
  Index seen = 0;

  [[nodiscard]] Index count() const { return (end_row - first_row) * (end_column - first_column); }
  [[nodiscard]] T* at(Index i, Index j) const { return y + i * row_stride + j * column_stride; }
};

template <class T, int M>
struct TransformOutput {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* products, const TileLayout* from, Index group,
                                     Index tile, const TileOutput<T>* out) const {
    constexpr int w = Bytes / 4;
    using V = simd::Vec<float, w>;
    const Points<V> points;
    const Index stride = from->position_stride();
    for (Index c = 0; c < out->channels; c += w) {
      const float* m = products + from->at(group * from->segment + c, tile);
      const float* soon = products + from->at(group * from->segment + c + ahead<Bytes>, tile);
      for (Index i = out->first_row; i < out->end_row; ++i)
        for (Index j = out->first_column; j < out->end_column; ++j)
          simd::prefetch_to_write(out->at(i, j) + c + ahead<Bytes>);
      V half[M][6], column[6], o[M], y[M][M];
#pragma GCC unroll 6
      for (int j = 0; j < 6; ++j) {
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) {
          simd::load(column[i], m + (i * 6 + j) * stride);
          simd::prefetch(soon + (i * 6 + j) * stride);
        }
        points.output(column, o);
#pragma GCC unroll 5
        for (int i = 0; i < M; ++i) half[i][j] = o[i];
      }
#pragma GCC unroll 5
      for (int i = 0; i < M; ++i) points.output(half[i], y[i]);
      V bias{};
      if (out->bias != nullptr) simd::load(bias, out->bias + c);
      for (Index i = out->first_row; i < out->end_row; ++i)
        for (Index j = out->first_column; j < out->end_column; ++j) {
          T* at = out->at(i, j) + c;
          V v = y[i][j] + bias;
          if (out->accumulate) {
            V before;
            simd::load(before, at);
            v += before;
          }
          if (out->mean != nullptr) cpu::detail::as_stored<T>(v);
          y[i][j] = v;
          cpu::detail::activate(v, out->activation);
          simd::store(at, v);
        }
      if (out->mean != nullptr) add_moments<w>(y, *out, c);
    }
  }

 private:
  // Chan, Golub, LeVeque: the moments of the tiles before and of this one.
  template <int w, class V>
  LIMN_ALWAYS_INLINE static void add_moments(const V (&y)[M][M], const TileOutput<T>& out,
                                             Index c) {
    const auto count = static_cast<float>(out.count()), seen = static_cast<float>(out.seen);
    V total{}, squares{}, mean{}, m2{}, factor;
    for (Index i = out.first_row; i < out.end_row; ++i)
      for (Index j = out.first_column; j < out.end_column; ++j) total += y[i][j];
    simd::broadcast(factor, 1.0F / count);
    total *= factor;
    for (Index i = out.first_row; i < out.end_row; ++i)
      for (Index j = out.first_column; j < out.end_column; ++j) {
        const V distance = y[i][j] - total;
        squares = squares + distance * distance;
      }
    if (out.seen > 0) {
      simd::load(mean, out.mean + c);
      simd::load(m2, out.m2 + c);
    }
    total -= mean;
    simd::broadcast(factor, count / (seen + count));
    mean = mean + total * factor;
    total *= total;
    simd::broadcast(factor, seen * count / (seen + count));
    m2 = m2 + (squares + total * factor);
    simd::store(out.mean + c, mean);
    simd::store(out.m2 + c, m2);
  }
};

}  // namespace limn::inline v0::cpu::winograd
