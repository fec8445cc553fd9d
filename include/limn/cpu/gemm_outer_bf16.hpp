// SPDX-License-Identifier: MIT
// Outer products of pairs of bfloat16 rows: two rows m at a time, C += D[m]^T P[m] + D[m+1]^T
// P[m+1], added in float. D and P come as pairs: [row / 2][column][2]. For the units that multiply
// them (vdpbf16ps), and in plain vectors for processors without units.
#pragma once

#include <cstdint>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_micro_bf16.hpp"
#include "limn/cpu/gemm_outer.hpp"
#include "limn/cpu/simd.hpp"

#if LIMN_X86_64
#include <immintrin.h>
#endif

namespace limn::inline v0::cpu {

namespace detail {

template <int R, int NV>
void outer_pairs(const float* d, Index d_leading, Index pairs, const float* p, float* c,
                 Index c_leading, bool load) {
  PairSums<R, NV> sums(c, c_leading, load);
  std::uint32_t rows[R];
  for (Index m = 0; m < pairs; ++m, d += d_leading, p += NV * 4) {
    __builtin_memcpy(rows, d, sizeof(rows));
    sums.add(rows, p);
  }
  sums.store(c, c_leading);
}

#if LIMN_X86_64
template <int R, int NV>
LIMN_TARGET_AVX512_BF16 void outer_bf16(const float* d, Index d_leading, Index pairs,
                                        const float* p, float* c, Index c_leading, bool load) {
  __m512 acc[R][NV];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j)
      acc[r][j] = load ? _mm512_loadu_ps(c + r * c_leading + j * 16) : _mm512_setzero_ps();
  }
  for (Index m = 0; m < pairs; ++m, d += d_leading, p += NV * 16) {
    __m512i pv[NV];
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) pv[j] = _mm512_loadu_si512(p + j * 16);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      int pair;
      __builtin_memcpy(&pair, d + r, 4);
      const __m512i x = _mm512_set1_epi32(pair);
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j)
        acc[r][j] = _mm512_dpbf16_ps(acc[r][j], (__m512bh)x, (__m512bh)pv[j]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) _mm512_storeu_ps(c + r * c_leading + j * 16, acc[r][j]);
  }
}
#endif

}  // namespace detail

/// As outer_kernels(), on rows of pairs: what is said of a float there is said of a pair here.
/// Below Isa::avx512_bf16 only for the panels of Isa::portable.
[[nodiscard]] inline OuterKernels outer_kernels_bf16([[maybe_unused]] Isa isa, Index panel) {
  using namespace detail;
#if LIMN_X86_64
  if (isa >= Isa::avx512_bf16) {
    if (panel == 64)
      return {{6, 4, 3, 2, 1},
              {outer_bf16<6, 4>, outer_bf16<4, 4>, outer_bf16<3, 4>, outer_bf16<2, 4>,
               outer_bf16<1, 4>}};
    if (panel == 48)
      return {{8, 4, 3, 2, 1},
              {outer_bf16<8, 3>, outer_bf16<4, 3>, outer_bf16<3, 3>, outer_bf16<2, 3>,
               outer_bf16<1, 3>}};
    if (panel == 32)
      return {{12, 8, 6, 4, 1},
              {outer_bf16<12, 2>, outer_bf16<8, 2>, outer_bf16<6, 2>, outer_bf16<4, 2>,
               outer_bf16<1, 2>}};
    return {{12, 8, 6, 4, 1},
            {outer_bf16<12, 1>, outer_bf16<8, 1>, outer_bf16<6, 1>, outer_bf16<4, 1>,
             outer_bf16<1, 1>}};
  }
#endif
  if (panel == 8) return {{4, 1}, {outer_pairs<4, 2>, outer_pairs<1, 2>}};
  return {{4, 1}, {outer_pairs<4, 1>, outer_pairs<1, 1>}};
}

}  // namespace limn::inline v0::cpu
