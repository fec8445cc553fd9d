// SPDX-License-Identifier: MIT
// What happens to a finished tile of a product: bias, addition to what is there, moments,
// activation, rounding, storing.
#pragma once

#include <cstdint>
#include <type_traits>

#include "limn/core/activation.hpp"
#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/simd_math.hpp"

namespace limn::inline v0::cpu {

/// Where row m = (sample, i, j) of a product goes, and what is done on the way. `mean` and `m2` are
/// [parts][columns]: one part is a run of rows of one sample.
template <class T>
struct Output {
  T* y = nullptr;
  Index out_h = 1, out_w = 1, columns = 0;
  Index sample_stride = 0, row_stride = 0, column_stride = 0;
  const float* bias = nullptr;
  Activation activation{};
  bool accumulate = false;
  float* mean = nullptr;
  float* m2 = nullptr;
};

/// Where one row of a product after the other goes, from row m on.
template <class T>
struct OutputWalk {
  const Output<T>& out;
  Index i, j;
  T* sample;
  T* row;
  T* at;

  LIMN_ALWAYS_INLINE OutputWalk(const Output<T>& of, Index m, Index column)
      : out(of),
        i(m % (of.out_h * of.out_w) / of.out_w),
        j(m % of.out_w),
        sample(of.y + m / (of.out_h * of.out_w) * of.sample_stride + column),
        row(sample + i * of.row_stride),
        at(row + j * of.column_stride) {}

  LIMN_ALWAYS_INLINE void next() {
    at += out.column_stride;
    if (++j < out.out_w) return;
    j = 0;
    row += out.row_stride;
    if (++i == out.out_h) {
      i = 0;
      sample += out.sample_stride;
      row = sample;
    }
    at = row;
  }
};

namespace detail {

/// v, rounded to bfloat16, as the bits of which; v becomes what they stand for.
template <class V>
LIMN_ALWAYS_INLINE void round_in_place(V& v, simd::Vec<std::uint32_t, simd::width<V>>& bits) {
  simd::round_to_bfloat16(v, bits);
  const auto wide = bits << 16;
  __builtin_memcpy(&v, &wide, sizeof(v));
}

/// v, rounded to T: statistics are those of what is stored.
template <class T, class V>
LIMN_ALWAYS_INLINE void as_stored(V& v) {
  simd::Vec<std::uint32_t, simd::width<V>> bits;
  if constexpr (!std::is_same_v<T, float>) round_in_place(v, bits);
}

template <class V>
LIMN_ALWAYS_INLINE void activate(V& v, const Activation& f) {
  if (f.kind == Activation::Kind::none) return;
  if (f.kind == Activation::Kind::tanh) {
    simd::tanh(v);
    return;
  }
  V slope;
  simd::broadcast(slope, f.kind == Activation::Kind::relu ? 0.0F : f.slope);
  const V scaled = v * slope;
  v = v > V{} ? v : scaled;
}

}  // namespace detail

/// Stores `count` rows, all of one sample if there are moments, columns n0 .. n0 + n, from a tile
/// with rows of `leading` values; moments, if asked for, go to part `part`. They are those of what
/// is stored, before an activation.
template <class T>
struct StoreTile {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const Output<T>* out, Index m0, Index count, Index n0, Index n,
                                     float* tile, Index leading, Index part) const {
    constexpr int w = Bytes / 4;
    const Rows rows{out, m0, count, n0, tile, leading, part};
    Index j = 0;
    for (; j + 4 * w <= n; j += 4 * w) columns<w, 4>(rows, j);
    for (; j + 2 * w <= n; j += 2 * w) columns<w, 2>(rows, j);
    for (; j + w <= n; j += w) columns<w, 1>(rows, j);
    for (; j < n; ++j) column(rows, j);
  }

 private:
  struct Rows {
    const Output<T>* out;
    Index m0, count, n0;
    float* tile;
    Index leading, part;
  };

  /// N vectors of columns from j on: their sums do not wait for each other.
  template <int w, int N>
  LIMN_ALWAYS_INLINE static void columns(const Rows& rows, Index j) {
    using V = simd::Vec<float, w>;
    const Output<T>& out = *rows.out;
    const bool moments = out.mean != nullptr, plain = out.activation.kind == Activation::Kind::none;
    V bias[N], total[N];
#pragma GCC unroll 4
    for (int k = 0; k < N; ++k) {
      bias[k] = V{};
      total[k] = V{};
      if (out.bias != nullptr) simd::load(bias[k], out.bias + rows.n0 + j + k * w);
    }
    OutputWalk<T> walk(out, rows.m0, rows.n0 + j);
    float* row = rows.tile + j;
    for (Index q = 0; q < rows.count; ++q, row += rows.leading, walk.next()) {
#pragma GCC unroll 4
      for (int k = 0; k < N; ++k) {
        V v, before;
        simd::load(v, row + k * w);
        if (out.bias != nullptr) v += bias[k];
        if (out.accumulate) {
          simd::load(before, walk.at + k * w);
          v += before;
        }
        if (!moments || !plain) {
          V stored = v;
          detail::activate(stored, out.activation);
          simd::store(walk.at + k * w, stored);
        }
        if (!moments) continue;
        if constexpr (std::is_same_v<T, float>) {
          if (plain) simd::store(walk.at + k * w, v);
        } else {
          store_rounded(v, plain ? walk.at + k * w : nullptr);
        }
        simd::store(row + k * w, v);
        total[k] += v;
      }
    }
    if (moments) finish<w, N>(rows, j, total);
  }

  /// v becomes what is stored of it, and is, unless `to` is null.
  template <class V>
  LIMN_ALWAYS_INLINE static void store_rounded(V& v, T* to) {
    simd::Vec<std::uint32_t, simd::width<V>> bits;
    detail::round_in_place(v, bits);
    if (to == nullptr) return;
    const auto half = __builtin_convertvector(bits, simd::Vec<std::uint16_t, simd::width<V>>);
    __builtin_memcpy(static_cast<void*>(to), &half, sizeof(half));
  }

  template <int w, int N>
  LIMN_ALWAYS_INLINE static void finish(const Rows& rows, Index j, simd::Vec<float, w> (&mean)[N]) {
    simd::Vec<float, w> squares[N], v, inverse;
    simd::broadcast(inverse, 1.0F / static_cast<float>(rows.count));
    const Index at = rows.part * rows.out->columns + rows.n0 + j;
#pragma GCC unroll 4
    for (int k = 0; k < N; ++k) {
      squares[k] = simd::Vec<float, w>{};
      mean[k] *= inverse;
    }
    const float* row = rows.tile + j;
    for (Index q = 0; q < rows.count; ++q, row += rows.leading) {
#pragma GCC unroll 4
      for (int k = 0; k < N; ++k) {
        simd::load(v, row + k * w);
        v -= mean[k];
        squares[k] = squares[k] + v * v;
      }
    }
#pragma GCC unroll 4
    for (int k = 0; k < N; ++k) {
      simd::store(rows.out->mean + at + k * w, mean[k]);
      simd::store(rows.out->m2 + at + k * w, squares[k]);
    }
  }

  LIMN_ALWAYS_INLINE static void column(const Rows& rows, Index j) {
    const Output<T>& out = *rows.out;
    const bool moments = out.mean != nullptr;
    OutputWalk<T> walk(out, rows.m0, rows.n0 + j);
    float total = 0, squares = 0;
    float* row = rows.tile + j;
    for (Index q = 0; q < rows.count; ++q, row += rows.leading, walk.next()) {
      float v = *row;
      if (out.bias != nullptr) v += out.bias[rows.n0 + j];
      if (out.accumulate) v += static_cast<float>(*walk.at);
      if (moments) {
        *row = static_cast<float>(T(v));
        total += *row;
      }
      *walk.at = T(out.activation(v));
    }
    if (!moments) return;
    total /= static_cast<float>(rows.count);
    row = rows.tile + j;
    for (Index q = 0; q < rows.count; ++q, row += rows.leading)
      squares += (*row - total) * (*row - total);
    out.mean[rows.part * out.columns + rows.n0 + j] = total;
    out.m2[rows.part * out.columns + rows.n0 + j] = squares;
  }
};

}  // namespace limn::inline v0::cpu
