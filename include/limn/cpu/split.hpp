// SPDX-License-Identifier: MIT
// Floats as two bfloat16 each, x = high + low + rest with |rest| <= 2^-17 |x|, for units that
// multiply bfloat16 far faster than floats:
//   x y = high high' + high low' + low high' + what is left out, at most 2^-15 |x y|,
// three products instead of one (bf16x3). What is left out has either sign, and a sum of many terms
// is nearly as close as one of float products.
#pragma once

#include <cstdint>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/simd.hpp"

namespace limn::inline v0::cpu {

/// The two parts of each lane, as bits in the lower half. An infinite x has no low part; one beyond
/// bfloat16's largest number, 3.39e38, becomes infinite; NaN stays NaN.
template <int W>
struct Halves {
  using Bits = simd::Vec<std::uint32_t, W>;
  Bits high, low;

  LIMN_ALWAYS_INLINE explicit Halves(const simd::Vec<float, W>& x) {
    simd::round_to_bfloat16(x, high);
    const Bits back = high << 16;
    simd::Vec<float, W> rounded;
    __builtin_memcpy(&rounded, &back, sizeof(back));
    const simd::Vec<float, W> left = x - rounded;
    simd::round_to_bfloat16(left, low);
    low = (back & 0x7fffffffU) == 0x7f800000U ? Bits{} : low;
  }
};

/// high[j], low[j] = the parts of row[j], for j < n; n is a multiple of 16.
struct SplitRow {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* row, bfloat16* high, bfloat16* low,
                                     Index n) const {
    constexpr int w = Bytes / 4;
    using Half = simd::Vec<std::uint16_t, w>;
    for (Index j = 0; j < n; j += w) {
      simd::Vec<float, w> x;
      simd::load(x, row + j);
      const Halves<w> halves(x);
      const Half h = __builtin_convertvector(halves.high, Half);
      const Half l = __builtin_convertvector(halves.low, Half);
      __builtin_memcpy(static_cast<void*>(high + j), &h, sizeof(h));
      __builtin_memcpy(static_cast<void*>(low + j), &l, sizeof(l));
    }
  }
};

/// The parts of w values of two rows as units of 4 bytes: (even, odd) high, (even, odd) low.
template <int w>
LIMN_ALWAYS_INLINE void split_pair(const float* even, const float* odd, float* high, float* low) {
  simd::Vec<float, w> x, y;
  simd::load(x, even);
  simd::load(y, odd);
  const Halves<w> a(x), b(y);
  const typename Halves<w>::Bits h = a.high | (b.high << 16), l = a.low | (b.low << 16);
  __builtin_memcpy(static_cast<void*>(high), &h, sizeof(h));
  __builtin_memcpy(static_cast<void*>(low), &l, sizeof(l));
}

/// Rows m0 .. m0 + count, columns k0 .. k1 of a patch matrix of floats, as rows of `leading` high
/// and of `leading` low parts, zeros behind k1; `leading` is a multiple of 16; `row`: as many
/// floats.
struct GatherSplit {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const Patches<float>* p, Index m0, Index count, Index k0,
                                     Index k1, bfloat16* high, bfloat16* low, Index leading,
                                     float* row) const {
    for (Index q = 0; q < count; ++q, high += leading, low += leading) {
      GatherPatches<float, float>{}.template operator()<Bytes>(p, m0 + q, 1, k0, k1, row, leading);
      SplitRow{}.template operator()<Bytes>(row, high, low, leading);
    }
  }
};

}  // namespace limn::inline v0::cpu
