// SPDX-License-Identifier: MIT
// Pairs of rows of a patch matrix, of which an outer product on bfloat16 units is the sum: units of
// (row m, row m + 1). What lies within one tap, as a panel of most layers does, is read where it
// lies; the rest is gathered row by row first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/split.hpp"

namespace limn::inline v0::cpu {

/// to[j] = (even[j], odd[j]) as units of 4 bytes, for j < n: of bfloat16, or of the high parts of
/// floats, whose low parts go to low[j].
struct PairRows {
  template <int Bytes, class T>
  LIMN_ALWAYS_INLINE void operator()(const T* even, const T* odd, float* to, float* low,
                                     Index n) const {
    constexpr int w = Bytes / 4;
    Index j = 0;
    for (; j + w <= n; j += w) some<w>(even + j, odd + j, to + j, low + j);
    for (; j < n; ++j) some<1>(even + j, odd + j, to + j, low + j);
  }

 private:
  template <int w>
  LIMN_ALWAYS_INLINE static void some(const bfloat16* even, const bfloat16* odd, float* to,
                                      float* /*low*/) {
    using Half = simd::Vec<std::uint16_t, w>;
    using Unit = simd::Vec<std::uint32_t, w>;
    Half first, second;
    __builtin_memcpy(&first, even, sizeof(first));
    __builtin_memcpy(&second, odd, sizeof(second));
    const Unit unit =
        __builtin_convertvector(first, Unit) | (__builtin_convertvector(second, Unit) << 16);
    __builtin_memcpy(static_cast<void*>(to), &unit, sizeof(unit));
  }
  template <int w>
  LIMN_ALWAYS_INLINE static void some(const float* even, const float* odd, float* to, float* low) {
    split_pair<w>(even, odd, to, low);
  }
};

/// Rows [rows][leading] of floats, an even number, as rows of pairs in parts: high[m / 2][j],
/// low[m / 2][j] for j < leading.
struct SplitRowPairs {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* from, Index rows, Index leading, float* high,
                                     float* low) const {
    for (Index m = 0; m < rows; m += 2, from += 2 * leading, high += leading, low += leading)
      PairRows{}.template operator()<Bytes>(from, from + leading, high, low, leading);
  }
};

/// Columns k0 .. k1 of `count` rows from m0 on as count / 2 rows of `leading` units, the rest of
/// which become zero, and so does a missing last row; parts as PairRows. `rows`: room for two rows
/// of `leading` values.
template <class T>
struct GatherPairs {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const Patches<T>* p, Index m0, Index count, Index k0, Index k1,
                                     float* to, float* low, Index leading, T* rows) const {
    const Index channels = p->channels, n = k1 - k0, tap = n > 0 ? k0 / channels : 0;
    if (n == 0 || k1 > (tap + 1) * channels) {
      for (Index q = 0; q < count; q += 2, to += leading, low += leading) {
        const Index both = std::min<Index>(2, count - q);
        GatherPatches<T, T>{}.template operator()<Bytes>(p, m0 + q, both, k0, k1, rows, leading);
        if (both == 1) std::fill_n(rows + leading, leading, T());
        PairRows{}.template operator()<Bytes>(
            static_cast<const T*>(rows), static_cast<const T*>(rows + leading), to, low, leading);
      }
      return;
    }
    if (p->leading > 0) {
      const T* row = p->a + m0 * p->leading + k0;
      for (Index q = 0; q < count; q += 2, row += 2 * p->leading, to += leading, low += leading)
        pair<Bytes>(row, q + 1 < count ? row + p->leading : p->zeros, to, low, n, leading);
      return;
    }
    TapWalk<T> walk(*p, m0, tap, k0 - tap * channels);
    for (Index q = 0; q < count; q += 2, to += leading, low += leading) {
      const T* even = walk.next();
      const T* odd = q + 1 < count ? walk.next() : p->zeros;
      pair<Bytes>(even, odd, to, low, n, leading);
    }
  }

 private:
  template <int Bytes>
  LIMN_ALWAYS_INLINE static void pair(const T* even, const T* odd, float* to, float* low, Index n,
                                      Index leading) {
    PairRows{}.template operator()<Bytes>(even, odd, to, low, n);
    std::fill_n(to + n, leading - n, 0.0F);
    if constexpr (std::is_same_v<T, float>) std::fill_n(low + n, leading - n, 0.0F);
  }
};

}  // namespace limn::inline v0::cpu
