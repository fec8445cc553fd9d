// SPDX-License-Identifier: MIT
// Gradients behind logits: few weights per input channel, say 16 taps of one output. What reaches a
// pixel of x through each of them is added up first, over the pixel's mirrored copies too; with
// those `reached` [pixels][weights] both gradients are small dense products:
//   dx = reached W,  dW = reached^T x.
#pragma once

#include <algorithm>

#include "limn/core/config.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_padded.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/gemm_outer.hpp"
#include "limn/cpu/gemm_pack.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu::detail {

/// At most this many weights per input channel.
inline constexpr Index most_logit_weights = 16;
/// Channels that a gradient of the input works on at a time.
inline constexpr Index logit_strip = 64;

/// Is this a convolution that the functions below are for? ys: its output.
[[nodiscard]] inline bool makes_logits(const ConvGeometry& g, const Shape& xs, const Shape& ys) {
  return g.upsample == 1 && g.stride == 1 && g.kernel > 1 && xs.c >= 64 && xs.c % 16 == 0 &&
         ys.c * g.kernel * g.kernel <= most_logit_weights;
}

/// Row i of a sample: to[j][o, r, s] = sum of dy over what tap (r, s) of output o made of the
/// copies of pixel (i, j). dy: the sample amid kernel - 1 zeros, as padded_output() makes it.
inline void reached_row(const ConvGeometry& g, const float* dy, const PaddedPictures& shape,
                        const Copies& rows, const Copies& cols, Index i, Index width, float* to) {
  const Index outputs = shape.channels, k = g.kernel, taps = k * k;
  std::fill_n(to, width * outputs * taps, 0.0F);
  for (Index a = rows.start[i]; a < rows.start[i + 1]; ++a) {
    float* at = to;
    for (Index j = 0; j < width; ++j, at += outputs * taps)
      for (Index b = cols.start[j]; b < cols.start[j + 1]; ++b) {
        // through tap (0, 0), and from there backwards
        const float* from =
            dy + (rows.list[a] + k - 1) * shape.row() + (cols.list[b] + k - 1) * outputs;
        if (outputs == 1 && k == 4) {
          for (Index r = 0; r < 4; ++r, from -= shape.row()) {
            simd::Vec<float, 4> sum, u;
            simd::load(u, from - 3);
            simd::load(sum, at + 4 * r);
            sum += __builtin_shufflevector(u, u, 3, 2, 1, 0);
            simd::store(at + 4 * r, sum);
          }
          continue;
        }
        for (Index r = 0; r < k; ++r, from -= shape.row())
          for (Index o = 0; o < outputs; ++o)
            for (Index s = 0; s < k; ++s) at[o * taps + r * k + s] += from[o - s * outputs];
      }
  }
}

/// dx[j][c] (+)= sum of reached[j][t] weights[t][c] over `count` weights t, for `pixels` rows of
/// dx, `leading` apart, and `channels` channels; weights: rows of logit_strip.
template <class T>
struct AddReached {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* reached, const float* weights, Index count, T* dx,
                                     Index leading, Index pixels, Index channels,
                                     bool accumulate) const {
    constexpr int w = Bytes / 4;
    constexpr int R = Bytes == 64 ? 4 : 3;  // as many as registers hold
    Index j = 0;
    for (; j + R <= pixels; j += R, dx += R * leading, reached += R * count) {
      prefetch_rows<R>(dx + R * leading, leading, channels);
      rows<w, R>(reached, weights, count, dx, leading, channels, accumulate);
    }
    for (; j < pixels; ++j, dx += leading, reached += count)
      rows<w, 1>(reached, weights, count, dx, leading, channels, accumulate);
  }

 private:
  /// What comes next: strips of rows far apart are nothing that a processor foresees.
  template <int R>
  LIMN_ALWAYS_INLINE static void prefetch_rows(const T* dx, Index leading, Index channels) {
    constexpr Index line = 64 / sizeof(T);
    for (int q = 0; q < R; ++q, dx += leading)
      for (Index c = 0; c < channels; c += line) simd::prefetch_to_write(dx + c);
  }

  template <int w, int R>
  LIMN_ALWAYS_INLINE static void rows(const float* reached, const float* weights, Index count,
                                      T* dx, Index leading, Index channels, bool add) {
    Index c = 0;
    for (; c + 4 * w <= channels; c += 4 * w)
      sum<w, R, 4>(reached, weights + c, count, dx + c, leading, add);
    for (; c < channels; c += w) sum<w, R, 1>(reached, weights + c, count, dx + c, leading, add);
  }

  template <int w, int R, int N>
  LIMN_ALWAYS_INLINE static void sum(const float* reached, const float* weights, Index count, T* dx,
                                     Index leading, bool add) {
    simd::Vec<float, w> acc[R][N], x[R], weight;
#pragma GCC unroll 4
    for (int q = 0; q < R; ++q) {
#pragma GCC unroll 4
      for (int k = 0; k < N; ++k) {
        acc[q][k] = simd::Vec<float, w>{};
        if (add) simd::load(acc[q][k], dx + q * leading + k * w);
      }
    }
    for (Index t = 0; t < count; ++t) {
#pragma GCC unroll 4
      for (int q = 0; q < R; ++q) simd::broadcast(x[q], reached[q * count + t]);
#pragma GCC unroll 4
      for (int k = 0; k < N; ++k) {
        simd::load(weight, weights + t * logit_strip + k * w);
        simd::pin(weight);
#pragma GCC unroll 4
        for (int q = 0; q < R; ++q) acc[q][k] = acc[q][k] + x[q] * weight;
      }
    }
#pragma GCC unroll 4
    for (int q = 0; q < R; ++q) {
#pragma GCC unroll 4
      for (int k = 0; k < N; ++k) simd::store(dx + q * leading + k * w, acc[q][k]);
    }
  }
};

/// `reached` of all pixels. Planned, and filled if `pool` is there.
template <class T>
const float* reach_pixels(Isa isa, const ConvGeometry& g, const T* dy, const Shape& xs,
                          const Shape& ys, Arena& arena, ThreadPool* pool) {
  constexpr Index few = 4096;  // values, which one thread has before others have begun
  const Index row = xs.w * ys.c * g.kernel * g.kernel;
  ThreadPool alone(1);
  const auto pool_for = [&](Index values) {
    return pool == nullptr || values > few ? pool : &alone;
  };
  const PaddedPictures padded = padded_output(isa, g, dy, ys, arena, pool_for(ys.size()));
  const Copies rows(g, xs.h, g.sides.top, g.sides.bottom, arena);
  const Copies cols(g, xs.w, g.sides.left, g.sides.right, arena);
  float* reached = arena.take<float>(xs.n * xs.h * row);
  if (pool != nullptr)
    pool_for(xs.n * xs.h * row)->run(xs.n * xs.h, [&](Index chunk, int) {
      reached_row(g, padded.data + chunk / xs.h * padded.sample(), padded, rows, cols, chunk % xs.h,
                  xs.w, reached + chunk * row);
    });
  return reached;
}

/// The gradient of the input. Planned, and run if `pool` is there. Args: as ConvBackwardData.
template <class T, class Args>
void logit_gradient(Isa isa, const ConvGeometry& g, const Args& a, const Shape& ys, Arena& arena,
                    ThreadPool* pool) {
  const Shape xs = a.x_shape;
  const Index count = ys.c * g.kernel * g.kernel;
  const float* reached = reach_pixels(isa, g, a.dy, xs, ys, arena, pool);
  if (pool == nullptr) return;
  constexpr Index block = 256;  // pixels
  const Index pixels = xs.n * xs.area(), strips = (xs.c + logit_strip - 1) / logit_strip;
  pool->run(strips * ((pixels + block - 1) / block), [&](Index chunk, int) {
    const Index c = chunk % strips * logit_strip, j = chunk / strips * block;
    const Index channels = std::min(logit_strip, xs.c - c);
    // side by side: weights whose distance is a power of two drive each other out of the cache
    float weights[most_logit_weights * logit_strip];
    for (Index t = 0; t < count; ++t)
      std::copy_n(a.weights + t * xs.c + c, channels, weights + t * logit_strip);
    simd::dispatch(isa, AddReached<T>{}, reached + j * count, static_cast<const float*>(weights),
                   count, a.dx + j * xs.c + c, xs.c, std::min(block, pixels - j), channels,
                   a.accumulate);
  });
}

/// `panels` panels of `width` columns of x, side by side there: to[panel][m] = x[m * leading ..];
/// whole registers of any level that has such panels.
template <class T>
struct CopyPanels {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const T* x, Index leading, Index rows, float* to, Index width,
                                     Index panels) const {
    constexpr int w = Bytes / 4;
    for (Index m = 0; m < rows; ++m, x += leading) {
      const T* from = x;
      for (Index p = 0; p < panels; ++p, from += width)
        for (Index k = 0; k < width; k += w) {
          simd::Vec<float, w> v;
          simd::load(v, from + k);
          simd::store(to + (p * rows + m) * width + k, v);
        }
    }
  }
};

/// The gradient of the weights, likewise: sums of outer products, some panels of x's channels at a
/// time. Args: as ConvBackwardWeights.
template <class T, class Args>
void logit_weights_gradient(Isa isa, const ConvGeometry& g, const Args& a, const Shape& ys,
                            int threads, Arena& arena, ThreadPool* pool) {
  const Shape xs = a.x_shape;
  const Index count = ys.c * g.kernel * g.kernel, pixels = xs.n * xs.area();
  const float* reached = reach_pixels(isa, g, a.dy, xs, ys, arena, pool);
  constexpr Index block = 256;  // pixels, a panel of which stays in the first cache
  constexpr Index widest = 64, chunks = 32;
  float* scratch = arena.take<float>(block * widest * threads);
  if (pool == nullptr) return;
  const Panels panels{isa, xs.c};
  const Index width = panels[0].width, alike = xs.c / width;
  // pages that were looked up are read further, where there are panels enough
  const Index together = std::clamp<Index>(alike / chunks, 1, widest / width);
  const Index groups = (alike + together - 1) / together;
  pool->run(groups + panels.count() - alike, [&](Index chunk, int worker) {
    const Index first = chunk < groups ? chunk * together : alike + chunk - groups;
    const Index some = chunk < groups ? std::min(together, alike - first) : 1;
    const auto panel = panels[first];
    const OuterKernels kernels = outer_kernels(isa, panel.width);
    float* own = scratch + worker * block * widest;
    for (Index m = 0; m < pixels; m += block) {
      const Index rows = std::min(block, pixels - m);
      simd::dispatch(isa, CopyPanels<T>{}, a.x + m * xs.c + panel.first, xs.c, rows, own,
                     panel.width, some);
      for (Index p = 0; p < some; ++p) {
        float* to = a.dw + panel.first + p * panel.width;
        for (Index t = 0; t < count;) {
          const int v = kernels.fitting(count - t);
          kernels.kernel[v](reached + m * count + t, count, rows, own + p * rows * panel.width,
                            to + t * xs.c, xs.c, m > 0 || a.accumulate);
          t += kernels.rows[v];
        }
      }
    }
  });
}

}  // namespace limn::inline v0::cpu::detail
