// SPDX-License-Identifier: MIT
// Transposed blocks of weights, in registers: packing a panel of a large weight matrix costs as
// much as multiplying it with a small map.
#pragma once

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"

#if LIMN_X86_64
#include <immintrin.h>
#endif

namespace limn::inline v0::cpu::detail {

/// 4x4: to[k][j] = from[j][k], by 16-byte shuffles that every x86-64 and aarch64 has.
LIMN_ALWAYS_INLINE void transpose4(const float* from, Index from_leading, float* to,
                                   Index to_leading) {
  using V = simd::Vec<float, 4>;
  V a, b, c, d;
  simd::load(a, from);
  simd::load(b, from + from_leading);
  simd::load(c, from + 2 * from_leading);
  simd::load(d, from + 3 * from_leading);
  const V ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const V AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const V cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const V CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const V r0 = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  const V r1 = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  const V r2 = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
  const V r3 = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
  simd::store(to, r0);
  simd::store(to + to_leading, r1);
  simd::store(to + 2 * to_leading, r2);
  simd::store(to + 3 * to_leading, r3);
}

#if LIMN_X86_64
// Masked forms with all lanes on: g++ 12 warns of its own header's uninitialized operand otherwise.
LIMN_TARGET_AVX512 inline void transpose16(__m512i (&r)[16]) {
  __m512i t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_maskz_unpacklo_epi32(0xffff, r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_maskz_unpackhi_epi32(0xffff, r[2 * i], r[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[4 * i] = _mm512_maskz_unpacklo_epi64(0xff, t[4 * i], t[4 * i + 2]);
    r[4 * i + 1] = _mm512_maskz_unpackhi_epi64(0xff, t[4 * i], t[4 * i + 2]);
    r[4 * i + 2] = _mm512_maskz_unpacklo_epi64(0xff, t[4 * i + 1], t[4 * i + 3]);
    r[4 * i + 3] = _mm512_maskz_unpackhi_epi64(0xff, t[4 * i + 1], t[4 * i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_maskz_shuffle_i32x4(0xffff, r[i], r[4 + i], 0x88);
    t[4 + i] = _mm512_maskz_shuffle_i32x4(0xffff, r[i], r[4 + i], 0xdd);
    t[8 + i] = _mm512_maskz_shuffle_i32x4(0xffff, r[8 + i], r[12 + i], 0x88);
    t[12 + i] = _mm512_maskz_shuffle_i32x4(0xffff, r[8 + i], r[12 + i], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_maskz_shuffle_i32x4(0xffff, t[i], t[8 + i], 0x88);
    r[8 + i] = _mm512_maskz_shuffle_i32x4(0xffff, t[i], t[8 + i], 0xdd);
    r[4 + i] = _mm512_maskz_shuffle_i32x4(0xffff, t[4 + i], t[12 + i], 0x88);
    r[12 + i] = _mm512_maskz_shuffle_i32x4(0xffff, t[4 + i], t[12 + i], 0xdd);
  }
}

/// to[k][j] = from[j][k] for j < 16, k < depth, a multiple of 16.
LIMN_TARGET_AVX512 inline void transpose_columns16(const float* from, Index from_leading,
                                                   Index depth, float* to, Index to_leading) {
  for (Index k = 0; k < depth; k += 16) {
    __m512i r[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) r[i] = _mm512_loadu_si512(from + i * from_leading + k);
    transpose16(r);
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) _mm512_storeu_si512(to + (k + i) * to_leading, r[i]);
  }
}

/// Pairs of bfloat16: to[k/2][j] = (from[j][k], from[j][k+1]) for j < 16, k < depth, a multiple of
/// 32. `to_leading` counts pairs.
LIMN_TARGET_AVX512_BF16 inline void transpose_pairs16(const float* from, Index from_leading,
                                                      Index depth, bfloat16* to, Index to_leading) {
  for (Index k = 0; k < depth; k += 32) {
    __m512i r[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      const float* p = from + i * from_leading + k;
      r[i] = (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(p + 16), _mm512_loadu_ps(p));
    }
    transpose16(r);
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) _mm512_storeu_si512(to + 2 * (k / 2 + i) * to_leading, r[i]);
  }
}

/// Pairs of bfloat16: to[j] = (a[j], b[j]) for j < count, a multiple of 16.
LIMN_TARGET_AVX512_BF16 inline void interleave_pairs(const float* a, const float* b, Index count,
                                                     bfloat16* to) {
  for (Index j = 0; j < count; j += 16) {
    const __m512i low =
        _mm512_maskz_cvtepu16_epi32(0xffff, (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(a + j)));
    const __m512i high =
        _mm512_maskz_cvtepu16_epi32(0xffff, (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(b + j)));
    _mm512_storeu_si512(to + 2 * j,
                        _mm512_or_si512(low, _mm512_maskz_slli_epi32(0xffff, high, 16)));
  }
}
#endif

}  // namespace limn::inline v0::cpu::detail
