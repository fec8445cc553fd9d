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
#include "limn/cpu/winograd_micro.hpp"
#include "limn/cpu/winograd_points.hpp"

namespace limn::inline v0::cpu::winograd {

/// The phases' taps that a kernel's taps go to: row[r] is the phase's own tap that tap r of an axis
/// belongs to, -1 if it is another phase's. After upsampling several belong to one and are added.
struct TapMap {
  int kernel = 3;
  int row[4] = {0, 1, 2, 3}, col[4] = {0, 1, 2, 3};

  TapMap(const Form& form, int input_phase, int output_phase) : kernel(form.kernel) {
    const int in = form.cols.input_phases, out = form.cols.output_phases;
    fill(form.rows, input_phase / in, output_phase / out, row);
    fill(form.cols, input_phase % in, output_phase % out, col);
  }

 private:
  void fill(const Axis& axis, int input_phase, int output_phase, int (&to)[4]) const {
    for (int tap = 0; tap < kernel; ++tap) {
      if (axis.output_phases == 2) to[tap] = (tap + 1 + output_phase) / 2 - output_phase;
      if (axis.input_phases == 2) to[tap] = tap % 2 == input_phase ? tap / 2 : -1;
    }
  }
};

/// to[p * stride + c] = (G w G^T)[p] for c < `count`, from w[tap * tap_stride + c].
template <int R>
struct TransformWeights {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* w, Index tap_stride, Index count,
                                     const TapMap* map, float* to, Index stride) const {
    constexpr int width = Bytes / 4;
    using V = simd::Vec<float, width>;
    const Points<V> points;
    for (Index c = 0; c < count; c += width) {
      V taps[R][R], half[6][R], column[R], o[6];
#pragma GCC unroll 36
      for (int i = 0; i < positions; ++i) simd::prefetch_to_write(to + i * stride + c + 2 * width);
      if constexpr (R > 2) {
        for (int r = 0; r < R; ++r)
          for (int s = 0; s < R; ++s) simd::load(taps[r][s], w + (r * R + s) * tap_stride + c);
      } else {
        for (int r = 0; r < R; ++r)
          for (int s = 0; s < R; ++s) taps[r][s] = V{};
        for (int r = 0; r < map->kernel; ++r)
          for (int s = 0; s < map->kernel; ++s) {
            if (map->row[r] < 0 || map->col[s] < 0) continue;
            V v;
            simd::load(v, w + (r * map->kernel + s) * tap_stride + c);
            taps[map->row[r]][map->col[s]] += v;
          }
      }
#pragma GCC unroll 4
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

/// dw[tap][channels] (+)= G^T u[p * stride + c] G, for the taps of one phase.
template <int R>
struct TransformWeightsGradient {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* u, Index stride, const TapMap* map, float* dw,
                                     Index channels, bool add) const {
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
      for (int r = 0; r < map->kernel; ++r)
        for (int s = 0; s < map->kernel; ++s) {
          if (map->row[r] < 0 || map->col[s] < 0) continue;
          V v = taps[map->row[r]][map->col[s]];
          float* at = dw + (r * map->kernel + s) * channels + c;
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

/// One phase pair's sums u of one output to its taps of dw.
inline void transform_gradient_back(Isa isa, const Form& form, int input_phase, int output_phase,
                                    const float* u, Index stride, float* dw, bool add) {
  const TapMap map(form, input_phase, output_phase);
  const TapMap* taps = &map;
  if (form.rows.taps == 2)
    simd::dispatch(isa, TransformWeightsGradient<2>{}, u, stride, taps, dw, form.inputs, add);
  else if (form.rows.taps == 3)
    simd::dispatch(isa, TransformWeightsGradient<3>{}, u, stride, taps, dw, form.inputs, add);
  else
    simd::dispatch(isa, TransformWeightsGradient<4>{}, u, stride, taps, dw, form.inputs, add);
}

/// Transformed weights [position][panel of columns][depth][columns of the panel].
struct WeightLayout {
  Index depth = 0, columns = 0, panel = 16;

  [[nodiscard]] Index position_stride() const { return depth * columns + 16; }
  [[nodiscard]] Index size() const { return positions * position_stride(); }
};

/// For products that sum over (phase, channel) of the input: columns are (phase, output).
[[nodiscard]] inline WeightLayout forward_weights(Isa isa, const Form& form) {
  return {form.input_phases() * form.inputs, form.output_phases() * form.outputs, segment(isa)};
}
/// For products that sum over (phase, output): columns are (phase, channel) of the input.
[[nodiscard]] inline WeightLayout backward_weights(Isa isa, const Form& form) {
  return {form.output_phases() * form.outputs, form.input_phases() * form.inputs, segment(isa)};
}

namespace detail {

inline void transform(Isa isa, const float* w, Index tap_stride, Index count, const TapMap* map,
                      int taps, float* to, Index stride) {
  if (taps == 2)
    simd::dispatch(isa, TransformWeights<2>{}, w, tap_stride, count, map, to, stride);
  else if (taps == 3)
    simd::dispatch(isa, TransformWeights<3>{}, w, tap_stride, count, map, to, stride);
  else
    simd::dispatch(isa, TransformWeights<4>{}, w, tap_stride, count, map, to, stride);
}

/// to[k * columns + j] = from[j * from_leading + k] for j < `columns`, a multiple of 8, and k <
/// `depth`, a multiple of 16.
inline void transpose_rows([[maybe_unused]] Isa isa, const float* from, Index from_leading,
                           Index columns, Index depth, float* to) {
  Index j = 0;
#if LIMN_X86_64
  if (isa >= Isa::avx512)
    for (; j + 16 <= columns; j += 16)
      cpu::detail::transpose_columns16(from + j * from_leading, from_leading, depth, to + j,
                                       columns);
#endif
  for (; j < columns; j += 4)
    for (Index k = 0; k < depth; k += 4)
      cpu::detail::transpose4(from + j * from_leading + k, from_leading, to + k * columns + j,
                              columns);
}

}  // namespace detail

/// Channels of the input that one chunk of transform_forward_weights takes.
inline constexpr Index weights_block = 32;

/// Elements per thread that transform_forward_weights needs.
[[nodiscard]] inline Index weights_scratch(const Form& form, const WeightLayout& layout) {
  return form.kernel * form.kernel * weights_block * layout.panel;
}

/// u of forward_weights() from OHWI weights. The taps are transposed, which are fewer than the 36
/// positions; a chunk then is contiguous on both sides.
inline void transform_forward_weights(ThreadPool& pool, Isa isa, const Form& form, const float* w,
                                      float* u, float* scratch) {
  const WeightLayout layout = forward_weights(isa, form);
  const Index blocks = (form.inputs + weights_block - 1) / weights_block;
  const Index taps = form.kernel * form.kernel, panel = layout.panel;
  pool.run(form.outputs / panel * blocks, [&](Index chunk, int worker) {
    const Index c0 = chunk % blocks * weights_block, o0 = chunk / blocks * panel;
    const Index count = std::min(weights_block, form.inputs - c0), size = count * panel;
    float* transposed = scratch + worker * weights_scratch(form, layout);
    for (Index tap = 0; tap < taps; ++tap)
      detail::transpose_rows(isa, w + (o0 * taps + tap) * form.inputs + c0, taps * form.inputs,
                             panel, count, transposed + tap * size);
    for (int in = 0; in < form.input_phases(); ++in)
      for (int out = 0; out < form.output_phases(); ++out) {
        const TapMap map(form, in, out);
        detail::transform(
            isa, transposed, size, size, &map, form.rows.taps,
            u + (out * form.outputs + o0) * layout.depth + (in * form.inputs + c0) * panel,
            layout.position_stride());
      }
  });
}

/// u of backward_weights() from OHWI weights.
inline void transform_backward_weights(ThreadPool& pool, Isa isa, const Form& form, const float* w,
                                       float* u) {
  const WeightLayout layout = backward_weights(isa, form);
  const Index taps = form.kernel * form.kernel;
  pool.run(layout.depth, [&](Index k, int) {
    const Index out = k / form.outputs, o = k % form.outputs;
    for (int in = 0; in < form.input_phases(); ++in) {
      const TapMap map(form, in, static_cast<int>(out));
      for (Index c = 0; c < form.inputs; c += layout.panel)
        detail::transform(
            isa, w + o * taps * form.inputs + c, form.inputs, layout.panel, &map, form.rows.taps,
            u + (in * form.inputs + c) * layout.depth + k * layout.panel, layout.position_stride());
    }
  });
}

}  // namespace limn::inline v0::cpu::winograd
