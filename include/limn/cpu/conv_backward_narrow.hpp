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
#include "limn/cpu/gemm_pixels.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu::detail {

/// Products of a row of dy with all weights, [j][r][s][channels], added where they belong in the
/// padded picture, whose row i * stride + r begins at to + r * leading.
struct AddTapProducts {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* products, Index width, Index kernel, Index stride,
                                     Index channels, float* to, Index leading) const {
    static_assert(Bytes >= 16);
    for (Index j = 0; j < width; ++j, to += 4 * stride)
      for (Index r = 0; r < kernel; ++r) {
        float* at = to + r * leading;
        for (Index s = 0; s < kernel; ++s, products += channels, at += 4) {
          simd::Vec<float, 4> sum, u;
          simd::load(sum, at);
          simd::load(u, products);
          sum += u;
          simd::store(at, sum);
        }
      }
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
    const simd::Vec<float, 4> lane{0, 1, 2, 3};
    const auto count = static_cast<float>(channels);
    const simd::Vec<float, 4> lanes{count, count, count, count};
    const Index a0 = rows->start[i], a1 = rows->start[i + 1];
    const bool once = a1 - a0 == 1;
    const float* first = g + rows->list[a0] * row_stride;  // every pixel has itself as a copy
    for (Index j = 0; j < width; ++j, dx += channels) {
      simd::Vec<float, 4> v, u;
      const Index b0 = cols->start[j], b1 = cols->start[j + 1];
      simd::load(v, first + cols->list[b0] * 4);
      if (b1 - b0 > 1 || !once)
        for (Index a = a0; a < a1; ++a)
          for (Index b = a == a0 ? b0 + 1 : b0; b < b1; ++b) {
            simd::load(u, g + rows->list[a] * row_stride + cols->list[b] * 4);
            v += u;
          }
      v = lane < lanes ? v : simd::Vec<float, 4>{};
      // whole registers, as long as what they write too much of the row is written again
      if ((width - j) * channels >= 4) {
        if (accumulate) {
          simd::load(u, dx);
          v += u;
        }
        simd::store(dx, v);
        continue;
      }
      for (Index c = 0; c < channels; ++c)
        dx[c] = T(v[c] + (accumulate ? static_cast<float>(dx[c]) : 0.0F));
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
  // a thread's rows of dy: with every second group, no two reach the same row of the picture
  const Index group =
      std::min(ys.h, std::max((g.kernel - 1) / g.stride, (Index{1} << 16) / (ys.w * pixel) + 1));
  const Copies rows(g, xs.h, g.sides.top, g.sides.bottom, arena);
  const Copies cols(g, xs.w, g.sides.left, g.sides.right, arena);
  float* padded = arena.take<float>(xs.n * height * width * 4);
  const auto products_of = [&](Index first, Index count, Arena& own) {
    float* products = own.take<float>(group * ys.w * pixel + 4);  // the last pixel's lanes
    auto product = product_of_pixels(
        a.dy == nullptr ? nullptr : a.dy + first * ys.w * ys.c, count * ys.w,
        Weights<float>{a.weights, ys.c, pixel, pixel, 1, nullptr}, products, maths);
    product.plan(isa, 1, own);
    return product;
  };
  Index space = 0;
  for (const Index count : {group, ys.h % group}) {
    Arena counting(nullptr);
    if (count > 0) products_of(0, count, counting);
    space = std::max(space, static_cast<Index>(counting.used()));
  }
  std::byte* spaces = arena.take<std::byte>(space * threads);
  if (pool == nullptr) return;
  const Index zeros = xs.n * height * width * 4, some = 8 * width * 4;
  pool->run((zeros + some - 1) / some, [&](Index chunk, int) {
    std::fill_n(padded + chunk * some, std::min(some, zeros - chunk * some), 0.0F);
  });
  const Index groups = (ys.h + group - 1) / group;
  for (Index odd = 0; odd < 2; ++odd) {
    const Index half = (groups + 1 - odd) / 2;
    pool->run(xs.n * half, [&](Index chunk, int worker) {
      const Index n = chunk / half, i0 = (2 * (chunk % half) + odd) * group;
      const Index count = std::min(group, ys.h - i0);
      Arena own(spaces + worker * space);
      auto product = products_of(n * ys.h + i0, count, own);
      ThreadPool alone(1);
      product.run(alone);
      for (Index i = 0; i < count; ++i)
        simd::dispatch(isa, AddTapProducts{},
                       static_cast<const float*>(product.out.y + i * ys.w * pixel), ys.w, g.kernel,
                       g.stride, xs.c, padded + (n * height + (i0 + i) * g.stride) * width * 4,
                       width * 4);
    });
  }
  constexpr Index lines = 8;
  pool->run((xs.n * xs.h + lines - 1) / lines, [&](Index chunk, int) {
    for (Index at = chunk * lines; at < std::min(xs.n * xs.h, (chunk + 1) * lines); ++at)
      simd::dispatch(isa, FoldLanes<T>{},
                     static_cast<const float*>(padded + at / xs.h * height * width * 4), width * 4,
                     &rows, &cols, at % xs.h, a.dx + at * xs.w * xs.c, xs.w, xs.c, a.accumulate);
  });
}

}  // namespace limn::inline v0::cpu::detail
