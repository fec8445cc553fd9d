// SPDX-License-Identifier: MIT
// Convolutions that make logits, forward: each pixel of x with all weights first, say 16 taps of
// one output, as one dense product that reads x once; then the taps of each logit are added up.
#pragma once

#include <algorithm>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/maths.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_backward_logits.hpp"
#include "limn/cpu/conv_moments.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/gemm_pixels.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu::detail {

/// Is the detour worth it? Of small maps most pixels reach few logits, and one thread would make
/// the whole product.
[[nodiscard]] inline bool makes_many_logits(const ConvGeometry& g, const Shape& xs,
                                            const Shape& ys) {
  return makes_logits(g, xs, ys) && xs.n * xs.area() > 512 && 4 * ys.area() >= 3 * xs.area();
}

/// bias + sum over taps of products [pixel][o, r, s], for logit o of pixel (n, i, j) of y.
inline float sum_of_taps(const Patches<float>& products, Index n, Index i, Index j, Index o,
                         float bias) {
  const Index k = products.taps_h, count = products.channels;
  const Index *rows = products.rows + i * k, *cols = products.cols + j * k;
  const float* sample = products.a + n * products.sample_stride + o * k * k;
  const bool run = products.run(j);
  float sum = bias;
  for (Index r = 0; r < k; ++r, sample += k) {
    if (rows[r] < 0) continue;
    const float* row = sample + rows[r];
    if (run)
      for (Index s = 0; s < k; ++s) sum += row[cols[0] + s * (count + 1)];
    else
      for (Index s = 0; s < k; ++s) sum += cols[s] < 0 ? 0.0F : row[cols[s] + s];
  }
  return sum;
}

/// Planned, and run if `pool` is there. Args: as ConvForward.
template <class T, class Args>
void logit_forward(Isa isa, Maths maths, const ConvGeometry& g, const Args& a, const Shape& ys,
                   int threads, Arena& arena, ThreadPool* pool) {
  const Shape xs = a.x_shape;
  const Index count = ys.c * g.kernel * g.kernel, pixels = xs.n * xs.area();
  float* products = arena.take<float>(pixels * count);
  const Patches<float> taps =
      input_patches<float>(g, products, {xs.n, xs.h, xs.w, count}, ys, arena);
  auto product = product_of_pixels(
      a.x, pixels, Weights<float>{a.weights, xs.c, count, 1, xs.c, nullptr}, products, maths);
  product.plan(isa, threads, arena);
  if (pool == nullptr) return;
  product.run(*pool);
  const auto logit = [&](Index n, Index i, Index j, Index o) {
    float v = sum_of_taps(taps, n, i, j, o, a.bias == nullptr ? 0.0F : a.bias[o]);
    if (a.accumulate) v += static_cast<float>(a.y[((n * ys.h + i) * ys.w + j) * ys.c + o]);
    return v;
  };
  if (a.mean != nullptr)  // before anything is added to what is there
    pool->run(ys.n * ys.c, [&](Index at, int) {
      MergedMoments all;
      for (Index m = 0; m < ys.area(); ++m)
        all.add(1, static_cast<double>(T(logit(at / ys.c, m / ys.w, m % ys.w, at % ys.c))), 0);
      a.mean[at] = static_cast<float>(all.mean);
      a.m2[at] = static_cast<float>(all.m2);
    });
  pool->run(ys.n * ys.h, [&](Index row, int) {
    T* y = a.y + row * ys.w * ys.c;
    for (Index j = 0; j < ys.w; ++j)
      for (Index o = 0; o < ys.c; ++o, ++y)
        *y = T(a.activation(logit(row / ys.h, row % ys.h, j, o)));
  });
}

}  // namespace limn::inline v0::cpu::detail
