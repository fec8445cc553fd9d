// SPDX-License-Identifier: MIT
// Convolution, forward: y[n,i,j,o] = act(bias[o] + sum_{r,s,c} W[o,r,s,c] X[n, i*stride+r-top,
// j*stride+s-left, c]), as a product of patches and weights that reads x through pointers.
#pragma once

#include <cstddef>
#include <type_traits>

#include "limn/core/activation.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_double.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/gemm_engine.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// x NHWC, weights OHWI, y NHWC, all dense. With `accumulate`, y += conv + bias (activation none).
/// mean and m2, both or none, [N][O]: mean over H,W of what is stored in y, and the sum of squared
/// distances from it, before an activation.
template <Scalar T>
struct ConvForward {
  const T* x = nullptr;
  Shape x_shape;
  const param_t<T>* weights = nullptr;
  Shape w_shape;
  const param_t<T>* bias = nullptr;
  Activation activation{};
  T* y = nullptr;
  bool accumulate = false;
  param_t<T>* mean = nullptr;
  param_t<T>* m2 = nullptr;
};

namespace detail {

template <class T>
struct ForwardPlan {
  Product<T, float, T> product;
  Index* tap_offset = nullptr;
  float* part_mean = nullptr;
  float* part_m2 = nullptr;

  ForwardPlan(Isa isa, const ConvGeometry& g, const ConvForward<T>& a, int threads, Arena& arena) {
    const Shape ys = g.output(a.x_shape, a.w_shape);
    product.patches = input_patches(g, a.x, a.x_shape, ys, arena);
    tap_offset = arena.take<Index>(g.kernel * g.kernel);
    if (!arena.counts())
      for (Index t = 0; t < g.kernel * g.kernel; ++t) tap_offset[t] = t * a.x_shape.c;
    product.weights = {a.weights, a.x_shape.c, ys.c, 1, a.w_shape.sample(), tap_offset};
    product.out = {a.y,  ys.h,   ys.w,         ys.c,         ys.sample(), ys.w * ys.c,
                   ys.c, a.bias, a.activation, a.accumulate, nullptr,     nullptr};
    product.plan(isa, threads, arena);
    // Always counted: whether moments are wanted is not known when the workspace is asked for.
    const Index parts = product.parts_per_sample();
    if (parts > 1) {
      part_mean = arena.take<float>(ys.n * parts * ys.c);
      part_m2 = arena.take<float>(ys.n * parts * ys.c);
    }
    if (a.mean != nullptr) {
      product.out.mean = parts > 1 ? part_mean : a.mean;
      product.out.m2 = parts > 1 ? part_m2 : a.m2;
    }
  }

  // Chan, Golub, LeVeque: moments of a union, parts in order.
  void combine(const ConvForward<T>& a, Index n) const {
    const Index parts = product.parts_per_sample(), channels = a.w_shape.n;
    for (Index c = 0; c < channels; ++c) {
      double count = 0, mean = 0, m2 = 0;
      for (Index p = 0; p < parts; ++p) {
        const Index at = (n * parts + p) * channels + c;
        const auto more = static_cast<double>(product.part_begin(p + 1) - product.part_begin(p));
        const double delta = static_cast<double>(part_mean[at]) - mean;
        const double total = count + more;
        mean += delta * more / total;
        m2 += static_cast<double>(part_m2[at]) + delta * delta * count * more / total;
        count = total;
      }
      a.mean[n * channels + c] = static_cast<float>(mean);
      a.m2[n * channels + c] = static_cast<float>(m2);
    }
  }
};

}  // namespace detail

/// Bytes of workspace that conv_forward needs; it must be 64-byte aligned.
template <Scalar T>
[[nodiscard]] std::size_t conv_forward_workspace(Isa isa, const ConvGeometry& g, const Shape& x,
                                                 const Shape& w, int threads) {
  Arena arena(nullptr);
  if constexpr (std::is_same_v<T, double>) {
    detail::DoublePlan(g, x, w, threads, arena);
  } else {
    ConvForward<T> args;
    args.x_shape = x;
    args.w_shape = w;
    detail::ForwardPlan<T>(isa, g, args, threads, arena);
  }
  return arena.used();
}

/// Throws ShapeError where geometry and shapes do not fit. Results do not depend on the number of
/// threads.
template <Scalar T>
void conv_forward(ThreadPool& pool, Isa isa, const ConvGeometry& g, const ConvForward<T>& a,
                  std::byte* workspace) {
  Arena arena(workspace);
  if constexpr (std::is_same_v<T, double>) {
    detail::DoublePlan(g, a.x_shape, a.w_shape, pool.threads(), arena).forward(pool, a);
  } else {
    detail::ForwardPlan<T> plan(isa, g, a, pool.threads(), arena);
    plan.product.run(pool);
    if (a.mean != nullptr && plan.product.parts_per_sample() > 1)
      pool.run(a.x_shape.n, [&](Index n, int) { plan.combine(a, n); });
  }
}

}  // namespace limn::inline v0::cpu
