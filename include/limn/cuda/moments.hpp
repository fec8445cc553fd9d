// SPDX-License-Identifier: MIT
// Mean and centred second moment of each channel. A thread sums deviations from the first value it
// sees, in the computing type; from there on sums are in double, of deviations from the sample's
// first pixel. No digits are lost where the mean is large against the deviation, and an unusual
// first pixel costs none either.
#pragma once

#include "limn/core/scalar.hpp"
#include "limn/cuda/reduce.hpp"

namespace limn::inline v0::gpu {

/// Two sums in double.
struct alignas(16) TwoSums {
  double first, second;
};

/// Terms whose values are two sums.
struct TwoSumsTerm {
  using Value = TwoSums;
  static constexpr bool folds_lanes = false;
  [[nodiscard]] LIMN_HOST_DEVICE static Value empty() { return {0, 0}; }
  LIMN_HOST_DEVICE static void combine(Value& a, const Value& b) {
    a.first += b.first;
    a.second += b.second;
  }
};

/// mean and m2 of x. Private members hold what a Term needs: see reduce.hpp.
template <Scalar T, int Width>
struct MomentsTerm : TwoSumsTerm {
  using P = param_t<T>;
  static constexpr int width = Width, unroll = 4;
  using Loaded = Pack<T, width>;
  struct State {
    Pack<P, width> shift, s1, s2, zero;  ///< zero: the sample's first pixel
    int count;
  };

  const T* x;
  P *mean, *m2;
  Index channels, area;

  LIMN_HOST_DEVICE void begin(State& s, Index, Index, Index first) const {
    s.shift = converted<P>(gpu::load<width>(x + first));
    s.s1 = s.s2 = filled<width>(P(0));
    s.count = 0;
  }
  [[nodiscard]] LIMN_HOST_DEVICE Loaded load(Index at) const { return gpu::load<width>(x + at); }
  LIMN_HOST_DEVICE void add(State& s, const Loaded& loaded, std::uint32_t) const {
    ++s.count;
    LIMN_UNROLL
    for (int i = 0; i < width; ++i) {
      const P d = static_cast<P>(loaded.value[i]) - s.shift.value[i];
      s.s1.value[i] += d;
      s.s2.value[i] += d * d;
    }
  }
  LIMN_HOST_DEVICE void end(State& s, const Region& region, Index k) const {
    s.zero = converted<P>(gpu::load<width>(x + region.base + k));
  }
  [[nodiscard]] LIMN_HOST_DEVICE Value value(const State& s, int i) const {
    if (s.count == 0) return empty();
    const double d = static_cast<double>(s.shift.value[i]) - static_cast<double>(s.zero.value[i]);
    const auto s1 = static_cast<double>(s.s1.value[i]), n = static_cast<double>(s.count);
    return {s1 + n * d, static_cast<double>(s.s2.value[i]) + d * (2 * s1 + n * d)};
  }
  LIMN_HOST_DEVICE void store(const Region& region, Index n, Index k, const Value& v) const {
    const auto zero = static_cast<double>(static_cast<P>(x[region.base + k]));
    const double shift = v.first / static_cast<double>(area);
    mean[n * channels + k] = static_cast<P>(zero + shift);
    m2[n * channels + k] = static_cast<P>(larger(0.0, v.second - v.first * shift));
  }
};

}  // namespace limn::inline v0::gpu
