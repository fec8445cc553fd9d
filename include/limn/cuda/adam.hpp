// SPDX-License-Identifier: MIT
// Adam on packs of weights, whatever their gradient comes from.
#pragma once

#include <cmath>
#include <optional>

#include "limn/core/primitives/optimizer.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// What one step writes, from some weight on.
template <class P>
struct AdamBuffers {
  P *w, *m, *v, *average;  ///< average: null, or of the weights

  [[nodiscard]] LIMN_HOST_DEVICE AdamBuffers from(Index at) const {
    return {w + at, m + at, v + at, average == nullptr ? nullptr : average + at};
  }
};

/// Adam's numbers in the computing type.
template <class P>
struct AdamUpdate {
  P decay, beta1, rest1, beta2, rest2, epsilon;
  bool bounded;
  P low, high;
  const P* rates;  ///< the values of primitive::AdamRates, in device memory

  AdamUpdate(const primitive::AdamRule& r, const std::optional<primitive::Bounds>& bounds,
             const P* rates_in_memory)
      : decay(P(r.weight_decay)),
        beta1(P(r.beta1)),
        rest1(P(1 - r.beta1)),
        beta2(P(r.beta2)),
        rest2(P(1 - r.beta2)),
        epsilon(P(r.epsilon)),
        bounded(bounds.has_value()),
        low(bounded ? P(bounds->low) : P(0)),
        high(bounded ? P(bounds->high) : P(0)),
        rates(rates_in_memory) {}

  struct Rates {
    P step_size, scale, average;
  };
  /// Read once, before anything is written.
  [[nodiscard]] LIMN_HOST_DEVICE Rates read_rates() const { return {rates[0], rates[1], rates[2]}; }

  /// One step of `width` weights, with the gradients g.
  template <int width>
  LIMN_HOST_DEVICE void apply(const Rates& now, const Pack<P, width>& g,
                              const AdamBuffers<P>& to) const {
    auto weight = load<width>(to.w), first = load<width>(to.m), second = load<width>(to.v);
    Pack<P, width> mean{};
    if (to.average != nullptr) mean = load<width>(to.average);
    LIMN_UNROLL
    for (int e = 0; e < width; ++e) {
      const P gradient = g.value[e] + weight.value[e] * decay;
      first.value[e] = first.value[e] * beta1 + gradient * rest1;
      second.value[e] = second.value[e] * beta2 + (gradient * gradient) * rest2;
      weight.value[e] -=
          now.step_size * first.value[e] / (std::sqrt(second.value[e]) * now.scale + epsilon);
      if (bounded) {
        weight.value[e] = weight.value[e] < low ? low : weight.value[e];
        weight.value[e] = weight.value[e] > high ? high : weight.value[e];
      }
    }
    store(to.m, first);
    store(to.v, second);
    store(to.w, weight);
    if (to.average == nullptr) return;
    LIMN_UNROLL
    for (int e = 0; e < width; ++e)
      mean.value[e] += (weight.value[e] - mean.value[e]) * now.average;
    store(to.average, mean);
  }
};

/// Step of a flat pass, with a stored gradient.
template <class P>
struct AdamStep {
  AdamUpdate<P> adam;
  const P* gradient;
  AdamBuffers<P> to;

  template <int width>
  LIMN_HOST_DEVICE void run(Index i) const {
    adam.template apply<width>(adam.read_rates(), load<width>(gradient + i), to.from(i));
  }
};

}  // namespace limn::inline v0::gpu
