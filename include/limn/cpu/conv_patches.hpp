// SPDX-License-Identifier: MIT
// Patches: which memory the taps of each output pixel see. Padding, stride, dilation of gradients
// and upsampling are in two small tables of offsets; nothing is copied.
#pragma once

#include <cstddef>
#include <cstdint>

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
  /// Offsets [out_h][taps_h] and [out_w][taps_w] in elements; negative: zeros.
  const Index* rows = nullptr;
  const Index* cols = nullptr;
  /// `channels` zeros.
  const T* zeros = nullptr;

  [[nodiscard]] Index taps() const { return taps_h * taps_w; }
  [[nodiscard]] Index depth() const { return taps() * channels; }
  [[nodiscard]] Index area() const { return out_h * out_w; }
  [[nodiscard]] Index count() const { return samples * area(); }

  /// What tap (r, s) of pixel m sees: `channels` values.
  LIMN_ALWAYS_INLINE const T* at(Index n, Index i, Index j, Index r, Index s) const {
    const Index row = rows[i * taps_h + r], col = cols[j * taps_w + s];
    return row < 0 || col < 0 ? zeros : a + n * sample_stride + row + col;
  }

  /// Pointers [taps t0 .. t1)[count] of pixels m0 .. m0 + count, each `offset` elements on.
  void point(Index m0, Index count, Index t0, Index t1, Index offset, const void** to) const {
    if (t0 == t1) return;
    for (Index q = 0; q < count; ++q) {
      const Index m = m0 + q;
      if (leading > 0) {
        to[q] = a + m * leading + offset;
        continue;
      }
      const Index n = m / area(), i = m % area() / out_w, j = m % out_w;
      Index r = t0 / taps_w, s = t0 % taps_w;
      for (Index t = t0; t < t1; ++t) {
        to[(t - t0) * count + q] = at(n, i, j, r, s) + offset;
        if (++s == taps_w) {
          s = 0;
          ++r;
        }
      }
    }
  }
};

/// Copies columns k0 .. k1 of `count` rows of the patch matrix from row m0 on to `to`, rows of
/// `leading` values, the rest of which become zero.
template <class T, class TK>
struct GatherPatches {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const Patches<T>* p, Index m0, Index count, Index k0, Index k1,
                                     TK* to, Index leading) const {
    for (Index q = 0; q < count; ++q, to += leading) {
      const Index m = m0 + q;
      const Index n = m / p->area(), i = m % p->area() / p->out_w, j = m % p->out_w;
      TK* out = to;
      if (p->leading > 0) {
        copy<Bytes>(p->a + m * p->leading + k0, out, k1 - k0);
        out += k1 - k0;
      } else if (k0 < k1) {
        Index k = k0;
        Index tap = k0 / p->channels, c = k0 % p->channels;
        Index r = tap / p->taps_w, s = tap % p->taps_w;
        while (k < k1) {
          const T* from = p->at(n, i, j, r, s);
          Index length = p->channels - c;
          const T* begin = from + c;
          // neighbouring taps that are neighbours in memory
          ++s;
          while (s < p->taps_w && length < k1 - k && from != p->zeros &&
                 p->at(n, i, j, r, s) == from + p->channels) {
            from += p->channels;
            length += p->channels;
            ++s;
          }
          if (length > k1 - k) length = k1 - k;
          copy<Bytes>(begin, out, length);
          out += length;
          k += length;
          c = 0;
          if (s == p->taps_w) {
            s = 0;
            ++r;
          }
        }
      }
      for (TK* end = to + leading; out < end; ++out) *out = TK(0.0F);
    }
  }

 private:
  template <int Bytes>
  LIMN_ALWAYS_INLINE static void copy(const T* from, TK* to, Index length) {
    constexpr int w = Bytes / 4;
    Index i = 0;
    if constexpr (std::is_same_v<T, TK> && sizeof(T) == 2) {
      __builtin_memcpy(static_cast<void*>(to), from, static_cast<std::size_t>(length) * sizeof(T));
      i = length;
    } else {
      simd::Vec<float, w> v;
      for (; i + w <= length; i += w) {
        simd::load(v, from + i);
        simd::store(to + i, v);
      }
    }
    for (; i < length; ++i) to[i] = TK(static_cast<float>(from[i]));
  }
};

}  // namespace limn::inline v0::cpu
