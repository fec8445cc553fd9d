// SPDX-License-Identifier: MIT
// The right-hand side of a product, B[K, N], K = taps x channels, repacked into panels of a few
// vectors' width, so that kernels read it straight through.
#pragma once

#include <type_traits>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_micro.hpp"
#include "limn/cpu/isa.hpp"

namespace limn::inline v0::cpu {

/// Where B's elements lie: (tap, channel, n) at b[tap_offset[tap] + channel*channel_stride +
/// n*column_stride]. A plain matrix has one tap and no tap_offset.
template <class TB>
struct Weights {
  const TB* b = nullptr;
  Index channels = 0, columns = 0;
  Index channel_stride = 1, column_stride = 1;
  const Index* tap_offset = nullptr;

  [[nodiscard]] const TB* tap(Index t) const {
    return tap_offset == nullptr ? b : b + tap_offset[t];
  }
};

/// Panels over N columns. Widths and offsets follow from the instruction set and N alone.
struct Panels {
  Isa isa = Isa::portable;
  Index columns = 0;

  struct Panel {
    Index first, width;
  };
  [[nodiscard]] Index count() const {
    const int w = panel_width(isa, columns);
    Index n = columns / w;
    for (Index left = columns % w; left > 0; left -= panel_width(isa, left)) ++n;
    return n;
  }
  [[nodiscard]] Panel operator[](Index i) const {
    Index first = 0;
    const int widest = panel_width(isa, columns);
    const Index whole = columns / widest;
    if (i < whole) return {i * widest, widest};
    first = whole * widest;
    for (Index k = whole; k < i; ++k) first += panel_width(isa, columns - first);
    return {first, panel_width(isa, columns - first)};
  }
  /// N rounded up to whole panels.
  [[nodiscard]] Index padded() const {
    const auto last = (*this)[count() - 1];
    return last.first + last.width;
  }
};

namespace detail {

/// 4x4 transposed, by 16-byte shuffles that every x86-64 and aarch64 has.
LIMN_ALWAYS_INLINE void transpose4(const float* from, Index from_leading, float* to,
                                   Index to_leading) {
  using V = simd::Vec<float, 4>;
  V a, b, c, d;
  simd::load(a, from);
  simd::load(b, from + from_leading);
  simd::load(c, from + 2 * from_leading);
  simd::load(d, from + 3 * from_leading);
  const V ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
          AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const V cd = __builtin_shufflevector(c, d, 0, 4, 1, 5),
          CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const V r0 = __builtin_shufflevector(ab, cd, 0, 1, 4, 5),
          r1 = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  const V r2 = __builtin_shufflevector(AB, CD, 0, 1, 4, 5),
          r3 = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
  simd::store(to, r0);
  simd::store(to + to_leading, r1);
  simd::store(to + 2 * to_leading, r2);
  simd::store(to + 3 * to_leading, r3);
}

/// One tap's channels c0 .. c1 of columns n0 .. n0 + width into to[channel][width].
template <class TB>
void pack_tap(const Weights<TB>& w, Index tap, Index c0, Index c1, Index n0, Index width,
              float* to) {
  const Index n = w.columns - n0 < width ? w.columns - n0 : width;
  const TB* from = w.tap(tap) + n0 * w.column_stride + c0 * w.channel_stride;
  const Index depth = c1 - c0;
  Index columns_done = 0;
  if constexpr (std::is_same_v<TB, float>) {
    if (w.channel_stride == 1) {
      constexpr Index block = 64;  // what is written stays in the first cache
      const Index whole = depth / 4 * 4;
      for (Index k0 = 0; k0 < whole; k0 += block) {
        const Index k1 = k0 + block < whole ? k0 + block : whole;
        for (Index j = 0; j + 4 <= n; j += 4)
          for (Index k = k0; k < k1; k += 4)
            transpose4(from + j * w.column_stride + k, w.column_stride, to + k * width + j, width);
      }
      columns_done = n / 4 * 4;
      for (Index k = whole; k < depth; ++k)
        for (Index j = 0; j < columns_done; ++j) to[k * width + j] = from[j * w.column_stride + k];
    }
  }
  for (Index k = 0; k < depth; ++k) {
    float* row = to + k * width;
    const TB* source = from + k * w.channel_stride;
    for (Index j = columns_done; j < n; ++j)
      row[j] = static_cast<float>(source[j * w.column_stride]);
    for (Index j = n; j < width; ++j) row[j] = 0.0F;
  }
}

}  // namespace detail

/// Rows k0 .. k1 of B (k = tap * channels + channel), columns n0 .. n0 + width, as float rows of
/// `width`; columns beyond N become zero.
template <class TB>
void pack_panel(const Weights<TB>& w, Index k0, Index k1, Index n0, Index width, float* to) {
  for (Index k = k0; k < k1;) {
    const Index tap = k / w.channels, c0 = k % w.channels;
    const Index c1 = w.channels - c0 < k1 - k ? w.channels : c0 + (k1 - k);
    detail::pack_tap(w, tap, c0, c1, n0, width, to);
    to += (c1 - c0) * width;
    k += c1 - c0;
  }
}

/// The same as pairs of bfloat16 [(k1 - k0 + 1) / 2][width][2] for dot products of pairs; k0 even.
/// A missing last partner is zero.
template <class TB>
void pack_panel(const Weights<TB>& w, Index k0, Index k1, Index n0, Index width, bfloat16* to) {
  const Index n = w.columns - n0 < width ? w.columns - n0 : width;
  for (Index k = k0; k < k1; k += 2, to += 2 * width) {
    const Index other = k + 1 < k1 ? k + 1 : k;
    const TB* a = w.tap(k / w.channels) + k % w.channels * w.channel_stride + n0 * w.column_stride;
    const TB* b =
        w.tap(other / w.channels) + other % w.channels * w.channel_stride + n0 * w.column_stride;
    for (Index j = 0; j < n; ++j) {
      to[2 * j] = bfloat16(static_cast<float>(a[j * w.column_stride]));
      to[2 * j + 1] =
          other == k ? bfloat16() : bfloat16(static_cast<float>(b[j * w.column_stride]));
    }
    for (Index j = 2 * n; j < 2 * width; ++j) to[j] = bfloat16();
  }
}

}  // namespace limn::inline v0::cpu
