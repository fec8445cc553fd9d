// SPDX-License-Identifier: MIT
// Products with few columns (pictures, logits): vectors run along K, a few rows times all columns
// stay in registers, and lanes are added at the end.
#pragma once

#include <cstdint>
#include <type_traits>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_micro.hpp"
#include "limn/cpu/simd.hpp"

namespace limn::inline v0::cpu {

/// At most this many columns take the path of this file.
inline constexpr Index dot_columns = 4;

/// a: pointers [segments][rows], each to `len` values, a multiple of 16, of the kernel's type; b:
/// [columns][segments * len]; c: [rows][dot_columns].
using DotKernel = void (*)(const void* const* a, Index segments, Index len, const float* b,
                           float* c);

struct DotKernels {
  int rows[2] = {};
  DotKernel kernel[2] = {};
};

namespace detail {

/// even[i] = v[2 i] and odd[i] = v[2 i + 1] of two registers, low and high.
template <class V>
LIMN_ALWAYS_INLINE void deinterleave(const V& low, const V& high, V& even, V& odd) {
  if constexpr (simd::width<V> == 16) {
    even = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28,
                                   30);
    odd = __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29,
                                  31);
  } else if constexpr (simd::width<V> == 8) {
    even = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
    odd = __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
  } else {
    even = __builtin_shufflevector(low, high, 0, 2, 4, 6);
    odd = __builtin_shufflevector(low, high, 1, 3, 5, 7);
  }
}

/// acc[r][n] += dot products of two registers' length from k on. Of a register of pairs one half is
/// shifted and one masked, which is less than widening each; the columns' values are sorted
/// likewise.
template <int w, int R, int N>
LIMN_ALWAYS_INLINE void dot_pairs(const bfloat16* const (&p)[R], Index k, const float* b,
                                  Index leading, simd::Vec<float, w> (&acc)[R][N]) {
  using V = simd::Vec<float, w>;
  using U = simd::Vec<std::uint32_t, w>;
  V even[N], odd[N];
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) {
    V low, high;
    simd::load(low, b + n * leading + k);
    simd::load(high, b + n * leading + k + w);
    deinterleave(low, high, even[n], odd[n]);
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    U pairs;
    __builtin_memcpy(&pairs, p[r] + k, sizeof(U));
    simd::pin(pairs);
    const U first = pairs << 16, second = pairs & 0xffff0000U;
    V x, y;
    __builtin_memcpy(&x, &first, sizeof(V));
    __builtin_memcpy(&y, &second, sizeof(V));
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
      acc[r][n] = acc[r][n] + x * even[n];
      acc[r][n] = acc[r][n] + y * odd[n];
    }
  }
}

template <class TA, int Bytes, int R, int N>
LIMN_ALWAYS_INLINE void dot(const void* const* a, Index segments, Index len, const float* b,
                            float* c) {
  constexpr int w = Bytes / 4;
  using V = simd::Vec<float, w>;
  V acc[R][N];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) acc[r][n] = V{};
  }
  const Index leading = segments * len;
  for (Index s = 0; s < segments; ++s, a += R, b += len) {
    const TA* p[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) p[r] = static_cast<const TA*>(a[r]);
    Index k = 0;
    // two registers of each column are wanted, too many for 16
    if constexpr (std::is_same_v<TA, bfloat16> && (Bytes == 64 || N == 1))
      for (; k + 2 * w <= len; k += 2 * w) dot_pairs<w, R, N>(p, k, b, leading, acc);
    for (; k < len; k += w) {
      V bv[N];
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) simd::load(bv[n], b + n * leading + k);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        V x;
        simd::load(x, p[r] + k);
        simd::pin(x);
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) acc[r][n] = acc[r][n] + x * bv[n];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) c[r * dot_columns + n] = simd::sum(acc[r][n]);
  }
}

// Rows by register: 32 with AVX-512, else 16.
template <int Bytes, int N>
inline constexpr int dot_rows = Bytes == 64 ? (N == 4 ? 6 : 8)
                                : N == 1    ? 8
                                : N == 2    ? 5
                                            : 4 - N / 2;

template <class TA, int R, int N>
void dot_portable(const void* const* a, Index segments, Index len, const float* b, float* c) {
  dot<TA, 16, R, N>(a, segments, len, b, c);
}
template <class TA, int R, int N>
LIMN_TARGET_AVX2 void dot_avx2(const void* const* a, Index segments, Index len, const float* b,
                               float* c) {
  dot<TA, 32, R, N>(a, segments, len, b, c);
}
template <class TA, int R, int N>
LIMN_TARGET_AVX512 void dot_avx512(const void* const* a, Index segments, Index len, const float* b,
                                   float* c) {
  dot<TA, 64, R, N>(a, segments, len, b, c);
}

template <class TA, int N>
DotKernels dot_kernels_of([[maybe_unused]] Isa isa) {
#if LIMN_X86_64
  if (isa >= Isa::avx512)
    return {{dot_rows<64, N>, 1}, {dot_avx512<TA, dot_rows<64, N>, N>, dot_avx512<TA, 1, N>}};
  if (isa == Isa::avx2)
    return {{dot_rows<32, N>, 1}, {dot_avx2<TA, dot_rows<32, N>, N>, dot_avx2<TA, 1, N>}};
#endif
  return {{dot_rows<16, N>, 1}, {dot_portable<TA, dot_rows<16, N>, N>, dot_portable<TA, 1, N>}};
}

}  // namespace detail

template <class TA>
[[nodiscard]] DotKernels dot_kernels(Isa isa, Index columns) {
  return columns == 1   ? detail::dot_kernels_of<TA, 1>(isa)
         : columns == 2 ? detail::dot_kernels_of<TA, 2>(isa)
         : columns == 3 ? detail::dot_kernels_of<TA, 3>(isa)
                        : detail::dot_kernels_of<TA, 4>(isa);
}

}  // namespace limn::inline v0::cpu
