// SPDX-License-Identifier: MIT
// Convolution, gradient of the weights: dW[o,r,s,c] = sum_{n,i,j} dy[n,i,j,o] X[n, i*stride+r-top,
// j*stride+s-left, c]: outer products of dy's pixels and patches of x.
#pragma once

#include <cstddef>
#include <type_traits>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/maths.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_backward_logits.hpp"
#include "limn/cpu/conv_double.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/conv_upsample.hpp"
#include "limn/cpu/conv_weights_narrow.hpp"
#include "limn/cpu/gemm_outer_engine.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"
#include "limn/cpu/winograd_backward_weights.hpp"

namespace limn::inline v0::cpu {

/// x and dy NHWC, dw OHWI. With `accumulate`, dw += gradient.
template <Scalar T>
struct ConvBackwardWeights {
  const T* x = nullptr;
  Shape x_shape;
  const T* dy = nullptr;
  param_t<T>* dw = nullptr;
  Shape w_shape;
  bool accumulate = false;
};

namespace detail {

/// D = dy, P = patches of x.
template <class T>
[[nodiscard]] OuterProduct<T> backward_weights_plan(Isa isa, Maths maths, const ConvGeometry& g,
                                                    const ConvBackwardWeights<T>& a, int threads,
                                                    Arena& arena) {
  const Shape ys = g.output(a.x_shape, a.w_shape);
  OuterProduct<T> product;
  product.c = a.dw;
  product.accumulate = a.accumulate;
  product.p = input_patches(g, a.x, a.x_shape, ys, arena);
  product.d.a = a.dy;
  product.d.channels = product.d.leading = ys.c;
  product.d.out_h = ys.n * ys.area();
  product.c_leading = a.w_shape.sample();
  product.split = maths == Maths::split;
  product.plan(isa, threads, arena);
  return product;
}

/// After nearest upsampling: the gradient of each phase's added-up weights, handed on to all taps
/// that went into them.
template <class T>
void backward_weights_upsampled(Isa isa, Maths maths, const ConvGeometry& g,
                                const ConvBackwardWeights<T>& a, int threads, Arena& arena,
                                ThreadPool* pool) {
  const Shape ys = g.output(a.x_shape, a.w_shape);
  const UpsampledPhases phases(g, a.x_shape, ys);
  const Index channels = a.x_shape.c;
  Arena largest = arena;
  for (Index phase = 0; phase < 4; ++phase) {
    Arena own = arena;
    const auto& v = phases.rows[phase / 2];
    const auto& h = phases.cols[phase % 2];
    OuterProduct<T> product;
    product.p = upsampled_patches(g, a.x, a.x_shape, v, h, own);
    Index* rows = own.take<Index>(v.count);
    Index* cols = own.take<Index>(h.count);
    if (!own.counts()) {
      for (Index u = 0; u < v.count; ++u) rows[u] = (2 * u + v.phase) * ys.w * ys.c;
      for (Index u = 0; u < h.count; ++u) cols[u] = (2 * u + h.phase) * ys.c;
    }
    product.d.a = a.dy;
    product.d.channels = ys.c;
    product.d.samples = ys.n;
    product.d.out_h = v.count;
    product.d.out_w = h.count;
    product.d.sample_stride = ys.sample();
    product.d.rows = rows;
    product.d.cols = cols;
    const Index depth = product.p.depth();
    float* combined = own.take<float>(ys.c * depth);
    product.c = combined;
    product.c_leading = depth;
    product.split = maths == Maths::split;
    product.plan(isa, threads, own);
    if (own.used() > largest.used()) largest = own;
    if (pool == nullptr) continue;
    product.run(*pool);
    pool->run(ys.c, [&](Index o, int) {
      for (Index r = 0; r < g.kernel; ++r)
        for (Index s = 0; s < g.kernel; ++s)
          simd::dispatch(isa, AddValues{},
                         static_cast<const float*>(combined) + o * depth +
                             (v.group(r) * h.groups + h.group(s)) * channels,
                         a.dw + ((o * g.kernel + r) * g.kernel + s) * channels, channels,
                         phase > 0 || a.accumulate);
    });
  }
  arena = largest;
}

/// Plans, and runs if `pool` is there.
template <class T>
void backward_weights(Isa isa, Maths maths, const ConvGeometry& g, const ConvBackwardWeights<T>& a,
                      int threads, Arena& arena, ThreadPool* pool) {
  if (UpsampledPhases::apply(g, a.x_shape, g.output(a.x_shape, a.w_shape)))
    return backward_weights_upsampled(isa, maths, g, a, threads, arena, pool);
  const Shape ys = g.output(a.x_shape, a.w_shape);
  if (makes_logits(g, a.x_shape, ys))
    return logit_weights_gradient<T>(isa, g, a, ys, threads, arena, pool);
  if (a.x_shape.c <= picture_channels && ys.c >= 16)
    return picture_weights_gradient<T>(isa, g, a, ys, threads, arena, pool);
  if (ys.c <= picture_channels && g.stride == 1 && g.kernel > 1 && a.x_shape.c > 2 * ys.c)
    return to_picture_weights_gradient<T>(isa, g, a, ys, threads, arena, pool);
  auto product = backward_weights_plan(isa, maths, g, a, threads, arena);
  if (pool != nullptr) product.run(*pool);
}

}  // namespace detail

/// Bytes of workspace that conv_backward_weights needs; it must be 64-byte aligned.
template <Scalar T>
[[nodiscard]] std::size_t conv_backward_weights_workspace(Isa isa, Maths maths,
                                                          const ConvGeometry& g, const Shape& x,
                                                          const Shape& w, int threads) {
  Arena arena(nullptr);
  if constexpr (std::is_same_v<T, double>) {
    detail::DoublePlan(g, x, w, threads, arena);
  } else {
    ConvBackwardWeights<T> args;
    args.x_shape = x;
    args.w_shape = w;
    if (winograd::serves(maths, winograd::direct_speed<T>(isa, maths), g, x, w))
      winograd::BackwardWeights<T, ConvBackwardWeights<T>>(isa, g, args, arena);
    else
      detail::backward_weights<T>(isa, maths, g, args, threads, arena, nullptr);
  }
  return arena.used();
}

/// Throws ShapeError where geometry and shapes do not fit. Results do not depend on the number of
/// threads.
template <Scalar T>
void conv_backward_weights(ThreadPool& pool, Isa isa, Maths maths, const ConvGeometry& g,
                           const ConvBackwardWeights<T>& a, std::byte* workspace) {
  Arena arena(workspace);
  if constexpr (std::is_same_v<T, double>)
    detail::DoublePlan(g, a.x_shape, a.w_shape, pool.threads(), arena).backward_weights(pool, a);
  else if (winograd::serves(maths, winograd::direct_speed<T>(isa, maths), g, a.x_shape, a.w_shape))
    winograd::BackwardWeights<T, ConvBackwardWeights<T>>(isa, g, a, arena).run(pool);
  else
    detail::backward_weights<T>(isa, maths, g, a, pool.threads(), arena, &pool);
}

}  // namespace limn::inline v0::cpu
