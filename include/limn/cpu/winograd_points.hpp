// SPDX-License-Identifier: MIT
// The one-dimensional transforms of Winograd's convolution with the points 0, +-a, +-b, infinity:
//   y = A^T [(G w) * (B^T x)],  G row of point p: (1, p, p^2, ...) / prod over other points (p -
//   q), A row of point p: (1, p, p^2, ...), B^T the products of the other points' linear factors.
// Points of opposite sign share their even and odd halves.
#pragma once

#include "limn/core/config.hpp"
#include "limn/cpu/simd.hpp"

namespace limn::inline v0::cpu::winograd {

/// The points' constants as numbers.
struct PointNumbers {
  static constexpr float a = 0.625F, b = 1.5F, a2 = a * a, b2 = b * b;
  static constexpr float inverse_0 = 1 / (a2 * b2), inverse_a = 1 / (2 * a2 * (a2 - b2)),
                         inverse_b = 1 / (2 * b2 * (b2 - a2));
};

/// The transforms, with the constants in all lanes of V. What a transform does not use costs
/// nothing.
template <class V>
class Points {
 public:
  LIMN_ALWAYS_INLINE Points() {
    using N = PointNumbers;
    simd::broadcast(a_, N::a);
    simd::broadcast(b_, N::b);
    simd::broadcast(a2_, N::a2);
    simd::broadcast(b2_, N::b2);
    simd::broadcast(a3_, N::a * N::a2);
    simd::broadcast(b3_, N::b * N::b2);
    simd::broadcast(a4_, N::a2 * N::a2);
    simd::broadcast(b4_, N::b2 * N::b2);
    simd::broadcast(ab2_, N::a * N::b2);
    simd::broadcast(a2b_, N::a2 * N::b);
    simd::broadcast(sum_, N::a2 + N::b2);
    simd::broadcast(product_, N::a2 * N::b2);
    simd::broadcast(g0_, N::inverse_0);
    simd::broadcast(ga0_, N::inverse_a);
    simd::broadcast(ga1_, N::inverse_a * N::a);
    simd::broadcast(ga2_, N::inverse_a * N::a2);
    simd::broadcast(gb0_, N::inverse_b);
    simd::broadcast(gb1_, N::inverse_b * N::b);
    simd::broadcast(gb2_, N::inverse_b * N::b2);
    simd::broadcast(ga3_, N::inverse_a * N::a * N::a2);
    simd::broadcast(gb3_, N::inverse_b * N::b * N::b2);
  }

  /// o = B^T d, 6 <- 6
  LIMN_ALWAYS_INLINE void input(const V (&d)[6], V (&o)[6]) const {
    o[0] = product_ * d[0] + (d[4] - sum_ * d[2]);
    const V even_a = d[4] - b2_ * d[2], odd_a = a_ * d[3] - ab2_ * d[1];
    o[1] = even_a + odd_a;
    o[2] = even_a - odd_a;
    const V even_b = d[4] - a2_ * d[2], odd_b = b_ * d[3] - a2b_ * d[1];
    o[3] = even_b + odd_b;
    o[4] = even_b - odd_b;
    o[5] = product_ * d[1] + (d[5] - sum_ * d[3]);
  }
  /// o = B m, 6 <- 6
  LIMN_ALWAYS_INLINE void input_gradient(const V (&m)[6], V (&o)[6]) const {
    const V even_a = m[1] + m[2], odd_a = m[1] - m[2];
    const V even_b = m[3] + m[4], odd_b = m[3] - m[4];
    o[0] = product_ * m[0];
    o[1] = product_ * m[5] - (ab2_ * odd_a + a2b_ * odd_b);
    o[2] = -(sum_ * m[0]) - (b2_ * even_a + a2_ * even_b);
    o[3] = a_ * odd_a + b_ * odd_b - sum_ * m[5];
    o[4] = m[0] + (even_a + even_b);
    o[5] = m[5];
  }
  /// at += place 0 of B m, which only sees m[0].
  LIMN_ALWAYS_INLINE void add_first_of_input_gradient(const V& m0, V& at) const {
    at = at + product_ * m0;
  }

  /// o = A^T m, M <- 6
  template <int M>
  LIMN_ALWAYS_INLINE void output(const V (&m)[6], V (&o)[M]) const {
    const V even_a = m[1] + m[2], odd_a = m[1] - m[2];
    const V even_b = m[3] + m[4], odd_b = m[3] - m[4];
    o[0] = m[0] + (even_a + even_b);
    o[1] = a_ * odd_a + b_ * odd_b;
    o[2] = a2_ * even_a + b2_ * even_b;
    if constexpr (M > 3) o[3] = a3_ * odd_a + b3_ * odd_b;
    if constexpr (M == 5) o[4] = a4_ * even_a + b4_ * even_b;
    o[M - 1] += m[5];
  }
  /// o = A d, 6 <- M
  template <int M>
  LIMN_ALWAYS_INLINE void output_gradient(const V (&d)[M], V (&o)[6]) const {
    V even_a = d[0] + a2_ * d[2], even_b = d[0] + b2_ * d[2];
    if constexpr (M == 5) {
      even_a = even_a + a4_ * d[4];
      even_b = even_b + b4_ * d[4];
    }
    V odd_a = a_ * d[1], odd_b = b_ * d[1];
    if constexpr (M > 3) {
      odd_a = odd_a + a3_ * d[3];
      odd_b = odd_b + b3_ * d[3];
    }
    o[0] = d[0];
    o[1] = even_a + odd_a;
    o[2] = even_a - odd_a;
    o[3] = even_b + odd_b;
    o[4] = even_b - odd_b;
    o[5] = d[M - 1];
  }

  /// o = G w, 6 <- R taps
  template <int R>
  LIMN_ALWAYS_INLINE void weights(const V (&w)[R], V (&o)[6]) const {
    V even_a = ga0_ * w[0], even_b = gb0_ * w[0];
    if constexpr (R > 2) {
      even_a = even_a + ga2_ * w[2];
      even_b = even_b + gb2_ * w[2];
    }
    V odd_a = ga1_ * w[1], odd_b = gb1_ * w[1];
    if constexpr (R > 3) {
      odd_a = odd_a + ga3_ * w[3];
      odd_b = odd_b + gb3_ * w[3];
    }
    o[0] = g0_ * w[0];
    o[1] = even_a + odd_a;
    o[2] = even_a - odd_a;
    o[3] = even_b + odd_b;
    o[4] = even_b - odd_b;
    o[5] = w[R - 1];
  }
  /// o = G^T u, R <- 6
  template <int R>
  LIMN_ALWAYS_INLINE void weights_gradient(const V (&u)[6], V (&o)[R]) const {
    const V even_a = ga0_ * (u[1] + u[2]), odd_a = ga1_ * (u[1] - u[2]);
    const V even_b = gb0_ * (u[3] + u[4]), odd_b = gb1_ * (u[3] - u[4]);
    o[0] = g0_ * u[0] + (even_a + even_b);
    o[1] = odd_a + odd_b;
    if constexpr (R > 2) o[2] = a2_ * even_a + b2_ * even_b;
    if constexpr (R > 3) o[3] = a2_ * odd_a + b2_ * odd_b;
    o[R - 1] += u[5];
  }

 private:
  V a_, b_, a2_, b2_, a3_, b3_, a4_, b4_, ab2_, a2b_, sum_, product_;
  V g0_, ga0_, ga1_, ga2_, ga3_, gb0_, gb1_, gb2_, gb3_;
};

}  // namespace limn::inline v0::cpu::winograd
