// SPDX-License-Identifier: MIT
// What affine and moments do with a register of values: see rows.hpp and lanes.hpp for the loops.
// Moments are sums of deviations from the first of 8 rows, put together in double: no digits are
// lost where the mean is large against the deviation.
#pragma once

#include "limn/cpu/rows.hpp"

namespace limn::inline v0::cpu {

/// y (+)= f(a x + b) + residual
template <class T, bool Tanh>
struct AffineForwardStep {
  const T *x, *residual;
  T* y;
  const param_t<T>*a, *b;
  param_t<T> slope;
  bool accumulate;

  LIMN_ALWAYS_INLINE void advance(Index n) {
    x += n;
    y += n;
    if (residual != nullptr) residual += n;
  }
  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V v, k, more;
    lanes.load(v, x + i);
    lanes.load(k, a + i);
    v *= k;
    if (b != nullptr) {
      lanes.load(more, b + i);
      v += more;
    }
    activate<Tanh>(v, slope);
    if (residual != nullptr) {
      lanes.load(more, residual + i);
      v += more;
    }
    if (accumulate) {
      lanes.load(more, y + i);
      v += more;
    }
    lanes.store(y + i, v);
  }
};

/// g = dy f'(a x + b)
template <class T, bool Tanh>
struct AffineGradient {
  const T *dy, *x;
  const param_t<T>*a, *b;
  param_t<T> slope;

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void load(V& g, V& value, const V& scale, const V& shift, Index i,
                               const Lanes& lanes) const {
    lanes.load(g, dy + i);
    lanes.load(value, x + i);
    V z = value * scale + shift;
    differentiate<Tanh>(g, z, slope);
  }
  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void coefficients(V& scale, V& shift, Index i, const Lanes& lanes) const {
    lanes.load(scale, a + i);
    shift = V{};
    if (b != nullptr) lanes.load(shift, b + i);
  }
};

/// dx (+)= a g + p x + q
template <class T, bool Tanh>
struct AffineBackwardStep {
  AffineGradient<T, Tanh> gradient;
  T* dx;
  const param_t<T>*p, *q;
  bool accumulate;

  LIMN_ALWAYS_INLINE void advance(Index n) {
    gradient.dy += n;
    gradient.x += n;
    dx += n;
  }
  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V g, value, scale, shift;
    gradient.coefficients(scale, shift, i, lanes);
    gradient.load(g, value, scale, shift, i, lanes);
    g *= scale;
    if (p != nullptr) {
      V linear, constant;
      lanes.load(linear, p + i);
      lanes.load(constant, q + i);
      g += value * linear + constant;
    }
    if (accumulate) {
      V before;
      lanes.load(before, dx + i);
      g += before;
    }
    lanes.store(dx + i, g);
  }
};

/// s1 += sum of g, s2 += sum of g x over `rows` rows
template <class T, bool Tanh>
struct AffineSumsStep {
  AffineGradient<T, Tanh> gradient;
  double *s1, *s2;
  Index rows = 0, stride = 0;

  LIMN_ALWAYS_INLINE void advance(Index n) {
    gradient.dy += n;
    gradient.x += n;
  }
  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V g, value, scale, shift, sum1{}, sum2{};
    gradient.coefficients(scale, shift, i, lanes);
    for (Index r = 0; r < rows; ++r) {
      gradient.load(g, value, scale, shift, i + r * stride, lanes);
      sum1 += g;
      simd::multiply_add(sum2, g, value);
    }
    add_wide(s1 + i, sum1, lanes);
    add_wide(s2 + i, sum2, lanes);
  }
};

/// s1 += sum of (x - shift), s2 += sum of (x - shift)^2 over `rows` rows. Within a run the
/// deviations are from its first row, small enough for the computing type.
template <class T>
struct MomentsStep {
  const T *x, *shift;
  double *s1, *s2;
  Index rows = 0, stride = 0;

  LIMN_ALWAYS_INLINE void advance(Index n) { x += n; }
  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V first, zero, sum1{}, sum2{};
    lanes.load(first, x + i);
    lanes.load(zero, shift + i);
    for (Index r = 1; r < rows; ++r) {
      V d;
      lanes.load(d, x + i + r * stride);
      d -= first;
      sum1 += d;
      simd::multiply_add(sum2, d, d);
    }
    Wide<V> n, d, origin, one, two;
    simd::broadcast(n, static_cast<double>(rows));
#pragma GCC unroll 2
    for (int part = 0; part < wide_parts<V>; ++part) {
      widen(d, first, part);
      widen(origin, zero, part);
      widen(one, sum1, part);
      widen(two, sum2, part);
      d -= origin;
      const Index at = part * simd::width<Wide<V>>;
      add_part(s1 + i + at, one + d * n, at, lanes);
      add_part(s2 + i + at, two + d * (one + one + d * n), at, lanes);
    }
  }
};

}  // namespace limn::inline v0::cpu
