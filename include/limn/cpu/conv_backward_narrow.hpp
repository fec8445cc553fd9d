// SPDX-License-Identifier: MIT
// Gradient of the input where x is a picture (at most 4 channels): products of each pixel of dy
// with all weights, made for a band of rows at a time, are added up in the padded picture, whose
// pixels are 4 lanes wide.
#pragma once

#include <algorithm>

#include "limn/core/config.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/maths.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/gemm_engine.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu::detail {

/// Products of dy's rows i0 .. i1 with all weights, [i - i0][j][r][s][channels], added to row p of
/// the padded picture: to[q][lane] += sum of products[i, j][p - i*stride, q - j*stride].
struct AddTapProducts {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* products, Index i0, Index i1, Index width,
                                     Index kernel, Index stride, Index channels, Index p,
                                     Index positions, float* to) const {
    static_assert(Bytes >= 16);
    using V = simd::Vec<float, 4>;
    const Index pixel = kernel * kernel * channels;
    const Index first = std::max(i0, first_reach(p, kernel, stride));
    const Index last = std::min(i1 - 1, p / stride);
    for (Index q = 0; q < positions; ++q, to += 4) {
      const Index j0 = first_reach(q, kernel, stride), j1 = std::min(width - 1, q / stride);
      V total, u;
      simd::load(total, to);
      for (Index i = first; i <= last; ++i) {
        const float* from = products + ((i - i0) * width + j0) * pixel +
                            ((p - i * stride) * kernel + q - j0 * stride) * channels;
        V row{};  // a sum of its own: the next row's need not wait for it
        for (Index j = j0; j <= j1; ++j, from += pixel - stride * channels) {
          simd::load(u, from);
          row += u;
        }
        total += row;
      }
      simd::store(to, total);
    }
  }

 private:
  /// The first pixel of dy whose taps reach position p.
  LIMN_ALWAYS_INLINE static Index first_reach(Index p, Index kernel, Index stride) {
    return p < kernel ? 0 : (p - kernel) / stride + 1;
  }
};

/// As FoldRow, from pixels of 4 lanes.
template <class T>
struct FoldLanes {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* g, Index row_stride, const Copies* rows,
                                     const Copies* cols, Index i, T* dx, Index width,
                                     Index channels, bool accumulate) const {
    static_assert(Bytes >= 16);
    for (Index j = 0; j < width; ++j, dx += channels) {
      simd::Vec<float, 4> v{}, u;
      for (Index a = rows->start[i]; a < rows->start[i + 1]; ++a)
        for (Index b = cols->start[j]; b < cols->start[j + 1]; ++b) {
          simd::load(u, g + rows->list[a] * row_stride + cols->list[b] * 4);
          v += u;
        }
      if (accumulate) {
        float before[4] = {};
        for (Index c = 0; c < channels; ++c) before[c] = static_cast<float>(dx[c]);
        simd::load(u, before);
        v += u;
      }
      T lanes[4];  // rounded together
      simd::store(lanes, v);
      for (Index c = 0; c < channels; ++c) dx[c] = lanes[c];
    }
  }
};

/// The gradient of pictures. Planned, and run if `pool` is there. Args: as ConvBackwardData.
template <class T, class Args>
void picture_gradient(Isa isa, Maths maths, const ConvGeometry& g, const Args& a, const Shape& ys,
                      int threads, Arena& arena, ThreadPool* pool) {
  const Shape xs = a.x_shape;
  const Index height = xs.h + g.sides.top + g.sides.bottom;
  const Index width = xs.w + g.sides.left + g.sides.right;
  const Index pixel = a.w_shape.sample();
  // enough rows for all threads, few enough for the second cache
  const Index band = std::clamp<Index>((Index{1} << 18) / (ys.w * pixel), 1, ys.h);
  const Copies rows(g, xs.h, g.sides.top, g.sides.bottom, arena);
  const Copies cols(g, xs.w, g.sides.left, g.sides.right, arena);
  float* padded = arena.take<float>(height * width * 4);
  float* products = arena.take<float>(band * ys.w * pixel + 4);  // the last pixel's lanes
  Arena largest = arena;
  for (Index n = 0; n < (pool == nullptr ? 1 : xs.n); ++n) {
    if (pool != nullptr)
      pool->run(height,
                [&](Index p, int) { std::fill_n(padded + p * width * 4, width * 4, 0.0F); });
    for (Index i0 = 0; i0 < ys.h; i0 += band) {
      const Index i1 = std::min(ys.h, i0 + band);
      Arena own = arena;
      Product<T, float, float> product;
      product.patches.a = a.dy == nullptr ? nullptr : a.dy + n * ys.sample() + i0 * ys.w * ys.c;
      product.patches.channels = product.patches.leading = ys.c;
      product.patches.out_h = (i1 - i0) * ys.w;
      product.weights = {a.weights, ys.c, pixel, pixel, 1, nullptr};
      product.out.y = products;
      product.out.out_h = product.patches.out_h;
      product.out.columns = product.out.row_stride = pixel;
      product.split = maths == Maths::split;
      product.plan(isa, threads, own);
      if (own.used() > largest.used()) largest = own;
      if (pool == nullptr) continue;
      product.run(*pool);
      const Index p0 = i0 * g.stride, p1 = std::min(height, (i1 - 1) * g.stride + g.kernel);
      pool->run(p1 - p0, [&](Index p, int) {
        simd::dispatch(isa, AddTapProducts{}, static_cast<const float*>(products), i0, i1, ys.w,
                       g.kernel, g.stride, xs.c, p0 + p, width, padded + (p0 + p) * width * 4);
      });
    }
    if (pool != nullptr)
      pool->run(xs.h, [&](Index i, int) {
        simd::dispatch(isa, FoldLanes<T>{}, static_cast<const float*>(padded), width * 4, &rows,
                       &cols, i, a.dx + n * xs.sample() + i * xs.w * xs.c, xs.w, xs.c,
                       a.accumulate);
      });
  }
  arena = largest;
}

}  // namespace limn::inline v0::cpu::detail
