// SPDX-License-Identifier: MIT
// Adam on registers of weights: with a stored gradient, and with one that is formed on the fly.
#pragma once

#include <cstdint>
#include <optional>

#include "limn/core/primitives/optimizer.hpp"
#include "limn/cpu/lanes.hpp"

namespace limn::inline v0::cpu {

/// v = sqrt(v) for v >= 0. Floats: Newton's method for 1 / sqrt(v) from a guess by the exponent,
/// and one correction, to about one unit in the last place, because a vectorized square root
/// depends on the user's flags.
template <class V>
LIMN_ALWAYS_INLINE void fast_sqrt(V& v) {
  if constexpr (sizeof(simd::lane_t<V>) == 8) {
    simd::sqrt(v);
  } else {
    using U = simd::Vec<std::uint32_t, simd::width<V>>;
    U u;
    __builtin_memcpy(&u, &v, sizeof(V));
    u = 0x5f3759dfU - (u >> 1);
    V y;
    __builtin_memcpy(&y, &u, sizeof(V));
    const V half = v * 0.5F;
    for (int i = 0; i < 3; ++i) y *= 1.5F - (half * y) * y;
    const V root = v * y;
    v = root + 0.5F * y * (v - root * root);
  }
}

/// v = min(max(v, low), high); NaN stays.
template <class V>
LIMN_ALWAYS_INLINE void clamp(V& v, simd::lane_t<V> low, simd::lane_t<V> high) {
  V bound;
  simd::broadcast(bound, low);
  v = v < bound ? bound : v;
  simd::broadcast(bound, high);
  v = v > bound ? bound : v;
}

/// What one step writes, from some weight on.
template <class P>
struct AdamBuffers {
  P *w, *m, *v, *average;  ///< average: null, or of the weights

  AdamBuffers(const auto& weights, const auto& first, const auto& second, const auto& mean)
      : w(weights.data()), m(first.data()), v(second.data()), average(mean.data_or_null()) {}
  [[nodiscard]] AdamBuffers from(Index at) const {
    AdamBuffers moved = *this;
    moved.w += at;
    moved.m += at;
    moved.v += at;
    if (average != nullptr) moved.average += at;
    return moved;
  }
};

/// Adam's numbers in the computing type.
template <class P>
struct AdamFactors {
  P decay, beta1, rest1, beta2, rest2, step_size, scale, average_rate, epsilon;
  bool bounded;
  P low, high;

  /// `rates`: the values of primitive::AdamRates
  AdamFactors(const primitive::AdamRule& r, const P* rates,
              const std::optional<primitive::Bounds>& bounds)
      : decay(P(r.weight_decay)),
        beta1(P(r.beta1)),
        rest1(P(1 - r.beta1)),
        beta2(P(r.beta2)),
        rest2(P(1 - r.beta2)),
        step_size(rates[0]),
        scale(rates[1]),
        average_rate(rates[2]),
        epsilon(P(r.epsilon)),
        bounded(bounds.has_value()),
        low(bounded ? P(bounds->low) : P(0)),
        high(bounded ? P(bounds->high) : P(0)) {}

  /// One step of the weights from i on, with the gradient g.
  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void apply(V& g, const AdamBuffers<P>& to, Index i, const Lanes& lanes) const {
    V weight, first, second, mean{};
    if (to.average != nullptr) lanes.load(mean, to.average + i);
    lanes.load(weight, to.w + i);
    lanes.load(first, to.m + i);
    lanes.load(second, to.v + i);
    g += weight * decay;
    first = first * beta1 + g * rest1;
    second = second * beta2 + (g * g) * rest2;
    lanes.store(to.m + i, first);
    lanes.store(to.v + i, second);
    fast_sqrt(second);
    weight -= step_size * first / (second * scale + epsilon);
    if (bounded) clamp(weight, low, high);
    lanes.store(to.w + i, weight);
    if (to.average == nullptr) return;
    mean += (weight - mean) * average_rate;
    lanes.store(to.average + i, mean);
  }
};

template <class P>
struct AdamPassStep {
  AdamFactors<P> factors;
  const P* gradient;
  AdamBuffers<P> to;

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V g;
    lanes.load(g, gradient + i);
    factors.apply(g, to, i, lanes);
  }
};

/// One layer's inputs and output gradients.
template <class T>
struct RawFactors {
  const T *x, *dy;
  Index samples;
};

/// Adam for part of one row of weights, from column `column` on: the gradient is summed over
/// samples in a register and never stored.
template <class T>
struct AdamOuterStep {
  AdamFactors<param_t<T>> factors;
  const RawFactors<T>* layers;
  Index layer_count, rows, columns, row, column;
  AdamBuffers<param_t<T>> to;  ///< at (row, column)

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V g{}, x;
    for (Index l = 0; l < layer_count; ++l) {
      const RawFactors<T>& f = layers[l];
      for (Index n = 0; n < f.samples; ++n) {
        lanes.load(x, f.x + n * columns + column + i);
        g += x * static_cast<param_t<T>>(f.dy[n * rows + row]);
      }
    }
    factors.apply(g, to, i, lanes);
  }
};

}  // namespace limn::inline v0::cpu
