// SPDX-License-Identifier: MIT
// Transcendental functions in registers: see simd.hpp for how to use them.
//   tanh(x) = x + x^3 P(x^2)                    for |x| < 5/8 (P: Cephes, tanhf.c)
//           = sign(x) (1 - 2 / (exp(2 |x|) + 1))  above; exp by 2^n and a polynomial on [-ln2/2,
//             ln2/2].
#pragma once

#include <cmath>
#include <cstdint>

#include "limn/cpu/simd.hpp"

namespace limn::inline v0::simd {

namespace detail {

/// v = exp(v) for floats in [0, 64], to about one unit in the last place.
template <class V>
LIMN_ALWAYS_INLINE void exp_positive(V& v) {
  using I = Vec<std::int32_t, width<V>>;
  const I n = __builtin_convertvector(v * 1.44269504F + 0.5F, I);
  const V whole = __builtin_convertvector(n, V);
  V r = v - whole * 0.693359375F;  // ln 2 in two pieces, the first without rounding
  r = r + whole * 2.12194440e-4F;
  V p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  const I power = (n + 127) << 23;
  V scale;
  __builtin_memcpy(&scale, &power, sizeof(V));
  v = p * scale;
}

}  // namespace detail

/// v = tanh(v); floats within 2 units in the last place, doubles as std::tanh. NaN stays NaN.
template <class V>
LIMN_ALWAYS_INLINE void tanh(V& v) {
  if constexpr (sizeof(lane_t<V>) == 8) {
    for (int i = 0; i < width<V>; ++i) v[i] = std::tanh(v[i]);
  } else {
    const V size = v < V{} ? -v : v;
    V e = size + size;
    V most;
    broadcast(most, 20.0F);  // tanh(10) is 1 in float
    e = e > most ? most : e;
    detail::exp_positive(e);
    const V above = 1.0F - 2.0F / (e + 1.0F);
    const V x2 = v * v;
    V p = x2 * -5.70498872745e-3F + 2.06390887954e-2F;
    p = p * x2 - 5.37397155531e-2F;
    p = p * x2 + 1.33314422036e-1F;
    p = p * x2 - 3.33332819422e-1F;
    const V below = v + v * x2 * p;
    V bound;
    broadcast(bound, 0.625F);
    const V signed_above = v < V{} ? -above : above;
    v = size < bound ? below : signed_above;
  }
}

}  // namespace limn::inline v0::simd
