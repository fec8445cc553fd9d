// SPDX-License-Identifier: MIT
// Convolution, gradient of the weights: dW[o,r,s,c] = sum_{n,i,j} dy[n,i,j,o] X[n, i*stride+r-top,
// j*stride+s-left, c]: outer products of dy's pixels and patches of x.
#pragma once

#include <cstddef>
#include <type_traits>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_double.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/gemm_outer_engine.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"

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

/// Many outputs: D = dy, P = patches of x. Few outputs (pictures, logits), where patches of x would
/// be written out for next to nothing: D = patches of dy, P = x itself, position by position.
template <class T>
[[nodiscard]] OuterProduct<T> backward_weights_plan(Isa isa, const ConvGeometry& g,
                                                    const ConvBackwardWeights<T>& a, int threads,
                                                    Arena& arena) {
  const Shape ys = g.output(a.x_shape, a.w_shape);
  const Index taps = g.kernel * g.kernel;
  OuterProduct<T> product;
  product.c = a.dw;
  product.accumulate = a.accumulate;
  if (g.stride == 1 && taps > 1 && ys.c <= 8 && a.x_shape.c > 2 * ys.c) {
    ConvGeometry positions = g;
    positions.kernel = 1;
    const Shape one_tap{1, 1, 1, a.x_shape.c};
    const Shape ps = positions.output(a.x_shape, one_tap);
    product.p = input_patches(positions, a.x, a.x_shape, ps, arena);
    product.d =
        output_patches(g, a.dy, ys, PhaseAxis(0, 0, ps.h, g), PhaseAxis(0, 0, ps.w, g), arena);
    Index* rows = arena.take<Index>(taps * ys.c);
    if (!arena.counts())
      for (Index t = 0; t < taps; ++t)
        for (Index o = 0; o < ys.c; ++o)  // a gradient's taps run backwards
          rows[t * ys.c + o] = (o * taps + taps - 1 - t) * a.x_shape.c;
    product.c_rows = rows;
    product.c_in_order = false;
  } else {
    product.p = input_patches(g, a.x, a.x_shape, ys, arena);
    product.d.a = a.dy;
    product.d.channels = product.d.leading = ys.c;
    product.d.out_h = ys.n * ys.area();
    product.c_leading = a.w_shape.sample();
  }
  product.plan(isa, threads, arena);
  return product;
}

}  // namespace detail

/// Bytes of workspace that conv_backward_weights needs; it must be 64-byte aligned.
template <Scalar T>
[[nodiscard]] std::size_t conv_backward_weights_workspace(Isa isa, const ConvGeometry& g,
                                                          const Shape& x, const Shape& w,
                                                          int threads) {
  Arena arena(nullptr);
  if constexpr (std::is_same_v<T, double>) {
    detail::DoublePlan(g, x, w, threads, arena);
  } else {
    ConvBackwardWeights<T> args;
    args.x_shape = x;
    args.w_shape = w;
    (void)detail::backward_weights_plan(isa, g, args, threads, arena);
  }
  return arena.used();
}

/// Throws ShapeError where geometry and shapes do not fit. Results do not depend on the number of
/// threads.
template <Scalar T>
void conv_backward_weights(ThreadPool& pool, Isa isa, const ConvGeometry& g,
                           const ConvBackwardWeights<T>& a, std::byte* workspace) {
  Arena arena(workspace);
  if constexpr (std::is_same_v<T, double>)
    detail::DoublePlan(g, a.x_shape, a.w_shape, pool.threads(), arena).backward_weights(pool, a);
  else
    detail::backward_weights_plan(isa, g, a, pool.threads(), arena).run(pool);
}

}  // namespace limn::inline v0::cpu
