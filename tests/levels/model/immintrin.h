// SPDX-License-Identifier: MIT
// Found before the compiler's header of this name, which it includes: the instructions of AVX-512
// that the kernels name, in plain C++, as Intel's manual defines them.
#pragma once
#pragma GCC system_header  // for #include_next

#include_next <immintrin.h>

#include <cstdint>
#include <cstring>

#include "limn/core/config.hpp"

namespace limn_test::model {

typedef std::uint32_t Words __attribute__((vector_size(64)));
typedef std::uint16_t Halves __attribute__((vector_size(32)));

/// To, with the bytes of `from`.
template <class To, class From>
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE To bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}
template <class V>
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE V load(const void* p) {
  V v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}
template <class V>
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE void store(void* p, const V& v) {
  std::memcpy(p, &v, sizeof(v));
}
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE __m512i same_words(int value) {
  return bits<__m512i>(static_cast<std::uint32_t>(value) - Words{});
}
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE __m512i shift_left(const __m512i& v, int count) {
  return bits<__m512i>(bits<Words>(v) << count);
}
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE __m512i widen(const __m256i& v) {
  return bits<__m512i>(__builtin_convertvector(bits<Halves>(v), Words));
}
/// Of each 128 bits: the lower or upper half of a and b, parts of `Part` words in turns.
template <int Part, bool Upper>
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE __m512i unpack(const __m512i& a, const __m512i& b) {
  Words to, x = bits<Words>(a), y = bits<Words>(b);
  for (int lane = 0; lane < 4; ++lane)
    for (int i = 0; i < 4; ++i) {
      const int part = i / Part, at = 4 * lane + (Upper ? 2 : 0) + part / 2 * Part + i % Part;
      to[4 * lane + i] = part % 2 == 0 ? x[at] : y[at];
    }
  return bits<__m512i>(to);
}
/// 128 bits each: two of a, two of b, as pairs of bits in `which` say.
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE __m512i shuffle(const __m512i& a, const __m512i& b, int which) {
  Words to, x = bits<Words>(a), y = bits<Words>(b);
  for (int lane = 0; lane < 4; ++lane)
    for (int i = 0; i < 4; ++i) {
      const int from = 4 * (which >> (2 * lane) & 3) + i;
      to[4 * lane + i] = lane < 2 ? x[from] : y[from];
    }
  return bits<__m512i>(to);
}
/// To the nearest bfloat16, ties to even; NaN stays NaN.
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE __m256i round(const __m512& v) {
  const Words u = bits<Words>(v);
  const Words nearest = (u + (0x7fffU + (u >> 16 & 1U))) >> 16, nan = u >> 16 | 0x40U;
  const Words rounded = (u & 0x7fffffffU) > 0x7f800000U ? nan : nearest;
  return bits<__m256i>(__builtin_convertvector(rounded, Halves));
}
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE __m512i round_both(const __m512& upper, const __m512& lower) {
  struct {
    __m256i low, high;
  } const both{round(lower), round(upper)};
  return bits<__m512i>(both);
}
/// VDPBF16PS: acc += odd products, then even ones.
LIMN_TARGET_AVX2 LIMN_ALWAYS_INLINE __m512 dot(const __m512& acc, const __m512i& a,
                                               const __m512i& b) {
  const Words x = bits<Words>(a), y = bits<Words>(b), upper = 0xffff0000U - Words{};
  const __m512 odd = acc + bits<__m512>(x & upper) * bits<__m512>(y & upper);
  return odd + bits<__m512>(x << 16) * bits<__m512>(y << 16);
}

}  // namespace limn_test::model

// masks are all ones wherever the kernels give any
#define _mm512_setzero_ps() (__m512{})
#define _mm512_loadu_ps(p) (limn_test::model::load<__m512>(p))
#define _mm512_storeu_ps(p, v) (limn_test::model::store(p, v))
#define _mm512_loadu_si512(p) (limn_test::model::load<__m512i>(p))
#define _mm512_storeu_si512(p, v) (limn_test::model::store(p, v))
#define _mm512_set1_epi32(v) (limn_test::model::same_words(v))
#define _mm512_or_si512(a, b) ((a) | (b))
#define _mm512_maskz_slli_epi32(mask, v, count) (limn_test::model::shift_left(v, count))
#define _mm512_maskz_cvtepu16_epi32(mask, v) (limn_test::model::widen(v))
#define _mm512_maskz_unpacklo_epi32(mask, a, b) (limn_test::model::unpack<1, false>(a, b))
#define _mm512_maskz_unpackhi_epi32(mask, a, b) (limn_test::model::unpack<1, true>(a, b))
#define _mm512_maskz_unpacklo_epi64(mask, a, b) (limn_test::model::unpack<2, false>(a, b))
#define _mm512_maskz_unpackhi_epi64(mask, a, b) (limn_test::model::unpack<2, true>(a, b))
#define _mm512_maskz_shuffle_i32x4(mask, a, b, which) (limn_test::model::shuffle(a, b, which))
#define _mm512_cvtneps_pbh(v) (limn_test::model::round(v))
#define _mm512_cvtne2ps_pbh(upper, lower) (limn_test::model::round_both(upper, lower))
#define _mm512_dpbf16_ps(acc, a, b) (limn_test::model::dot(acc, (__m512i)(a), (__m512i)(b)))
