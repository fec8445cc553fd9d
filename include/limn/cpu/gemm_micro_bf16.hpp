// SPDX-License-Identifier: MIT
// Register blocks for pairs of bfloat16 along K, products added in float: for the units that
// multiply them (vdpbf16ps), and in plain vectors, which are slower than floats and for processors
// without units.
#pragma once

#include <cstdint>

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_micro.hpp"
#include "limn/cpu/simd.hpp"

#if LIMN_X86_64
#include <immintrin.h>
#endif

namespace limn::inline v0::cpu {
namespace detail {

/// Both of each pair, as floats.
template <int W>
struct PairOfVectors {
  simd::Vec<float, W> even, odd;

  LIMN_ALWAYS_INLINE explicit PairOfVectors(const simd::Vec<std::uint32_t, W>& pairs) {
    const simd::Vec<std::uint32_t, W> low = pairs << 16, high = pairs & 0xffff0000U;
    __builtin_memcpy(&even, &low, sizeof(even));
    __builtin_memcpy(&odd, &high, sizeof(odd));
  }
};

/// R x NV vectors of sums of products of pairs; rows of C are `leading` floats apart.
template <int R, int NV>
struct PairSums {
  simd::Vec<float, 4> acc[R][NV];

  LIMN_ALWAYS_INLINE PairSums(const float* c, Index leading, bool load) {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int j = 0; j < NV; ++j) {
        acc[r][j] = simd::Vec<float, 4>{};
        if (load) simd::load(acc[r][j], c + r * leading + j * 4);
      }
    }
  }
  /// One pair of each row, and those of all columns.
  LIMN_ALWAYS_INLINE void add(const std::uint32_t (&rows)[R], const void* columns) {
    using U = simd::Vec<std::uint32_t, 4>;
#pragma GCC unroll 2
    for (int j = 0; j < NV; ++j) {
      U pairs;
      __builtin_memcpy(&pairs, static_cast<const char*>(columns) + j * 16, 16);
      const PairOfVectors<4> y(pairs);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) {
        const PairOfVectors<4> x(rows[r] - U{});
        acc[r][j] += x.even * y.even;
        acc[r][j] += x.odd * y.odd;
      }
    }
  }
  LIMN_ALWAYS_INLINE void store(float* c, Index leading) const {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int j = 0; j < NV; ++j) simd::store(c + r * leading + j * 4, acc[r][j]);
    }
  }
};

template <int R, int NV>
void micro_pairs(const void* const* a, Index segments, Index len, const void* packed, float* c,
                 bool load) {
  const char* b = static_cast<const char*>(packed);
  PairSums<R, NV> sums(c, NV * 4, load);
  std::uint32_t rows[R];
  for (Index s = 0; s < segments; ++s, a += R)
    for (Index k = 0; k < len; ++k, b += NV * 16) {
      for (int r = 0; r < R; ++r)
        __builtin_memcpy(rows + r, static_cast<const char*>(a[r]) + 4 * k, 4);
      sums.add(rows, b);
    }
  sums.store(c, NV * 4);
}

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

/// As micro_kernels(), with `len` in pairs and B packed in pairs; below Isa::avx512_bf16 only of
/// the panels of Isa::portable.
[[nodiscard]] inline MicroKernels micro_kernels_bf16([[maybe_unused]] Isa isa, int panel) {
  using namespace detail;
#if LIMN_X86_64
  if (isa >= Isa::avx512_bf16) {
    if (panel == 64) return {64, {6, 3, 1}, {micro_bf16<6, 4>, micro_bf16<3, 4>, micro_bf16<1, 4>}};
    if (panel == 48) return {48, {8, 4, 1}, {micro_bf16<8, 3>, micro_bf16<4, 3>, micro_bf16<1, 3>}};
    if (panel == 32)
      return {32, {12, 4, 1}, {micro_bf16<12, 2>, micro_bf16<4, 2>, micro_bf16<1, 2>}};
    return {16, {12, 4, 1}, {micro_bf16<12, 1>, micro_bf16<4, 1>, micro_bf16<1, 1>}};
  }
#endif
  if (panel == 8) return {8, {4, 1}, {micro_pairs<4, 2>, micro_pairs<1, 2>}};
  return {4, {4, 1}, {micro_pairs<4, 1>, micro_pairs<1, 1>}};
}

}  // namespace limn::inline v0::cpu
