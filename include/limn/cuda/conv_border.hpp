// SPDX-License-Identifier: MIT
// What surrounds a picture, written around it for a library that knows only zeros, and the way back
// of its gradient; in one picture or in the four of the sub-pixel form.
#pragma once

#include "limn/cuda/conv_plan.hpp"
#include "limn/cuda/pad.hpp"

namespace limn::inline v0::gpu {

/// dx[n,h,w,c] (+)= the sum of `from` over all copies of that value in the four pictures of the
/// sub-pixel form: (4N,H+1,W+1,C'), of which picture (a,b) begins 1 - a rows and 1 - b columns
/// outside.
template <Scalar T, int width>
struct FoldPhases {
  static constexpr int threads = PackRows::threads;
  using P = param_t<T>;
  const T* from;
  T* dx;
  PadAxis h, w;  ///< of picture (1,1)
  PackRows cut;  ///< of dx
  int samples, channels;
  bool add;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    const auto at = cut.place(block.x());
    const Index line = Index{w.padded} * channels, picture = h.padded * line;
    T* const target = dx + Index{at.row} * cut.packs * width;
    block.each([&](int thread) {
      const int k = at.first + thread;
      if (k >= cut.packs) return;
      const int j = k / cut.pixel, c = (k - j * cut.pixel) * width;
      auto sums = filled<width>(P(0));
      if (add) sums = converted<P>(load<width>(target + Index{k} * width));
      LIMN_NO_UNROLL
      for (int phase = 0; phase < 4; ++phase) {
        const T* source = from + (Index{phase} * samples + at.sample) * picture + c;
        PadAxis rows = h, columns = w;
        rows.before = 1 - phase / 2;
        columns.before = 1 - phase % 2;
        rows.each_seen(at.i, [&](int row) {
          columns.each_seen(j, [&](int column) {
            const auto value =
                converted<P>(load<width>(source + row * line + Index{column} * channels));
            LIMN_UNROLL
            for (int e = 0; e < width; ++e) sums.value[e] += value.value[e];
          });
        });
      }
      store(target + Index{k} * width, converted<T>(sums));
    });
  }
};

/// Writes x into the workspace as a phase of the plan sees it; what another phase left there goes.
template <BlockDevice D, Scalar T>
void write_border(D& device, const ConvPlan& plan, Index phase, const T* x, T* to) {
  if (!plan.copies_x || (plan.x_view && phase > 0)) return;  // nothing to do, or all see one
  pad(device, plan.border, plan.sides_of(phase), plan.repeat(), x, plan.x, to,
      plan.bordered(phase));
}

/// dx (+)= the gradient of what write_border wrote.
template <BlockDevice D, Scalar T>
void fold_border(D& device, const ConvPlan& plan, const T* from, T* dx, Write write) {
  const Shape size = plan.bordered(0);
  if (plan.phases == 1) {
    fold(device, plan.border, plan.sides, plan.repeat(), from, size, dx, plan.x, write);
    return;
  }
  detail::with_channel_width<T>(size.c, plan.x.c, from, dx, [&](auto width) {
    const auto cut = PackRows::of(plan.x, width());
    launch(device, cut.grid(plan.x.n),
           FoldPhases<T, width()>{from, dx, detail::pad_axis(plan.border, plan.x.h, 1, 0, size.h),
                                  detail::pad_axis(plan.border, plan.x.w, 1, 0, size.w), cut,
                                  static_cast<int>(plan.x.n), static_cast<int>(size.c),
                                  write == Write::accumulate});
  });
}

}  // namespace limn::inline v0::gpu
