// SPDX-License-Identifier: MIT
// Adding gradients of positions of the padded picture to the position that they are copies of.
#pragma once

#include "limn/core/config.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/simd.hpp"

namespace limn::inline v0::cpu::detail {

/// dx[n,i,j] (+)= sum of g[n,p,q] over the copies p of i and q of j, one row of dx.
template <class T>
struct FoldRow {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* g, Index row_stride, const Copies* rows,
                                     const Copies* cols, Index i, T* dx, Index width,
                                     Index channels, bool accumulate) const {
    constexpr int w = Bytes / 4;
    for (Index j = 0; j < width; ++j, dx += channels) {
      Index c = 0;
      for (; c + w <= channels; c += w) {
        simd::Vec<float, w> v{}, u;
        if (accumulate) simd::load(v, dx + c);
        for (Index a = rows->start[i]; a < rows->start[i + 1]; ++a)
          for (Index b = cols->start[j]; b < cols->start[j + 1]; ++b) {
            simd::load(u, g + rows->list[a] * row_stride + cols->list[b] * channels + c);
            v += u;
          }
        simd::store(dx + c, v);
      }
      for (; c < channels; ++c) {
        float v = accumulate ? static_cast<float>(dx[c]) : 0.0F;
        for (Index a = rows->start[i]; a < rows->start[i + 1]; ++a)
          for (Index b = cols->start[j]; b < cols->start[j + 1]; ++b)
            v += g[rows->list[a] * row_stride + cols->list[b] * channels + c];
        dx[c] = T(v);
      }
    }
  }
};

/// dx[n,i,j] (+)= sum of columns[(n, (p-r)/stride, (q-s)/stride)][r,s] over the copies p of i and q
/// of j and the taps r, s; one row of dx.
template <class T>
struct FoldColumns {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* columns, const ConvGeometry* g, const Shape* ys,
                                     const Copies* rows, const Copies* cols, Index i, T* dx,
                                     Index width, Index channels, float* sums,
                                     bool accumulate) const {
    constexpr int w = Bytes / 4;
    const Index depth = g->kernel * g->kernel * channels;
    for (Index j = 0; j < width; ++j, dx += channels) {
      for (Index c = 0; c < channels; ++c) sums[c] = accumulate ? static_cast<float>(dx[c]) : 0.0F;
      for (Index a = rows->start[i]; a < rows->start[i + 1]; ++a)
        for (Index r = rows->list[a] % g->stride; r < g->kernel; r += g->stride) {
          const Index v = rows->list[a] - r;
          if (v < 0 || v / g->stride >= ys->h) continue;
          for (Index b = cols->start[j]; b < cols->start[j + 1]; ++b)
            for (Index s = cols->list[b] % g->stride; s < g->kernel; s += g->stride) {
              const Index u = cols->list[b] - s;
              if (u < 0 || u / g->stride >= ys->w) continue;
              const float* from = columns + (v / g->stride * ys->w + u / g->stride) * depth +
                                  (r * g->kernel + s) * channels;
              Index c = 0;
              for (; c + w <= channels; c += w) {
                simd::Vec<float, w> x, y;
                simd::load(x, from + c);
                simd::load(y, sums + c);
                y += x;
                simd::store(sums + c, y);
              }
              for (; c < channels; ++c) sums[c] += from[c];
            }
        }
      for (Index c = 0; c < channels; ++c) dx[c] = T(sums[c]);
    }
  }
};

}  // namespace limn::inline v0::cpu::detail
