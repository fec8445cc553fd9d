// SPDX-License-Identifier: MIT
// Convolution, forward: y[n,i,j,o] = act(bias[o] + sum_{r,s,c} W[o,r,s,c] X[n, i*stride+r-top,
// j*stride+s-left, c]), as a product of patches and weights that reads x through pointers.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "limn/core/activation.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/maths.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_double.hpp"
#include "limn/cpu/conv_forward_logits.hpp"
#include "limn/cpu/conv_moments.hpp"
#include "limn/cpu/conv_padded.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/conv_upsample.hpp"
#include "limn/cpu/gemm_engine.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"
#include "limn/cpu/winograd_forward.hpp"

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

/// One product, or four where an upsampled picture's taps can be added up first. They run one after
/// the other in the same workspace.
template <class T>
class ForwardPlan {
 public:
  ForwardPlan(Isa isa, Maths maths, const ConvGeometry& g, const ConvForward<T>& a, int threads,
              Arena& arena, ThreadPool* pool)
      : isa_(isa), maths_(maths), g_(g), a_(a), ys_(g.output(a.x_shape, a.w_shape)) {
    if (makes_many_logits(g, a.x_shape, ys_)) {
      logit_forward<T>(isa, maths, g, a, ys_, threads, arena, pool);
      return;
    }
    const bool four = UpsampledPhases::apply(g, a.x_shape, ys_);
    for (Index i = 0; i < (four ? 4 : 1); ++i) {
      // where the phase's moments go, kept to the end
      Arena counting(nullptr);
      phase(four, i, threads, counting, nullptr);
      Moments& m = moments_[static_cast<std::size_t>(count_++)];
      m = counted_;
      if (four || m.parts.count > 1) {
        m.mean = arena.take<float>(ys_.n * m.parts.count * ys_.c);
        m.m2 = arena.take<float>(ys_.n * m.parts.count * ys_.c);
      }
    }
    Arena largest = arena;
    for (Index i = 0; i < count_; ++i) {
      Arena own = arena;
      phase(four, i, threads, own, pool);
      if (own.used() > largest.used()) largest = own;
    }
    arena = largest;
    if (pool != nullptr && a.mean != nullptr && moments_[0].mean != nullptr)
      pool->run(ys_.n, [&](Index n, int) { combine(n); });
  }

 private:
  struct Moments {
    float* mean = nullptr;
    float* m2 = nullptr;
    RowParts parts;
  };

  void phase(bool four, Index index, int threads, Arena& arena, ThreadPool* pool) {
    const Shape& xs = a_.x_shape;
    Product<T, float, T> product;
    const float* weights = a_.weights;
    Index row = ys_.w * ys_.c, column = ys_.c, first = 0;
    if (four) {
      const UpsampledPhases phases(g_, xs, ys_);
      const auto& v = phases.rows[index / 2];
      const auto& h = phases.cols[index % 2];
      product.patches = upsampled_patches(g_, a_.x, xs, v, h, arena);
      float* combined = arena.take<float>(ys_.c * product.patches.depth());
      if (pool != nullptr) combine_weights(*pool, isa_, g_, a_.weights, a_.w_shape, v, h, combined);
      weights = combined;
      first = v.phase * row + h.phase * column;
      row *= 2;
      column *= 2;
    } else if (pictures()) {
      if constexpr (std::is_same_v<T, float>)
        product.patches = picture_patches(padded_input(isa_, g_, a_.x, xs, arena, pool), g_.kernel,
                                          g_.stride, ys_.h, ys_.w, arena);
    } else {
      product.patches = input_patches(g_, a_.x, xs, ys_, arena);
    }
    const Index taps = four ? product.patches.taps() : g_.kernel * g_.kernel;
    Index* tap_offset = arena.take<Index>(taps);
    if (!arena.counts())
      for (Index t = 0; t < taps; ++t) tap_offset[t] = t * xs.c;
    product.weights = {weights, xs.c, ys_.c, 1, taps * xs.c, tap_offset};
    product.out.y = a_.y == nullptr ? nullptr : a_.y + first;
    product.out.out_h = product.patches.out_h;
    product.out.out_w = product.patches.out_w;
    product.out.columns = ys_.c;
    product.out.sample_stride = ys_.sample();
    product.out.row_stride = row;
    product.out.column_stride = column;
    product.out.bias = a_.bias;
    product.out.activation = a_.activation;
    product.out.accumulate = a_.accumulate;
    if (a_.mean != nullptr) {
      const Moments& m = moments_[static_cast<std::size_t>(index)];
      product.out.mean = m.mean != nullptr ? m.mean : a_.mean;
      product.out.m2 = m.mean != nullptr ? m.m2 : a_.m2;
    }
    product.split = maths_ == Maths::split && !pictures();
    product.plan(isa_, threads, arena);
    counted_ = {nullptr, nullptr, product.parts()};
    if (pool != nullptr && product.patches.count() > 0) product.run(*pool);
  }

  [[nodiscard]] bool pictures() const { return reads_pictures<T>(g_, a_.x_shape.c, ys_.c); }

  void combine(Index n) const {
    for (Index c = 0; c < ys_.c; ++c) {
      MergedMoments all;
      for (Index i = 0; i < count_; ++i) {
        const Moments& m = moments_[static_cast<std::size_t>(i)];
        for (Index p = 0; p < m.parts.count; ++p) {
          const Index at = (n * m.parts.count + p) * ys_.c + c;
          all.add(static_cast<double>(m.parts.size(p)), static_cast<double>(m.mean[at]),
                  static_cast<double>(m.m2[at]));
        }
      }
      a_.mean[n * ys_.c + c] = static_cast<float>(all.mean);
      a_.m2[n * ys_.c + c] = static_cast<float>(all.m2);
    }
  }

  Isa isa_;
  Maths maths_;
  ConvGeometry g_;
  ConvForward<T> a_;
  Shape ys_;
  Index count_ = 0;
  Moments counted_;
  std::array<Moments, 4> moments_{};
};

}  // namespace detail

/// Bytes of workspace that conv_forward needs; it must be 64-byte aligned.
template <Scalar T>
[[nodiscard]] std::size_t conv_forward_workspace(Isa isa, Maths maths, const ConvGeometry& g,
                                                 const Shape& x, const Shape& w, int threads) {
  Arena arena(nullptr);
  if constexpr (std::is_same_v<T, double>) {
    detail::DoublePlan(g, x, w, threads, arena);
  } else {
    ConvForward<T> args;
    args.x_shape = x;
    args.w_shape = w;
    if (winograd::serves(maths, winograd::direct_speed<T>(isa, maths), g, x, w))
      winograd::Forward<T, ConvForward<T>>(isa, g, args, threads, arena);
    else
      detail::ForwardPlan<T>(isa, maths, g, args, threads, arena, nullptr);
  }
  return arena.used();
}

/// Throws ShapeError where geometry and shapes do not fit. Results do not depend on the number of
/// threads.
template <Scalar T>
void conv_forward(ThreadPool& pool, Isa isa, Maths maths, const ConvGeometry& g,
                  const ConvForward<T>& a, std::byte* workspace) {
  Arena arena(workspace);
  if constexpr (std::is_same_v<T, double>) {
    detail::DoublePlan(g, a.x_shape, a.w_shape, pool.threads(), arena).forward(pool, a);
  } else {
    if (winograd::serves(maths, winograd::direct_speed<T>(isa, maths), g, a.x_shape, a.w_shape))
      winograd::Forward<T, ConvForward<T>>(isa, g, a, pool.threads(), arena).run(pool);
    else
      detail::ForwardPlan<T>(isa, maths, g, a, pool.threads(), arena, &pool);
  }
}

}  // namespace limn::inline v0::cpu
