// SPDX-License-Identifier: MIT
// The right-hand side of a product, B[K, N], K = taps x channels, repacked into panels of a few
// vectors' width, so that kernels read it straight through.
#pragma once

#include <algorithm>
#include <type_traits>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_micro.hpp"
#include "limn/cpu/gemm_transpose.hpp"
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

/// One tap's channels c0 .. c1 of columns n0 .. n0 + width into to[channel][width].
template <class TB>
void pack_tap([[maybe_unused]] Isa isa, const Weights<TB>& w, Index tap, Index c0, Index c1,
              Index n0, Index width, float* to) {
  const Index n = w.columns - n0 < width ? w.columns - n0 : width;
  const TB* from = w.tap(tap) + n0 * w.column_stride + c0 * w.channel_stride;
  const Index depth = c1 - c0;
  Index done = 0;  // columns of which `whole` rows are written
  Index whole = depth;
  if constexpr (std::is_same_v<TB, float>) {
    if (w.column_stride == 1) {
      for (Index k = 0; k < depth; ++k) std::copy_n(from + k * w.channel_stride, n, to + k * width);
      done = n;
    } else if (w.channel_stride == 1) {
#if LIMN_X86_64
      if (isa >= Isa::avx512 && depth >= 16) {
        whole = depth / 16 * 16;
        for (; done + 16 <= n; done += 16)
          transpose_columns16(from + done * w.column_stride, w.column_stride, whole, to + done,
                              width);
      }
#endif
      if (done == 0) {
        whole = depth / 4 * 4;
        for (; done + 4 <= n; done += 4)
          for (Index k = 0; k < whole; k += 4)
            transpose4(from + done * w.column_stride + k, w.column_stride, to + k * width + done,
                       width);
      }
    }
  }
  for (Index k = 0; k < depth; ++k) {
    float* row = to + k * width;
    const TB* source = from + k * w.channel_stride;
    for (Index j = k < whole ? done : 0; j < n; ++j)
      row[j] = static_cast<float>(source[j * w.column_stride]);
    for (Index j = n; j < width; ++j) row[j] = 0.0F;
  }
}

}  // namespace detail

/// Rows k0 .. k1 of B (k = tap * channels + channel), columns n0 .. n0 + width, as float rows of
/// `width`; columns beyond N become zero.
template <class TB>
void pack_panel(Isa isa, const Weights<TB>& w, Index k0, Index k1, Index n0, Index width,
                float* to) {
  for (Index k = k0; k < k1;) {
    const Index tap = k / w.channels, c0 = k % w.channels;
    const Index c1 = std::min(w.channels, c0 + (k1 - k));
    detail::pack_tap(isa, w, tap, c0, c1, n0, width, to);
    to += (c1 - c0) * width;
    k += c1 - c0;
  }
}

/// The same as pairs of bfloat16 [(k1 - k0 + 1) / 2][width][2] for dot products of pairs; k0 even.
/// A missing last partner is zero. Only for Isa::avx512_bf16 and above.
template <class TB>
void pack_panel([[maybe_unused]] Isa isa, const Weights<TB>& w, Index k0, Index k1, Index n0,
                Index width, bfloat16* to) {
  const Index n = std::min(width, w.columns - n0);
  for (Index k = k0; k < k1;) {
    Index done = 0, rows = 2;  // columns done of the next `rows` rows
#if LIMN_X86_64
    if constexpr (std::is_same_v<TB, float>) {
      const Index c = k % w.channels, left = std::min(w.channels - c, k1 - k);
      const float* from = w.tap(k / w.channels) + c * w.channel_stride + n0 * w.column_stride;
      if (w.column_stride == 1 && left >= 2) {
        done = n / 16 * 16;
        detail::interleave_pairs(from, from + w.channel_stride, done, to);
      } else if (w.channel_stride == 1 && left >= 32) {
        rows = left / 32 * 32;
        for (; done + 16 <= n; done += 16)
          detail::transpose_pairs16(from + done * w.column_stride, w.column_stride, rows,
                                    to + 2 * done, width);
      }
    }
#endif
    for (const Index end = std::min(k1, k + rows); k < end; k += 2, to += 2 * width) {
      const bool pair = k + 1 < k1;
      const Index other = pair ? k + 1 : k;
      const TB* a = w.tap(k / w.channels) + k % w.channels * w.channel_stride;
      const TB* b = w.tap(other / w.channels) + other % w.channels * w.channel_stride;
      for (Index j = done; j < n; ++j) {
        const Index at = (n0 + j) * w.column_stride;
        to[2 * j] = bfloat16(static_cast<float>(a[at]));
        to[2 * j + 1] = pair ? bfloat16(static_cast<float>(b[at])) : bfloat16();
      }
      for (Index j = 2 * n; j < 2 * width; ++j) to[j] = bfloat16();
    }
  }
}

}  // namespace limn::inline v0::cpu
