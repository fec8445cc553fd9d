// SPDX-License-Identifier: MIT
// Adam on packs of weights, whatever their gradient comes from.
#pragma once

#include <cmath>

#include "limn/core/primitives/optimizer.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// Adam's numbers in the computing type.
template <class P>
struct AdamUpdate {
  P decay, beta1, rest1, beta2, rest2, epsilon;
  const P* rates;  ///< the two values of primitive::AdamRates, in device memory

  AdamUpdate(const primitive::AdamRule& r, const P* rates_in_memory)
      : decay(P(r.weight_decay)),
        beta1(P(r.beta1)),
        rest1(P(1 - r.beta1)),
        beta2(P(r.beta2)),
        rest2(P(1 - r.beta2)),
        epsilon(P(r.epsilon)),
        rates(rates_in_memory) {}

  struct Rates {
    P step_size, scale;
  };
  /// Read once, before anything is written.
  [[nodiscard]] LIMN_HOST_DEVICE Rates read_rates() const { return {rates[0], rates[1]}; }

  /// One step of the weights at w, with the gradients g.
  template <int width>
  LIMN_HOST_DEVICE void apply(const Rates& now, const Pack<P, width>& g, P* w, P* m, P* v) const {
    auto weight = load<width>(w), first = load<width>(m), second = load<width>(v);
    LIMN_UNROLL
    for (int e = 0; e < width; ++e) {
      const P gradient = g.value[e] + weight.value[e] * decay;
      first.value[e] = first.value[e] * beta1 + gradient * rest1;
      second.value[e] = second.value[e] * beta2 + (gradient * gradient) * rest2;
      weight.value[e] -=
          now.step_size * first.value[e] / (std::sqrt(second.value[e]) * now.scale + epsilon);
    }
    store(m, first);
    store(v, second);
    store(w, weight);
  }
};

/// Step of a flat pass, with a stored gradient.
template <class P>
struct AdamStep {
  AdamUpdate<P> adam;
  P* w;
  const P* gradient;
  P *m, *v;

  template <int width>
  LIMN_HOST_DEVICE void run(Index i) const {
    adam.template apply<width>(adam.read_rates(), load<width>(gradient + i), w + i, m + i, v + i);
  }
};

}  // namespace limn::inline v0::gpu
