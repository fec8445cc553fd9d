// SPDX-License-Identifier: MIT
// Convolution, gradient of the input: dX[p,q,c] = sum_{r,s,o} W[o,r,s,c] dy[(p-r)/stride,
// (q-s)/stride, o]. Positions of equal parity see the same taps: each of the stride^2 phases is a
// product of patches of dy. Mirrored, repeated and upsampled positions are then added to their
// source.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/maths.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_backward_logits.hpp"
#include "limn/cpu/conv_backward_narrow.hpp"
#include "limn/cpu/conv_double.hpp"
#include "limn/cpu/conv_fold.hpp"
#include "limn/cpu/conv_padded.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/conv_upsample.hpp"
#include "limn/cpu/gemm_engine.hpp"
#include "limn/cpu/gemm_pixels.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"
#include "limn/cpu/winograd_backward_data.hpp"

namespace limn::inline v0::cpu {

/// dy NHWC with the shape of the convolution's output, dx like x (`x_shape`). With `accumulate`,
/// dx += gradient.
template <Scalar T>
struct ConvBackwardData {
  const T* dy = nullptr;
  const param_t<T>* weights = nullptr;
  Shape w_shape;
  T* dx = nullptr;
  Shape x_shape;
  bool accumulate = false;
};

namespace detail {

template <class T>
class BackwardDataPlan {
 public:
  BackwardDataPlan(Isa isa, Maths maths, const ConvGeometry& g, const ConvBackwardData<T>& a,
                   int threads, Arena& arena, ThreadPool* pool)
      : isa_(isa),
        maths_(maths),
        g_(g),
        a_(a),
        xs_(a.x_shape),
        ys_(g.output(a.x_shape, a.w_shape)) {
    if (UpsampledPhases::apply(g, xs_, ys_)) {
      upsampled(threads, arena, pool);
      return;
    }
    if (g.kernel > 1 && ys_.c >= 16 && ys_.n * ys_.area() <= few_pixels) {
      columns(threads, arena, pool);
      return;
    }
    if (makes_logits(g, xs_, ys_)) {
      logit_gradient<T>(isa, g, a, ys_, arena, pool);
      return;
    }
    const Index terms = ys_.c * g.kernel * g.kernel;
    // Long sums are as fast as dot products, which widen every bfloat16 as often as it has taps.
    const bool widened = std::is_same_v<T, bfloat16> && isa >= Isa::avx512;
    if (g.upsample == 1 && xs_.c <= dot_columns && g.kernel > 1 && ys_.c >= 16 &&
        (widened || terms < 1024 * g.stride * g.stride)) {
      picture_gradient<T>(isa, maths, g, a, ys_, threads, arena, pool);
      return;
    }
    const bool fold =
        g.upsample != 1 ||
        ((g.padding == Padding::reflect || g.padding == Padding::edge) && g.sides != Sides{});
    if (!fold) {
      phases(a.dx, xs_.w, g.sides.top, g.sides.top + xs_.h, g.sides.left, g.sides.left + xs_.w,
             a.accumulate, threads, arena, pool);
      return;
    }
    const Index height = xs_.h * g.upsample + g.sides.top + g.sides.bottom;
    const Index width = xs_.w * g.upsample + g.sides.left + g.sides.right;
    float* padded = arena.take<float>(xs_.n * height * width * xs_.c);
    const Copies rows(g, xs_.h, g.sides.top, g.sides.bottom, arena);
    const Copies cols(g, xs_.w, g.sides.left, g.sides.right, arena);
    phases(padded, width, 0, height, 0, width, false, threads, arena, pool);
    if (pool != nullptr) fold_rows(*pool, padded, height, width, rows, cols);
  }

 private:
  void fold_rows(ThreadPool& pool, const float* padded, Index height, Index width,
                 const Copies& rows, const Copies& cols) {
    pool.run(xs_.n * xs_.h, [&](Index chunk, int) {
      const Index n = chunk / xs_.h, i = chunk % xs_.h;
      simd::dispatch(isa_, FoldRow<T>{}, padded + n * height * width * xs_.c, width * xs_.c, &rows,
                     &cols, i, a_.dx + n * xs_.sample() + i * xs_.w * xs_.c, xs_.w, xs_.c,
                     a_.accumulate);
    });
  }

  // Straight to the small picture: its position q sees the dy that the repeated pixel's taps reach,
  // with weights added up.
  void upsampled(int threads, Arena& arena, ThreadPool* pool) {
    const UpsampledPhases phases(g_, xs_, ys_);
    const UpsampledGradientAxis v(g_, phases.rows, g_.sides.top, g_.sides.bottom, ys_.h);
    const UpsampledGradientAxis h(g_, phases.cols, g_.sides.left, g_.sides.right, ys_.w);
    const bool direct = v.size == xs_.h && h.size == xs_.w;
    float* padded = direct ? nullptr : arena.take<float>(xs_.n * v.size * h.size * xs_.c);
    const Copies rows(
        xs_.h, v.size, [&](Index q) { return v.source(g_, q); }, arena);
    const Copies cols(
        xs_.w, h.size, [&](Index q) { return h.source(g_, q); }, arena);
    float* weights = arena.take<float>(ys_.c * v.taps() * h.taps() * xs_.c);
    if (pool != nullptr)
      combine_gradient_weights(*pool, isa_, g_, a_.weights, a_.w_shape, v, h, weights);
    if (direct)
      upsampled_product(v, h, weights, a_.dx, a_.accumulate, threads, arena, pool);
    else
      upsampled_product(v, h, weights, padded, false, threads, arena, pool);
    if (pool != nullptr && !direct) fold_rows(*pool, padded, v.size, h.size, rows, cols);
  }

  template <class TO>
  void upsampled_product(const UpsampledGradientAxis& v, const UpsampledGradientAxis& h,
                         const float* weights, TO* to, bool accumulate, int threads, Arena& arena,
                         ThreadPool* pool) {
    Product<T, float, TO> product;
    Index* rows = arena.take<Index>(v.size * v.taps());
    Index* cols = arena.take<Index>(h.size * h.taps());
    Index* tap_offset = arena.take<Index>(v.taps() * h.taps());
    if (!arena.counts()) {
      v.fill(ys_.w * ys_.c, rows);
      h.fill(ys_.c, cols);
      for (Index t = 0; t < v.taps() * h.taps(); ++t) tap_offset[t] = t * xs_.c;
    }
    auto& p = product.patches;
    p.a = a_.dy;
    p.channels = ys_.c;
    p.taps_h = v.taps();
    p.taps_w = h.taps();
    p.samples = ys_.n;
    p.out_h = v.size;
    p.out_w = h.size;
    p.sample_stride = ys_.sample();
    p.rows = rows;
    p.cols = cols;
    product.weights = {weights, ys_.c, xs_.c, v.taps() * h.taps() * xs_.c, 1, tap_offset};
    product.out.y = to;
    product.out.out_h = v.size;
    product.out.out_w = h.size;
    product.out.columns = product.out.column_stride = xs_.c;
    product.out.row_stride = h.size * xs_.c;
    product.out.sample_stride = v.size * h.size * xs_.c;
    product.out.accumulate = accumulate;
    product.split = maths_ == Maths::split;
    product.plan(isa_, threads, arena);
    if (pool != nullptr) product.run(*pool);
  }

  // Small maps, large weights: most taps of most positions fall outside dy, so every product of a
  // pixel of dy and the weights is made once and then added up where it belongs.
  static constexpr Index few_pixels = 256;

  void columns(int threads, Arena& arena, ThreadPool* pool) {
    const Index depth = a_.w_shape.sample(), rows = ys_.n * ys_.area();
    const Copies up(g_, xs_.h, g_.sides.top, g_.sides.bottom, arena);
    const Copies across(g_, xs_.w, g_.sides.left, g_.sides.right, arena);
    float* products = arena.take<float>(rows * depth);
    float* sums = arena.take<float>(threads * ((xs_.c + 15) / 16 * 16));
    auto product = product_of_pixels(
        a_.dy, rows, Weights<float>{a_.weights, ys_.c, depth, depth, 1, nullptr}, products, maths_);
    product.plan(isa_, threads, arena);
    if (pool == nullptr) return;
    product.run(*pool);
    pool->run(xs_.n * xs_.h, [&](Index chunk, int worker) {
      const Index n = chunk / xs_.h, i = chunk % xs_.h;
      simd::dispatch(isa_, FoldColumns<T>{},
                     static_cast<const float*>(products + n * ys_.area() * depth),
                     static_cast<const ConvGeometry*>(&g_), static_cast<const Shape*>(&ys_), &up,
                     &across, i, a_.dx + n * xs_.sample() + i * xs_.w * xs_.c, xs_.w, xs_.c,
                     sums + worker * ((xs_.c + 15) / 16 * 16), a_.accumulate);
    });
  }

  // Positions p0 .. p1, q0 .. q1 of the padded input, into rows of `width` pixels. The phases run
  // one after the other in the same workspace.
  template <class TO>
  void phases(TO* to, Index width, Index p0, Index p1, Index q0, Index q1, bool accumulate,
              int threads, Arena& arena, ThreadPool* pool) {
    Arena largest = arena;
    for (Index a = 0; a < g_.stride; ++a)
      for (Index b = 0; b < g_.stride; ++b) {
        Arena own = arena;
        phase(to, width, PhaseAxis(a, p0, p1, g_), PhaseAxis(b, q0, q1, g_), p0, q0, p1 - p0,
              accumulate, threads, own, pool);
        if (own.used() > largest.used()) largest = own;
      }
    arena = largest;
  }

  template <class TO>
  void phase(TO* to, Index width, const PhaseAxis& v, const PhaseAxis& h, Index p0, Index q0,
             Index height, bool accumulate, int threads, Arena& arena, ThreadPool* pool) {
    if (v.count == 0 || h.count == 0) return;
    Product<T, float, TO> product;
    const bool pictures = g_.stride == 1 && reads_pictures<T>(g_, ys_.c, xs_.c);
    if constexpr (std::is_same_v<T, float>) {
      if (pictures) {
        const auto padded = padded_output(isa_, g_, a_.dy, ys_, arena, pool);
        product.patches = picture_patches(padded, g_.kernel, 1, v.count, h.count, arena);
        if (!arena.counts()) product.patches.a += p0 * padded.row() + q0 * padded.channels;
      }
    }
    if (!pictures) product.patches = output_patches(g_, a_.dy, ys_, v, h, arena);
    Index* tap_offset = arena.take<Index>(v.taps * h.taps);
    if (!arena.counts())
      for (Index r = 0; r < v.taps; ++r)
        for (Index s = 0; s < h.taps; ++s)
          tap_offset[r * h.taps + s] =
              (v.kernel_row(r, g_) * g_.kernel + h.kernel_row(s, g_)) * xs_.c;
    product.weights = {a_.weights, ys_.c, xs_.c, a_.w_shape.sample(), 1, tap_offset};
    const Index row = width * xs_.c;
    product.out.y = to == nullptr ? nullptr : to + (v.first - p0) * row + (h.first - q0) * xs_.c;
    product.out.out_h = v.count;
    product.out.out_w = h.count;
    product.out.columns = xs_.c;
    product.out.sample_stride = height * row;
    product.out.row_stride = g_.stride * row;
    product.out.column_stride = g_.stride * xs_.c;
    product.out.accumulate = accumulate;
    product.split = maths_ == Maths::split && !pictures;
    product.plan(isa_, threads, arena);
    if (pool != nullptr) product.run(*pool);
  }

  Isa isa_;
  Maths maths_;
  ConvGeometry g_;
  ConvBackwardData<T> a_;
  Shape xs_, ys_;
};

}  // namespace detail

/// Bytes of workspace that conv_backward_data needs; it must be 64-byte aligned.
template <Scalar T>
[[nodiscard]] std::size_t conv_backward_data_workspace(Isa isa, Maths maths, const ConvGeometry& g,
                                                       const Shape& x, const Shape& w,
                                                       int threads) {
  Arena arena(nullptr);
  if constexpr (std::is_same_v<T, double>) {
    detail::DoublePlan(g, x, w, threads, arena);
  } else {
    ConvBackwardData<T> args;
    args.x_shape = x;
    args.w_shape = w;
    if (winograd::serves_backward_data(maths, winograd::direct_speed<T>(isa, maths), g, x, w))
      winograd::BackwardData<T, ConvBackwardData<T>>(isa, g, args, threads, arena);
    else
      detail::BackwardDataPlan<T>(isa, maths, g, args, threads, arena, nullptr);
  }
  return arena.used();
}

/// Throws ShapeError where geometry and shapes do not fit. Results do not depend on the number of
/// threads.
template <Scalar T>
void conv_backward_data(ThreadPool& pool, Isa isa, Maths maths, const ConvGeometry& g,
                        const ConvBackwardData<T>& a, std::byte* workspace) {
  Arena arena(workspace);
  if constexpr (std::is_same_v<T, double>)
    detail::DoublePlan(g, a.x_shape, a.w_shape, pool.threads(), arena).backward_data(pool, a);
  else if (winograd::serves_backward_data(maths, winograd::direct_speed<T>(isa, maths), g,
                                          a.x_shape, a.w_shape))
    winograd::BackwardData<T, ConvBackwardData<T>>(isa, g, a, pool.threads(), arena).run(pool);
  else
    detail::BackwardDataPlan<T>(isa, maths, g, a, pool.threads(), arena, &pool);
}

}  // namespace limn::inline v0::cpu
