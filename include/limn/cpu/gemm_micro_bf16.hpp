// SPDX-License-Identifier: MIT
// Register blocks for bfloat16 units (vdpbf16ps): pairs along K, products added in float.
#pragma once

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_micro.hpp"

#if LIMN_X86_64
#include <immintrin.h>
#endif

namespace limn::inline v0::cpu {
namespace detail {

#if LIMN_X86_64
template <int R, int NV>
LIMN_TARGET_AVX512_BF16 void micro_bf16(const void* const* a, Index segments, Index len,
                                        const void* packed, float* c, bool load) {
  const char* b = static_cast<const char*>(packed);
  __m512 acc[R][NV];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j)
      acc[r][j] = load ? _mm512_loadu_ps(c + (r * NV + j) * 16) : _mm512_setzero_ps();
  }
  for (Index s = 0; s < segments; ++s, a += R) {
    const char* p[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) p[r] = static_cast<const char*>(a[r]);
    for (Index k = 0; k < len; ++k, b += NV * 64) {
      __m512i bv[NV];
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) bv[j] = _mm512_loadu_si512(b + j * 64);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        int pair;
        __builtin_memcpy(&pair, p[r] + 4 * k, 4);
        const __m512i x = _mm512_set1_epi32(pair);
#pragma GCC unroll 4
        for (int j = 0; j < NV; ++j)
          acc[r][j] = _mm512_dpbf16_ps(acc[r][j], (__m512bh)x, (__m512bh)bv[j]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) _mm512_storeu_ps(c + (r * NV + j) * 16, acc[r][j]);
  }
}
#endif

}  // namespace detail

/// As micro_kernels(), with `len` in pairs and B packed in pairs; only for Isa::avx512_bf16 and above.
[[nodiscard]] inline MicroKernels micro_kernels_bf16([[maybe_unused]] int panel) {
#if LIMN_X86_64
  using namespace detail;
  if (panel == 64) return {64, {6, 3, 1}, {micro_bf16<6, 4>, micro_bf16<3, 4>, micro_bf16<1, 4>}};
  if (panel == 48) return {48, {8, 4, 1}, {micro_bf16<8, 3>, micro_bf16<4, 3>, micro_bf16<1, 3>}};
  if (panel == 32) return {32, {12, 4, 1}, {micro_bf16<12, 2>, micro_bf16<4, 2>, micro_bf16<1, 2>}};
  return {16, {12, 4, 1}, {micro_bf16<12, 1>, micro_bf16<4, 1>, micro_bf16<1, 1>}};
#else
  return {};
#endif
}

}  // namespace limn::inline v0::cpu
