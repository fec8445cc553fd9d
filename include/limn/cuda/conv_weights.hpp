// SPDX-License-Identifier: MIT
// Weights on their way to a library, in its type and with its channels, or as the four 2x2 kernels
// of the sub-pixel form; and their gradients on the way back into float.
#pragma once

#include "limn/cuda/block.hpp"
#include "limn/cuda/conv_plan.hpp"
#include "limn/cuda/pad.hpp"

namespace limn::inline v0::gpu {

/// to[phase][o][r][s][c] = sum of w[o][R][S][c] over the taps R, S that meet in r, s; zeros in
/// channels that w has not.
template <class P, Scalar T, int width>
struct PrepareWeights {
  static constexpr int threads = 256;
  const P* w;
  T* to;
  Shape from, size;  ///< of w, of one phase
  int phases;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const Index at = block.x() * threads + thread;
      if (at >= size.size() / width) return;
      const int groups = static_cast<int>(size.c) / width, kernel = static_cast<int>(size.h);
      const int position = static_cast<int>(at) / groups;
      const int c = (static_cast<int>(at) - position * groups) * width;
      const int s = position % kernel, r = position / kernel % kernel,
                o = position / (kernel * kernel);
      Pack<P, width> sum = filled<width>(P(0));
      if (o < from.n && c < from.c) {
        const int a = static_cast<int>(block.y()) / 2, b = static_cast<int>(block.y()) % 2;
        const bool one = phases == 1;
        const int r0 = one ? r : (r == 0 ? 0 : 1 + a), r1 = one ? r : (r == 0 ? a : 2);
        const int s0 = one ? s : (s == 0 ? 0 : 1 + b), s1 = one ? s : (s == 0 ? b : 2);
        for (int i = r0; i <= r1; ++i) {
          for (int j = s0; j <= s1; ++j) {
            const P* source = w + ((o * from.h + i) * from.w + j) * from.c;
            const auto values = load<width>(source + c);
            LIMN_UNROLL
            for (int k = 0; k < width; ++k) sum.value[k] += values.value[k];
          }
        }
      }
      store(to + block.y() * size.size() + at * width, converted<T>(sum));
    });
  }
};

/// dw[o][R][S][c] (+)= the sum over parts, and over the phases whose taps R, S belong to, of
/// from[part][phase][o][r][s][c].
template <class From, class P, int width>
struct AddWeights {
  static constexpr int threads = 256;
  const From* from;
  P* dw;
  Shape w, size;  ///< of dw, of one phase of a part
  int parts, phases;
  bool add;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const Index at = block.x() * threads + thread;
      if (at >= w.size() / width) return;
      const int groups = static_cast<int>(w.c) / width, kernel = static_cast<int>(w.h);
      const int position = static_cast<int>(at) / groups;
      const int c = (static_cast<int>(at) - position * groups) * width;
      const int s = position % kernel, r = position / kernel % kernel,
                o = position / (kernel * kernel);
      P* target = dw + at * width;
      Pack<P, width> sum = filled<width>(P(0));
      for (int phase = 0; phase < phases; ++phase) {
        const int i = phases == 1 ? r : (r + 1 - phase / 2) / 2;
        const int j = phases == 1 ? s : (s + 1 - phase % 2) / 2;
        const From* source =
            from + phase * size.size() + ((o * size.h + i) * size.w + j) * size.c + c;
        for (int part = 0; part < parts; ++part) {
          const auto values = load<width>(source + part * phases * size.size());
          LIMN_UNROLL
          for (int k = 0; k < width; ++k) sum.value[k] += static_cast<P>(values.value[k]);
        }
      }
      if (add) {
        const auto before = load<width>(target);
        LIMN_UNROLL
        for (int k = 0; k < width; ++k) sum.value[k] += before.value[k];
      }
      store(target, sum);
    });
  }
};

/// Writes the weights of all phases as the plan's problem sees them.
template <BlockDevice D, class P, Scalar T>
void prepare_weights(D& device, const ConvPlan& plan, const P* w, T* to) {
  const Shape size = plan.phase_weights();
  detail::with_channel_width<T>(plan.w.c, size.c, w, to, [&](auto width) {
    using K = PrepareWeights<P, T, width>;
    launch(device, {blocks_of(size.size() / width, K::threads), plan.phases},
           K{w, to, plan.w, size, static_cast<int>(plan.phases)});
  });
}

/// dw (+)= the gradients of what prepare_weights wrote, each given as a sum of parts.
template <BlockDevice D, class From, class P>
void add_weights(D& device, const ConvPlan& plan, const From* from, Index parts, P* dw, bool add) {
  with_width<From>(plan.w.c % full_width<From> == 0 && aligned_for_packs(from, dw),
                   [&](auto width) {
                     using K = AddWeights<From, P, width>;
                     launch(device, {blocks_of(plan.w.size() / width, K::threads)},
                            K{from, dw, plan.w, plan.phase_weights(), static_cast<int>(parts),
                              static_cast<int>(plan.phases), add});
                   });
}

}  // namespace limn::inline v0::gpu
