// SPDX-License-Identifier: MIT
// The products between the transforms: at each of the 36 positions, tiles times weights, or the
// sum over tiles of outer products.
#pragma once

#include <algorithm>
#include <cstddef>

#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_outer.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/winograd_micro.hpp"
#include "limn/cpu/winograd_tiles.hpp"
#include "limn/cpu/winograd_weights.hpp"

namespace limn::inline v0::cpu::winograd {

/// How tiles, or rows of tiles, of one sample are shared out: chunks of about `most`, all nearly
/// the same size, an even number of them. A chunk's transformed tiles and products fit the second
/// cache.
struct Chunks {
  Index all = 0, count = 1;

  Chunks(Index of, Index most) : all(of), count((of + most - 1) / most) {
    if (count > 1) count += count % 2;
    count = std::min(count, all);
  }
  [[nodiscard]] Index begin(Index i) const { return i * all / count; }
  [[nodiscard]] Index largest() const { return (all + count - 1) / count; }
};

/// to[p][tile t][column] = sum over channels k of from[p][tile t][k] u[p][k][column], t < `count`.
inline void multiply(Isa isa, const TileLayout& from, const float* v, Index count,
                     const WeightLayout& weights, const float* u, const TileLayout& to,
                     float* products) {
  const TileKernels kernels = tile_kernels(isa);
  const Index blocks = (count + kernels.most - 1) / kernels.most;
  for (Index p = 0; p < positions; ++p) {
    const float* a = v + p * from.position_stride();
    const float* panel = u + p * weights.position_stride();
    float* c = products + p * to.position_stride();
    for (Index q = 0; q < to.groups; ++q) {
      for (Index b = 0; b < blocks; ++b) {
        const Index t0 = b * count / blocks, tiles = (b + 1) * count / blocks - t0;
        kernels.kernel[static_cast<std::size_t>(tiles - 1)](
            a + t0 * from.segment, from.group_stride(), from.groups, panel, c + t0 * to.segment);
      }
      panel += weights.depth * weights.panel;
      c += to.group_stride();
    }
  }
}

/// Rows (phase, output) of u's gradient [position][row][input channel].
struct GradientLayout {
  Index rows = 0, columns = 0;

  [[nodiscard]] Index position_stride() const { return rows * columns + 16; }
  [[nodiscard]] Index size() const { return positions * position_stride(); }
};

/// Width of the groups of channels whose outer products are added up: panels of two registers.
[[nodiscard]] inline Index outer_segment(Isa isa, Index channels) {
  return isa >= Isa::avx512 && channels % 32 == 0 ? 32 : segment(isa);
}

/// du[p][row][c] (+)= sum over tiles of dv[p][tile][row] v[p][tile][c] at one position, for the
/// channels c of one of v's groups.
inline void multiply_outer(Isa isa, const TileLayout& rows, const float* dv,
                           const TileLayout& columns, const float* v, Index count, Index position,
                           Index group, const GradientLayout& to, float* du, bool add) {
  const OuterKernels kernels = outer_kernels(isa, columns.segment);
  const float* panel = v + position * columns.position_stride() + group * columns.group_stride();
  // The next group's panel is asked for in parts, one for each of dv's groups.
  const float* next = panel + columns.group_stride();
  const Index part = columns.group_stride() / rows.groups;
  float* c = du + position * to.position_stride() + group * columns.segment;
  for (Index g = 0; g < rows.groups; ++g) {
    const float* d = dv + position * rows.position_stride() + g * rows.group_stride();
    for (Index i = g * part; i < (g + 1) * part; i += 16) simd::prefetch_far(next + i);
    for (Index r = 0; r < rows.segment;) {
      const int k = kernels.fitting(rows.segment - r);
      kernels.kernel[k](d + r, rows.segment, count, panel, c, to.columns, add);
      r += kernels.rows[k];
      c += kernels.rows[k] * to.columns;
    }
  }
}

}  // namespace limn::inline v0::cpu::winograd
