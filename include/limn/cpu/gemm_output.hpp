// SPDX-License-Identifier: MIT
// What happens to a finished tile of a product: bias, addition to what is there, moments,
// activation, rounding, storing.
#pragma once

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

  LIMN_ALWAYS_INLINE T* at(Index m) const {
    const Index area = out_h * out_w;
    return y + m / area * sample_stride + m % area / out_w * row_stride + m % out_w * column_stride;
  }
};

namespace detail {

/// v, rounded to T: statistics are those of what is stored.
template <class T, class V>
LIMN_ALWAYS_INLINE void as_stored(V& v) {
  if constexpr (!std::is_same_v<T, float>) {
    T rounded[simd::width<V>];
    simd::store(rounded, v);
    simd::load(v, rounded);
  }
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

/// Stores `count` rows, all of one sample, columns n0 .. n0 + n, from a tile with rows of `leading`
/// values; moments, if asked for, go to part `part`.
template <class T>
struct StoreTile {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const Output<T>* out, Index m0, Index count, Index n0, Index n,
                                     float* tile, Index leading, Index part) const {
    constexpr int w = Bytes / 4;
    using V = simd::Vec<float, w>;
    const bool moments = out->mean != nullptr;
    const float* bias = out->bias == nullptr ? nullptr : out->bias + n0;
    for (Index q = 0; q < count; ++q) {
      T* y = out->at(m0 + q) + n0;
      float* row = tile + q * leading;
      Index j = 0;
      for (; j + w <= n; j += w) {
        V v;
        simd::load(v, row + j);
        if (bias != nullptr) {
          V b;
          simd::load(b, bias + j);
          v += b;
        }
        if (out->accumulate) {
          V b;
          simd::load(b, y + j);
          v += b;
        }
        if (moments) {
          detail::as_stored<T>(v);
          simd::store(row + j, v);
        }
        detail::activate(v, out->activation);
        simd::store(y + j, v);
      }
      for (; j < n; ++j) {
        float v = row[j];
        if (bias != nullptr) v += bias[j];
        if (out->accumulate) v += static_cast<float>(y[j]);
        if (moments) row[j] = static_cast<float>(T(v));
        y[j] = T(out->activation(v));
      }
    }
    if (moments) {
      float* mean = out->mean + part * out->columns + n0;
      float* m2 = out->m2 + part * out->columns + n0;
      Index j = 0;
      for (; j + w <= n; j += w) moments_of<w>(tile + j, leading, count, mean + j, m2 + j);
      for (; j < n; ++j) moments_of_one(tile + j, leading, count, mean + j, m2 + j);
    }
  }

 private:
  template <int w>
  LIMN_ALWAYS_INLINE static void moments_of(const float* x, Index leading, Index count, float* mean,
                                            float* m2) {
    simd::Vec<float, w> total{}, squares{}, v, inverse;
    for (Index q = 0; q < count; ++q) {
      simd::load(v, x + q * leading);
      total += v;
    }
    simd::broadcast(inverse, 1.0F / static_cast<float>(count));
    total *= inverse;
    for (Index q = 0; q < count; ++q) {
      simd::load(v, x + q * leading);
      v -= total;
      squares = squares + v * v;
    }
    simd::store(mean, total);
    simd::store(m2, squares);
  }
  LIMN_ALWAYS_INLINE static void moments_of_one(const float* x, Index leading, Index count,
                                                float* mean, float* m2) {
    float total = 0, squares = 0;
    for (Index q = 0; q < count; ++q) total += x[q * leading];
    total /= static_cast<float>(count);
    for (Index q = 0; q < count; ++q)
      squares += (x[q * leading] - total) * (x[q * leading] - total);
    *mean = total;
    *m2 = squares;
  }
};

}  // namespace limn::inline v0::cpu
