// SPDX-License-Identifier: MIT
// Weights to transformed weights, U = G w G^T, in the order in which products read them, and the
// gradient back. After nearest upsampling each phase has the four sums of taps that see one pixel.
#pragma once

#include <algorithm>

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_transpose.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"
#include "limn/cpu/winograd_form.hpp"
#include "limn/cpu/winograd_points.hpp"

namespace limn::inline v0::cpu::winograd {

/// Of three taps along an axis, the one of two sums that each goes to.
[[nodiscard]] constexpr int group_of_tap(int phase, int tap) {
  return (tap + 1 + phase) / 2 - phase;
}
static_assert(group_of_tap(0, 0) == 0 && group_of_tap(0, 1) == 1 && group_of_tap(0, 2) == 1);
static_assert(group_of_tap(1, 0) == 0 && group_of_tap(1, 1) == 0 && group_of_tap(1, 2) == 1);

/// to[p * stride + c] = (G w G^T)[p] for c < `count`, the taps w[tap * tap_stride + c] added up for
/// a phase if R is 2.
template <int R>
struct TransformWeights {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* w, Index tap_stride, Index count, int phase_row,
                                     int phase_column, float* to, Index stride) const {
    constexpr int width = Bytes / 4;
    using V = simd::Vec<float, width>;
    const Points<V> points;
    for (Index c = 0; c < count; c += width) {
      V taps[R][R], half[6][R], column[R], o[6];
      if constexpr (R == 3) {
        for (int r = 0; r < 3; ++r)
          for (int s = 0; s < 3; ++s) simd::load(taps[r][s], w + (r * 3 + s) * tap_stride + c);
      } else {
        for (int r = 0; r < R; ++r)
          for (int s = 0; s < R; ++s) taps[r][s] = V{};
        for (int r = 0; r < 3; ++r)
          for (int s = 0; s < 3; ++s) {
            V v;
            simd::load(v, w + (r * 3 + s) * tap_stride + c);
            taps[group_of_tap(phase_row, r)][group_of_tap(phase_column, s)] += v;
          }
      }
#pragma GCC unroll 3
      for (int s = 0; s < R; ++s) {
        for (int r = 0; r < R; ++r) column[r] = taps[r][s];
        points.weights(column, o);
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) half[i][s] = o[i];
      }
#pragma GCC unroll 6
      for (int i = 0; i < 6; ++i) {
        points.weights(half[i], o);
#pragma GCC unroll 6
        for (int j = 0; j < 6; ++j) simd::store(to + (i * 6 + j) * stride + c, o[j]);
      }
    }
  }
};

/// dw[3][3][channels] (+)= G^T u[p * stride + c] G, for one phase; R as above.
template <int R>
struct TransformWeightsGradient {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* u, Index stride, int phase_row, int phase_column,
                                     float* dw, Index channels, bool add) const {
    constexpr int width = Bytes / 4;
    using V = simd::Vec<float, width>;
    const Points<V> points;
    for (Index c = 0; c < channels; c += width) {
      V half[R][6], column[6], o[R], taps[R][R];
#pragma GCC unroll 6
      for (int j = 0; j < 6; ++j) {
#pragma GCC unroll 6
        for (int i = 0; i < 6; ++i) simd::load(column[i], u + (i * 6 + j) * stride + c);
        points.weights_gradient(column, o);
        for (int r = 0; r < R; ++r) half[r][j] = o[r];
      }
      for (int r = 0; r < R; ++r) points.weights_gradient(half[r], taps[r]);
      for (int r = 0; r < 3; ++r)
        for (int s = 0; s < 3; ++s) {
          V v = R == 3 ? taps[r % R][s % R]
                       : taps[group_of_tap(phase_row, r)][group_of_tap(phase_column, s)];
          float* at = dw + (r * 3 + s) * channels + c;
          if (add) {
            V before;
            simd::load(before, at);
            v += before;
          }
          simd::store(at, v);
        }
    }
  }
};

/// Transformed weights [position][panel of columns][depth][columns of the panel].
struct WeightLayout {
  Index depth = 0, columns = 0, panel = 16;

  [[nodiscard]] Index position_stride() const { return depth * columns + 16; }
  [[nodiscard]] Index size() const { return positions * position_stride(); }
};

/// For products that sum over the input's channels: columns are (phase, output).
[[nodiscard]] inline WeightLayout forward_weights(Isa isa, const Form& form) {
  return {form.inputs, form.phases() * form.outputs, segment(isa, form.outputs)};
}
/// For products that sum over (phase, output): columns are the input's channels.
[[nodiscard]] inline WeightLayout backward_weights(Isa isa, const Form& form) {
  return {form.phases() * form.outputs, form.inputs, segment(isa, form.inputs)};
}

namespace detail {

inline void transform(Isa isa, const Form& form, const float* w, Index tap_stride, Index count,
                      int phase, float* to, Index stride) {
  if (form.phases() == 1)
    simd::dispatch(isa, TransformWeights<3>{}, w, tap_stride, count, 0, 0, to, stride);
  else
    simd::dispatch(isa, TransformWeights<2>{}, w, tap_stride, count, phase / 2, phase % 2, to,
                   stride);
}

/// to[k * to_leading + j] = from[j * from_leading + k] for 16 j and `depth` k, a multiple of 16.
inline void transpose_16_rows([[maybe_unused]] Isa isa, const float* from, Index from_leading,
                              Index depth, float* to, Index to_leading) {
#if LIMN_X86_64
  if (isa >= Isa::avx512)
    return cpu::detail::transpose_columns16(from, from_leading, depth, to, to_leading);
#endif
  for (Index j = 0; j < 16; j += 4)
    for (Index k = 0; k < depth; k += 4)
      cpu::detail::transpose4(from + j * from_leading + k, from_leading, to + k * to_leading + j,
                              to_leading);
}

}  // namespace detail

/// Elements per thread that transform_forward_weights needs.
inline constexpr Index weights_scratch = 9 * 64 * 16;

/// u of forward_weights() from OHWI weights. Nine taps are transposed in place of 36 positions.
inline void transform_forward_weights(ThreadPool& pool, Isa isa, const Form& form, const float* w,
                                      float* u, float* scratch) {
  const WeightLayout layout = forward_weights(isa, form);
  const Index blocks_of_inputs = (form.inputs + 63) / 64;
  const Index lanes = std::min<Index>(16, layout.panel);
  pool.run(form.outputs / 16 * blocks_of_inputs, [&](Index chunk, int worker) {
    const Index c0 = chunk % blocks_of_inputs * 64, o0 = chunk / blocks_of_inputs * 16;
    const Index count = std::min<Index>(64, form.inputs - c0);
    float* taps = scratch + worker * weights_scratch;
    for (Index tap = 0; tap < 9; ++tap)
      detail::transpose_16_rows(isa, w + (o0 * 9 + tap) * form.inputs + c0, 9 * form.inputs, count,
                                taps + tap * count * 16, 16);
    for (int phase = 0; phase < form.phases(); ++phase)
      for (Index o = 0; o < 16; o += lanes) {
        const Index column = phase * form.outputs + o0 + o;
        float* to = u + column / layout.panel * layout.panel * layout.depth + c0 * layout.panel +
                    column % layout.panel;
        for (Index c = 0; c < count; ++c)
          detail::transform(isa, form, taps + c * 16 + o, count * 16, lanes, phase,
                            to + c * layout.panel, layout.position_stride());
      }
  });
}

/// u of backward_weights() from OHWI weights.
inline void transform_backward_weights(ThreadPool& pool, Isa isa, const Form& form, const float* w,
                                       float* u) {
  const WeightLayout layout = backward_weights(isa, form);
  pool.run(layout.depth, [&](Index k, int) {
    const Index phase = k / form.outputs, o = k % form.outputs;
    for (Index c = 0; c < form.inputs; c += layout.panel)
      detail::transform(isa, form, w + o * 9 * form.inputs + c, form.inputs, layout.panel,
                        static_cast<int>(phase), u + c * layout.depth + k * layout.panel,
                        layout.position_stride());
  });
}

}  // namespace limn::inline v0::cpu::winograd
