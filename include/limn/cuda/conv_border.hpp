// SPDX-License-Identifier: MIT
// What surrounds a picture, written around it for a library that knows only zeros, and the way back
// of its gradient: each value of the small picture takes what flowed to its copies.
#pragma once

#include "limn/cuda/block.hpp"
#include "limn/cuda/conv_plan.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// to[n,h,w,c] = X[n, h - top, w - left, c], X being x repeated and continued by `rule`; channels
/// that x has not are zeros.
template <Scalar T, int width>
struct WriteBorder {
  static constexpr int threads = 256;
  const T* x;
  T* to;
  Shape from, size;
  ConvGeometry rule;
  Index top, left;
  bool packs;  ///< x may be read in packs

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const int at = static_cast<int>(block.x()) * threads + thread;
      const int groups = static_cast<int>(size.c) / width;
      if (at >= static_cast<int>(size.w) * groups) return;
      const int w = at / groups, c = (at - w * groups) * width;
      const Index i = rule.source(block.y(), top, from.h), j = rule.source(w, left, from.w);
      Pack<T, width> values = filled<width>(T{});
      if (i >= 0 && j >= 0) {
        const T* source = x + ((block.z() * from.h + i) * from.w + j) * from.c;
        if (packs) {
          if (c < from.c) values = load<width>(source + c);
        } else {
          for (int k = 0; k < width; ++k)
            if (c + k < from.c) values.value[k] = source[c + k];
        }
      }
      store(to + ((block.z() * size.h + block.y()) * size.w + w) * size.c + c, values);
    });
  }
};

/// f(q) for the positions q of a bordered axis that position u of the (repeated) picture was
/// written to, itself first.
template <class F>
LIMN_HOST_DEVICE void each_copy(Padding border, Index u, Index last, Index before, Index after,
                                const F& f) {
  f(before + u);
  if (border == Padding::reflect) {
    if (u >= 1 && u <= before) f(before - u);
    if (u < last && u >= last - after) f(before + 2 * last - u);
  } else if (border == Padding::edge) {
    for (Index q = 0; u == 0 && q < before; ++q) f(q);
    for (Index q = 1; u == last && q <= after; ++q) f(before + last + q);
  }
}

/// dx[n,h,w,c] (+)= the sum of `from` over the copies of that value, in one picture or in the four
/// of the sub-pixel form.
template <Scalar T, int width>
struct FoldBorder {
  static constexpr int threads = 256;
  using A = param_t<T>;
  const T* from;
  T* dx;
  Shape x, size;  ///< of dx; of one picture in `from`
  Padding border;
  Sides sides;  ///< of one picture; the four have their own
  Index repeat;
  int phases;
  bool add;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const int at = static_cast<int>(block.x()) * threads + thread;
      const int groups = static_cast<int>(x.c) / width;
      if (at >= static_cast<int>(x.w) * groups) return;
      const int w = at / groups, c = (at - w * groups) * width;
      T* target = dx + ((block.z() * x.h + block.y()) * x.w + w) * x.c + c;
      Pack<A, width> sum = filled<width>(A(0));
      if (add) sum = converted<A>(load<width>(target));
      for (int phase = 0; phase < phases; ++phase) {
        const bool one = phases == 1;
        const Index top = one ? sides.top : 1 - phase / 2, left = one ? sides.left : 1 - phase % 2;
        const Index bottom = one ? sides.bottom : 1 - top, right = one ? sides.right : 1 - left;
        const T* picture = from + (phase * x.n + block.z()) * size.sample() + c;
        for (Index r = 0; r < repeat; ++r) {
          each_copy(border, block.y() * repeat + r, x.h * repeat - 1, top, bottom, [&](Index i) {
            for (Index s = 0; s < repeat; ++s) {
              each_copy(border, w * repeat + s, x.w * repeat - 1, left, right, [&](Index j) {
                const auto values = load<width>(picture + (i * size.w + j) * size.c);
                for (int k = 0; k < width; ++k) sum.value[k] += static_cast<A>(values.value[k]);
              });
            }
          });
        }
      }
      store(target, converted<T>(sum));
    });
  }
};

/// Writes x into the workspace as the plan's problem sees it.
template <BlockDevice D, Scalar T>
void write_border(D& device, const ConvPlan& plan, const T* x, T* to) {
  ConvGeometry rule;
  rule.padding = plan.border;
  rule.upsample = plan.phases == 1 ? plan.geometry.upsample : 1;
  for (Index phase = 0; phase < (plan.x_view ? 1 : plan.phases); ++phase) {
    const Shape size = plan.bordered(phase);
    const Sides sides = plan.sides_of(phase);
    with_width<T>(size.c % full_width<T> == 0 && aligned_for_packs(to), [&](auto width) {
      const bool packs = plan.x.c % width == 0 && (width == 1 || aligned_for_packs(x));
      using K = WriteBorder<T, width>;
      launch(device, {blocks_of(size.w * size.c / width, K::threads), size.h, size.n},
             K{x, to + phase * size.size(), plan.x, size, rule, sides.top, sides.left, packs});
    });
  }
}

/// dx (+)= the gradient of what write_border wrote.
template <BlockDevice D, Scalar T>
void fold_border(D& device, const ConvPlan& plan, const T* from, T* dx, bool add) {
  const Shape size = plan.bordered(0);
  with_width<T>(plan.x.c % full_width<T> == 0 && aligned_for_packs(from, dx), [&](auto width) {
    using K = FoldBorder<T, width>;
    launch(device, {blocks_of(plan.x.w * plan.x.c / width, K::threads), plan.x.h, plan.x.n},
           K{from, dx, plan.x, size, plan.border, plan.sides,
             plan.phases == 1 ? plan.geometry.upsample : 1, static_cast<int>(plan.phases), add});
  });
}

}  // namespace limn::inline v0::gpu
