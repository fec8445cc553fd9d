// SPDX-License-Identifier: MIT
// Patches: which memory the taps of each output pixel see. Padding, stride, dilation of gradients
// and upsampling are in two small tables of offsets; nothing is copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/simd.hpp"

namespace limn::inline v0::cpu {

/// Hands out 64-byte aligned parts of a workspace. On no memory it only counts.
class Arena {
 public:
  explicit Arena(std::byte* base) : base_(base) {}
  template <class T>
  [[nodiscard]] T* take(Index count) {
    const std::size_t at = used_;
    used_ += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + at);
  }
  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] bool counts() const { return base_ == nullptr; }

 private:
  std::byte* base_;
  std::size_t used_ = 0;
};

/// Row m of the patch matrix [samples * out_h * out_w, taps_h * taps_w * channels]. A row of a
/// plain matrix is a patch of one tap (`leading` > 0: row m begins at a + m * leading).
template <class T>
struct Patches {
  const T* a = nullptr;
  Index channels = 0;
  Index taps_h = 1, taps_w = 1;
  Index samples = 1, out_h = 1, out_w = 1;
  Index sample_stride = 0;
  Index leading = 0;
  /// Offsets [out_h][taps_h] and [out_w][taps_w] in elements; negative: zeros. From one tap to the
  /// next they move by at most `channels` (a row's length).
  const Index* rows = nullptr;
  const Index* cols = nullptr;
  /// taps_w * channels zeros.
  const T* zeros = nullptr;

  [[nodiscard]] Index taps() const { return taps_h * taps_w; }
  [[nodiscard]] Index depth() const { return taps() * channels; }
  [[nodiscard]] Index area() const { return out_h * out_w; }
  [[nodiscard]] Index count() const { return samples * area(); }
  [[nodiscard]] Index zeros_needed() const { return std::max<Index>(taps_w, 1) * channels; }

  /// Are the taps of a row neighbours in memory for pixels of column j? Steps are at most one
  /// pixel, so the ends tell.
  LIMN_ALWAYS_INLINE bool run(Index j) const {
    const Index* col = cols + j * taps_w;
    return col[0] >= 0 && col[taps_w - 1] - col[0] == (taps_w - 1) * channels;
  }

  /// What tap (r, s) of pixel (n, i, j) sees: `channels` values.
  LIMN_ALWAYS_INLINE const T* at(Index n, Index i, Index j, Index r, Index s) const {
    const Index row = rows[i * taps_h + r], col = cols[j * taps_w + s];
    return row < 0 || col < 0 ? zeros : a + n * sample_stride + row + col;
  }

  /// Pointers to[tap - t0][pixel] of taps t0 .. t1, pixels m0 .. m0 + count, each `offset` elements
  /// on. Where the taps of a row lie side by side for all pixels, one pointer per row of taps is
  /// enough. Returns the taps that one pointer stands for.
  Index point(Index m0, Index count, Index t0, Index t1, Index offset, const void** to) const {
    if (t0 == t1) return 1;
    if (leading > 0) {
      for (Index q = 0; q < count; ++q) to[q] = a + (m0 + q) * leading + offset;
      return 1;
    }
    Index n = m0 / area(), i = m0 % area() / out_w, j = m0 % out_w;
    const Index first = j;
    bool runs = taps_w > 1 && t0 % taps_w == 0 && t1 % taps_w == 0;
    for (Index q = 0, at = first; runs && q < count; ++q, at = at + 1 == out_w ? 0 : at + 1)
      runs = run(at);
    const Index step = runs ? taps_w : 1;
    for (Index q = 0; q < count; ++q) {
      const T* base = a + n * sample_stride;
      const Index* row = rows + i * taps_h;
      const Index* col = cols + j * taps_w;
      const void** out = to + q;
      if (runs) {
        for (Index r = t0 / taps_w; r < t1 / taps_w; ++r, out += count)
          *out = row[r] < 0 ? zeros : base + row[r] + col[0];
      } else {
        Index r = t0 / taps_w, s = t0 % taps_w;
        for (Index t = t0; t < t1; ++t, out += count) {
          *out = row[r] < 0 || col[s] < 0 ? zeros + offset : base + row[r] + col[s] + offset;
          if (++s == taps_w) {
            s = 0;
            ++r;
          }
        }
      }
      if (++j == out_w) {
        j = 0;
        if (++i == out_h) {
          i = 0;
          ++n;
        }
      }
    }
    return step;
  }
};

/// What one tap sees of one pixel after the other, from pixel m and channel `offset` on.
template <class T>
struct TapWalk {
  const Patches<T>& p;
  Index n, i, j, r, s, offset;

  LIMN_ALWAYS_INLINE TapWalk(const Patches<T>& of, Index m, Index tap, Index channel)
      : p(of),
        n(m / p.area()),
        i(m % p.area() / p.out_w),
        j(m % p.out_w),
        r(tap / p.taps_w),
        s(tap % p.taps_w),
        offset(channel) {}

  LIMN_ALWAYS_INLINE const T* next() {
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

/// Copies columns k0 .. k1 of `count` rows of the patch matrix from row m0 on to `to`, rows of
/// `leading` values, the rest of which become zero.
template <class T, class TK>
struct GatherPatches {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const Patches<T>* p, Index m0, Index count, Index k0, Index k1,
                                     TK* to, Index leading) const {
    if (p->leading > 0) {
      for (Index q = 0; q < count; ++q, to += leading) {
        copy<Bytes>(p->a + (m0 + q) * p->leading + k0, to, k1 - k0);
        for (Index k = k1 - k0; k < leading; ++k) to[k] = TK(0.0F);
      }
      return;
    }
    const Index channels = p->channels, row_of_taps = p->taps_w * channels;
    const Index tap = k0 < k1 ? k0 / channels : 0;
    if (k0 < k1 && k1 <= (tap + 1) * channels) {
      TapWalk<T> walk(*p, m0, tap, k0 - tap * channels);
      for (Index q = 0; q < count; ++q, to += leading) {
        copy<Bytes>(walk.next(), to, k1 - k0);
        for (Index k = k1 - k0; k < leading; ++k) to[k] = TK(0.0F);
      }
      return;
    }
    Index n = m0 / p->area(), i = m0 % p->area() / p->out_w, j = m0 % p->out_w;
    for (Index q = 0; q < count; ++q, to += leading) {
      TK* out = to;
      if (k0 < k1) {
        const bool run = p->run(j);
        Index r = k0 / row_of_taps, c = k0 % row_of_taps;
        for (Index k = k0; k < k1;) {
          // as much of this row of taps as lies side by side, else the rest of one tap
          const Index end = run ? row_of_taps : (c / channels + 1) * channels;
          const Index length = std::min(end - c, k1 - k);
          const Index row = p->rows[i * p->taps_h + r];
          const Index col = p->cols[j * p->taps_w + (run ? 0 : c / channels)];
          const T* from = row < 0 || col < 0
                              ? p->zeros
                              : p->a + n * p->sample_stride + row + col + (run ? c : c % channels);
          copy<Bytes>(from, out, length);
          out += length;
          k += length;
          c += length;
          if (c == row_of_taps) {
            c = 0;
            ++r;
          }
        }
      }
      for (TK* end = to + leading; out < end; ++out) *out = TK(0.0F);
      if (++j == p->out_w) {
        j = 0;
        if (++i == p->out_h) {
          i = 0;
          ++n;
        }
      }
    }
  }

 private:
  template <int Bytes>
  LIMN_ALWAYS_INLINE static void copy(const T* from, TK* to, Index length) {
    if constexpr (std::is_same_v<T, bfloat16> && std::is_same_v<TK, bfloat16>) {
      __builtin_memcpy(static_cast<void*>(to), from, static_cast<std::size_t>(length) * sizeof(T));
    } else {
      constexpr int w = Bytes / 4;
      simd::Vec<float, w> v;
      Index i = 0;
      for (; i + w <= length; i += w) {
        simd::load(v, from + i);
        simd::store(to + i, v);
      }
      if (i < length && length >= w) {  // the last whole vector, over again
        simd::load(v, from + length - w);
        simd::store(to + length - w, v);
        return;
      }
      if constexpr (w >= 16) {
        if (length >= 8 && i < length) return ends<8>(from, to, length);
      }
      if constexpr (w >= 8) {
        if (length >= 4 && i < length) return ends<4>(from, to, length);
      }
      for (; i < length; ++i) to[i] = TK(static_cast<float>(from[i]));
    }
  }
  // w to 2 w values, as two vectors that may overlap.
  template <int w>
  LIMN_ALWAYS_INLINE static void ends(const T* from, TK* to, Index length) {
    simd::Vec<float, w> first, last;
    simd::load(first, from);
    simd::load(last, from + length - w);
    simd::store(to, first);
    simd::store(to + length - w, last);
  }
};

/// Positions along one axis, and taps at each.
struct TableAxis {
  Index positions, taps;
};

/// Patches of `a`, all its channels, through tables that the caller fills (unless the arena
/// counts): rows[position * taps + tap] and cols likewise, offsets of elements, negative for zeros.
template <class T>
struct TabledPatches {
  Patches<T> patches;
  Index *rows, *cols;
};
template <class T>
[[nodiscard]] TabledPatches<T> patches_by_tables(const T* a, const Shape& shape, TableAxis vertical,
                                                 TableAxis horizontal, Arena& arena) {
  TabledPatches<T> t;
  t.rows = arena.take<Index>(vertical.positions * vertical.taps);
  t.cols = arena.take<Index>(horizontal.positions * horizontal.taps);
  auto& p = t.patches;
  p.a = a;
  p.channels = shape.c;
  p.taps_h = vertical.taps;
  p.taps_w = horizontal.taps;
  p.samples = shape.n;
  p.out_h = vertical.positions;
  p.out_w = horizontal.positions;
  p.sample_stride = shape.sample();
  p.rows = t.rows;
  p.cols = t.cols;
  return t;
}

}  // namespace limn::inline v0::cpu
