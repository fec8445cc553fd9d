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

/// Columns k0 .. k1 of `count` rows from m0 on as count / 2 rows of `leading` units, the rest of
/// which become zero, and so does a missing last row; parts as PairRows. `rows`: room for two rows
/// of `leading` values.
template <class T>
struct GatherPairs {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const Patches<T>* p, Index m0, Index count, Index k0, Index k1,
                                     float* to, float* low, Index leading, T* rows) const {
    const Index channels = p->channels, tap = k0 / channels, n = k1 - k0;
    if (k1 > (tap + 1) * channels) {
      for (Index q = 0; q < count; q += 2, to += leading, low += leading) {
        const Index both = std::min<Index>(2, count - q);
        GatherPatches<T, T>{}.template operator()<Bytes>(p, m0 + q, both, k0, k1, rows, leading);
        if (both == 1) std::fill_n(rows + leading, leading, T());
        PairRows{}.template operator()<Bytes>(
            static_cast<const T*>(rows), static_cast<const T*>(rows + leading), to, low, leading);
      }
      return;
    }
    Walk walk(*p, m0, tap, k0 - tap * channels);
    for (Index q = 0; q < count; q += 2, to += leading, low += leading) {
      const T* even = walk.next();
      const T* odd = q + 1 < count ? walk.next() : p->zeros;
      PairRows{}.template operator()<Bytes>(even, odd, to, low, n);
      std::fill_n(to + n, leading - n, 0.0F);
      if constexpr (std::is_same_v<T, float>) std::fill_n(low + n, leading - n, 0.0F);
    }
  }

 private:
  /// One tap of a pixel after the other, from channel `offset` on.
  struct Walk {
    const Patches<T>& p;
    Index n = 0, i = 0, j = 0, r = 0, s = 0, offset = 0;
    const T* row = nullptr;  // of a plain matrix

    LIMN_ALWAYS_INLINE Walk(const Patches<T>& of, Index m, Index tap, Index channel)
        : p(of), offset(channel) {
      if (p.leading > 0) {
        row = p.a + m * p.leading + channel;
        return;
      }
      n = m / p.area();
      i = m % p.area() / p.out_w;
      j = m % p.out_w;
      r = tap / p.taps_w;
      s = tap % p.taps_w;
    }
    LIMN_ALWAYS_INLINE const T* next() {
      if (p.leading > 0) {
        const T* at = row;
        row += p.leading;
        return at;
      }
      const Index down = p.rows[i * p.taps_h + r], across = p.cols[j * p.taps_w + s];
      const T* at =
          down < 0 || across < 0 ? p.zeros : p.a + n * p.sample_stride + down + across + offset;
      if (++j == p.out_w) {
        j = 0;
        if (++i == p.out_h) {
          i = 0;
          ++n;
        }
      }
      return at;
    }
  };
};

}  // namespace limn::inline v0::cpu
