// SPDX-License-Identifier: MIT
// One loop body, written once, compiled for each instruction set and chosen at run time. How to:
//   struct Scale {  // a functor with a template argument: the register's size in bytes
//     template <int Bytes>
//     LIMN_ALWAYS_INLINE void operator()(const float* x, float a, float* y, Index n) const {
//       simd::Vec<float, Bytes / 4> v, va;                 // + - * / and comparisons are built in
//       simd::broadcast(va, a);                            // fast; `v * a` is not in g++
//       Index i = 0;
//       for (; i + Bytes / 4 <= n; i += Bytes / 4) { simd::load(v, x + i); v *= va;
//                                                    simd::store(y + i, v); }
//       if (i < n) { simd::load(v, x + i, n - i); v *= va; simd::store(y + i, v, n - i); }
//     }
//   };
//   simd::dispatch(isa, Scale{}, x, 2.0F, y, n);
// Loads and stores are unaligned; bfloat16 memory loads into, and stores from, float vectors. What
// a body calls must be LIMN_ALWAYS_INLINE, not contain lambdas or intrinsics, and take vectors by
// reference (by value they would change the ABI with the compiler's flags). `m ? a : b` selects;
// reduce with sum(v), max(v); sums of long rows want several accumulators.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/isa.hpp"
#if LIMN_X86_64
#include <immintrin.h>
#endif

namespace limn::inline v0::simd {

template <class T, int W>
struct VecOf {
  typedef T type __attribute__((vector_size(W * sizeof(T))));
};
/// W values of type T, with arithmetic per lane.
template <class T, int W>
using Vec = typename VecOf<T, W>::type;

template <class V>
using lane_t = std::remove_cvref_t<decltype(std::declval<V&>()[0])>;
template <class V>
inline constexpr int width = static_cast<int>(sizeof(V) / sizeof(lane_t<V>));

namespace detail {

// Ordinary inline functions with a target of their own: g++ would compile a broadcast in generic
// code lane by lane, before that code is inlined where the instruction set is known.
template <class V>
LIMN_TARGET_AVX2 inline void broadcast_avx2(V& v, lane_t<V> s) {
  v = s - V{};
}
template <class V>
LIMN_TARGET_AVX512 inline void broadcast_avx512(V& v, lane_t<V> s) {
  v = s - V{};
}

#if LIMN_X86_64
// As above: of a conversion g++ makes two halves and joins them. Full masks, because g++ 12 warns
// of its own header's undefined vectors.
template <class V>
LIMN_TARGET_AVX2 inline void widen_avx2(V& v, const bfloat16* p) {
  const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  v = reinterpret_cast<V>(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}
template <class V>
LIMN_TARGET_AVX512 inline void widen_avx512(V& v, const bfloat16* p) {
  const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m512i wide = _mm512_maskz_cvtepu16_epi32(0xffff, half);
  v = reinterpret_cast<V>(_mm512_maskz_slli_epi32(0xffff, wide, 16));
}
#endif

}  // namespace detail

/// v = all lanes s
template <class V>
LIMN_ALWAYS_INLINE void broadcast(V& v, lane_t<V> s) {
  if constexpr (sizeof(V) == 64)
    detail::broadcast_avx512(v, s);
  else if constexpr (sizeof(V) == 32)
    detail::broadcast_avx2(v, s);
  else
    v = s - V{};
}

/// v[i] = p[i]
template <class V>
LIMN_ALWAYS_INLINE void load(V& v, const lane_t<V>* p) {
  __builtin_memcpy(&v, p, sizeof(V));
}

/// v[i] = float(p[i])
template <class V>
requires std::is_same_v < lane_t<V>,
float > LIMN_ALWAYS_INLINE void load(V& v, const bfloat16* p) {
#if LIMN_X86_64
  if constexpr (sizeof(V) == 64) return detail::widen_avx512(v, p);
  if constexpr (sizeof(V) == 32) return detail::widen_avx2(v, p);
#endif
  Vec<std::uint16_t, width<V>> half;
  __builtin_memcpy(&half, p, sizeof(half));
  const auto wide = __builtin_convertvector(half, Vec<std::uint32_t, width<V>>) << 16;
  __builtin_memcpy(&v, &wide, sizeof(V));
}

/// v[i] = p[i] for i < count, else 0; 0 <= count < width
template <class V, class T>
LIMN_ALWAYS_INLINE void load(V& v, const T* p, Index count) {
  T part[width<V>] = {};
  __builtin_memcpy(static_cast<void*>(part), p, static_cast<std::size_t>(count) * sizeof(T));
  load(v, part);
}

/// p[i] = v[i]
template <class V>
LIMN_ALWAYS_INLINE void store(lane_t<V>* p, const V& v) {
  __builtin_memcpy(p, &v, sizeof(V));
}

/// bits[i] = those of bfloat16(v[i]), in the lower half: to nearest even, NaN stays NaN
template <class V>
LIMN_ALWAYS_INLINE void round_to_bfloat16(const V& v, Vec<std::uint32_t, width<V>>& bits) {
  using U = Vec<std::uint32_t, width<V>>;
  U u;
  __builtin_memcpy(&u, &v, sizeof(V));
  const U rounded = (u + (0x7fffU + ((u >> 16) & 1U))) >> 16;
  const U nan = (u >> 16) | 0x40U;
  bits = (u & 0x7fffffffU) > 0x7f800000U ? nan : rounded;
}

/// p[i] = bfloat16(v[i]): to nearest even, NaN stays NaN
template <class V>
requires std::is_same_v < lane_t<V>,
float > LIMN_ALWAYS_INLINE void store(bfloat16* p, const V& v) {
  Vec<std::uint32_t, width<V>> bits;
  round_to_bfloat16(v, bits);
  const auto half = __builtin_convertvector(bits, Vec<std::uint16_t, width<V>>);
  __builtin_memcpy(static_cast<void*>(p), &half, sizeof(half));
}

/// p[i] = v[i] for i < count; 0 <= count < width
template <class V, class T>
LIMN_ALWAYS_INLINE void store(T* p, const V& v, Index count) {
  T part[width<V>];
  store(part, v);
  __builtin_memcpy(static_cast<void*>(p), part, static_cast<std::size_t>(count) * sizeof(T));
}

/// Asks for the memory at p, which need not exist.
LIMN_ALWAYS_INLINE void prefetch(const void* p) { __builtin_prefetch(p); }

/// As far as the second cache.
LIMN_ALWAYS_INLINE void prefetch_far(const void* p) { __builtin_prefetch(p, 0, 2); }
/// For what will be written: another thread's copy is taken away at once, not at the store.
LIMN_ALWAYS_INLINE void prefetch_to_write(const void* p) { __builtin_prefetch(p, 1, 3); }

/// v is wanted in a register: where several instructions take what was loaded, g++ may give each of
/// them a memory operand, and loads become what limits.
template <class V>
LIMN_ALWAYS_INLINE void pin(V& v) {
  LIMN_IN_REGISTER(v);
}

/// acc += a * b, fused where the instruction set can
template <class V>
LIMN_ALWAYS_INLINE void multiply_add(V& acc, const V& a, const V& b) {
  acc = acc + a * b;
}

/// Sum of all lanes, by halving.
template <class V>
LIMN_ALWAYS_INLINE lane_t<V> sum(const V& v) {
  if constexpr (width<V> == 2) {
    return v[0] + v[1];
  } else {
    using H = Vec<lane_t<V>, width<V> / 2>;
    H low, high;
    __builtin_memcpy(&low, &v, sizeof(H));
    __builtin_memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof(H), sizeof(H));
    const H half = low + high;
    return sum(half);
  }
}

/// Largest lane.
template <class V>
LIMN_ALWAYS_INLINE lane_t<V> max(const V& v) {
  if constexpr (width<V> == 2) {
    return v[0] > v[1] ? v[0] : v[1];
  } else {
    using H = Vec<lane_t<V>, width<V> / 2>;
    H low, high;
    __builtin_memcpy(&low, &v, sizeof(H));
    __builtin_memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof(H), sizeof(H));
    const H half = low > high ? low : high;
    return max(half);
  }
}

/// to[i] = float(from[i])
template <class T>
struct ToFloat {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const T* from, float* to, Index count) const {
    constexpr int w = Bytes / 4;
    Vec<float, w> v;
    Index i = 0;
    for (; i + w <= count; i += w) {
      load(v, from + i);
      store(to + i, v);
    }
    for (; i < count; ++i) to[i] = static_cast<float>(from[i]);
  }
};

/// v = sqrt(v), lane by lane
template <class V>
LIMN_ALWAYS_INLINE void sqrt(V& v) {
  for (int i = 0; i < width<V>; ++i) v[i] = std::sqrt(v[i]);
}

namespace detail {

template <class Body, class... Args>
void run_portable(const Body& body, Args... args) {
  body.template operator()<16>(args...);
}
template <class Body, class... Args>
LIMN_TARGET_AVX2 void run_avx2(const Body& body, Args... args) {
  body.template operator()<32>(args...);
}
template <class Body, class... Args>
LIMN_TARGET_AVX512 void run_avx512(const Body& body, Args... args) {
  body.template operator()<64>(args...);
}

}  // namespace detail

/// body.operator()<Bytes>(args...), compiled for `isa`: 16 bytes a register, 32 (AVX2) or 64
/// (AVX-512). Arguments are copied: pass scalars and pointers.
template <class Body, class... Args>
void dispatch([[maybe_unused]] Isa isa, const Body& body, Args... args) {
#if LIMN_X86_64
  if (isa >= Isa::avx512) return detail::run_avx512(body, args...);
  if (isa == Isa::avx2) return detail::run_avx2(body, args...);
#endif
  detail::run_portable(body, args...);
}

}  // namespace limn::inline v0::simd
