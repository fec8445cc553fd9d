// SPDX-License-Identifier: MIT
// Tiles of a product with few columns: dot products of rows of a patch matrix and the columns.
#pragma once

#include <algorithm>
#include <type_traits>

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/gemm_dot.hpp"
#include "limn/cpu/gemm_pack.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"

namespace limn::inline v0::cpu {

/// A product's two sides. gather: rows are copied together first, with zeros up to `padded_depth`.
template <class T, class TB>
struct DotColumns {
  Isa isa;
  const Patches<T>& patches;
  const Weights<TB>& weights;
  bool gather;
  Index padded_depth;

  /// The columns, at `to` or where they are.
  const float* pack(float* to) const {
    if constexpr (std::is_same_v<TB, float>)
      if (in_order()) return weights.tap(0);
    const float* const first = to;
    const Index length = gather ? padded_depth : patches.depth();
    for (Index n = 0; n < weights.columns; ++n, to += length) {
      std::fill_n(to, length, 0.0F);
      for (Index t = 0; t < patches.taps(); ++t)
        for (Index c = 0; c < weights.channels; ++c)
          to[t * weights.channels + c] = static_cast<float>(
              weights.tap(t)[c * weights.channel_stride + n * weights.column_stride]);
    }
    return first;
  }

  /// Rows m0 .. m1, as to[row][dot_columns]. packed: what pack() gave.
  void tile(Index m0, Index m1, const float* packed, float* to, const void** pointers,
            float* gathered) const {
    const DotKernels kernels =
        gather ? dot_kernels<float>(isa, weights.columns) : dot_kernels<T>(isa, weights.columns);
    for (Index m = m0; m < m1;) {
      const Index rows = std::min<Index>(m1 - m, kernels.rows[0]);
      // a row more costs a whole block hardly anything: sums wait for each other
      const Index block = rows == 1 ? 1 : kernels.rows[0];
      Index segments = 1, length = padded_depth;
      if (gather) {
        simd::dispatch(isa, GatherPatches<T, float>{}, &patches, m, rows, Index{0}, patches.depth(),
                       gathered, padded_depth);
        for (Index q = 0; q < rows; ++q) pointers[q] = gathered + q * padded_depth;
      } else {
        const Index step = patches.point(m, rows, 0, patches.taps(), 0, pointers);
        segments = patches.taps() / step;
        length = patches.channels * step;
      }
      float* c = to + (m - m0) * dot_columns;
      if (rows == block) {
        kernels.kernel[rows == 1 ? 1 : 0](pointers, segments, length, packed, c);
      } else {
        float sums[16 * dot_columns];
        for (Index s = segments - 1; s >= 0; --s)
          for (Index q = block - 1; q >= 0; --q)
            pointers[s * block + q] = pointers[s * rows + std::min(q, rows - 1)];
        kernels.kernel[0](pointers, segments, length, packed, sums);
        std::copy_n(sums, rows * dot_columns, c);
      }
      m += rows;
    }
  }

 private:
  // Weights that lie as dot products want them are read where they are.
  [[nodiscard]] bool in_order() const {
    if (!std::is_same_v<TB, float> || gather || weights.channel_stride != 1 ||
        weights.channels % 16 != 0 ||
        (weights.columns > 1 && weights.column_stride != patches.depth()))
      return false;
    for (Index t = 0; t < patches.taps(); ++t)
      if (weights.tap(t) != weights.tap(0) + t * weights.channels) return false;
    return true;
  }
};

}  // namespace limn::inline v0::cpu
