// SPDX-License-Identifier: MIT
// Terms of plain sums: see reduce.hpp.
#pragma once

#include <concepts>

#include "limn/core/scalar.hpp"
#include "limn/cuda/reduce.hpp"

namespace limn::inline v0::gpu {

/// y (+)= factor sum, or factor / rows sum
template <class P>
struct SumResult {
  P* y;
  Index channels;
  double factor;
  bool accumulate, mean = false;

  LIMN_HOST_DEVICE void store(const Region& region, Index result, Index k, double sum) const {
    P* to = y + result * channels + k;
    sum *= factor;
    if (mean) sum /= static_cast<double>(region.rows);
    if (accumulate) sum += static_cast<double>(*to);
    *to = static_cast<P>(sum);
  }
};

/// The sum of each channel.
template <Scalar T, int Width>
struct SumTerm {
  using P = param_t<T>;
  using Value = double;
  static constexpr int width = Width, unroll = 4;
  static constexpr bool folds_lanes = false;
  using Loaded = Pack<T, width>;
  using State = Pack<P, width>;

  const T* x;
  SumResult<P> result;

  [[nodiscard]] LIMN_HOST_DEVICE static Value empty() { return 0; }
  LIMN_HOST_DEVICE static void combine(Value& a, const Value& b) { a += b; }
  LIMN_HOST_DEVICE void begin(State& s, Index, Index, Index) const { s = filled<width>(P(0)); }
  [[nodiscard]] LIMN_HOST_DEVICE Loaded load(Index at) const { return gpu::load<width>(x + at); }
  LIMN_HOST_DEVICE void add(State& s, const Loaded& loaded, std::uint32_t) const {
    LIMN_UNROLL
    for (int i = 0; i < width; ++i) s.value[i] += static_cast<P>(loaded.value[i]);
  }
  LIMN_HOST_DEVICE void end(State&, const Region&, Index) const {}
  [[nodiscard]] LIMN_HOST_DEVICE Value value(const State& s, int i) const {
    return static_cast<double>(s.value[i]);
  }
  LIMN_HOST_DEVICE void store(const Region& region, Index at, Index k, Value v) const {
    result.store(region, at, k, v);
  }
};

/// (a, b) -> a
struct FirstOnly {
  template <class P>
  [[nodiscard]] LIMN_HOST_DEVICE P operator()(P a, P) const {
    return a;
  }
};

/// The sum of f(x1, x2) over runs of elements: a pack's values belong to one sum.
template <Scalar T, class F, int Width>
struct FlatSumTerm {
  using P = param_t<T>;
  using Value = double;
  static constexpr int width = Width, unroll = std::same_as<F, FirstOnly> ? 4 : 2;
  static constexpr bool folds_lanes = true;
  struct Loaded {
    Pack<T, width> x1, x2;
  };
  using State = double;

  F f;
  const T *x1, *x2;
  SumResult<P> result;

  [[nodiscard]] LIMN_HOST_DEVICE static Value empty() { return 0; }
  LIMN_HOST_DEVICE static void combine(Value& a, const Value& b) { a += b; }
  LIMN_HOST_DEVICE void begin(State& s, Index, Index, Index) const { s = 0; }
  [[nodiscard]] LIMN_HOST_DEVICE Loaded load(Index at) const {
    if constexpr (std::same_as<F, FirstOnly>) {
      const auto both = gpu::load<width>(x1 + at);
      return {both, both};
    } else {
      return {gpu::load<width>(x1 + at), gpu::load<width>(x2 + at)};
    }
  }
  LIMN_HOST_DEVICE void add(State& s, const Loaded& loaded, std::uint32_t) const {
    add(s, converted<P>(loaded.x1), converted<P>(loaded.x2));
  }
  LIMN_HOST_DEVICE void end(State&, const Region&, Index) const {}
  [[nodiscard]] LIMN_HOST_DEVICE Value value(const State& s, int) const { return s; }
  LIMN_HOST_DEVICE void store(const Region& region, Index at, Index k, Value v) const {
    result.store(region, at, k, v);
  }

 protected:
  LIMN_HOST_DEVICE void add(State& s, const Pack<P, width>& v1, const Pack<P, width>& v2) const {
    P sum[width];
    LIMN_UNROLL
    for (int i = 0; i < width; ++i) sum[i] = f(v1.value[i], v2.value[i]);
    LIMN_UNROLL
    for (int half = width / 2; half > 0; half /= 2) {
      LIMN_UNROLL
      for (int i = 0; i < half; ++i) sum[i] += sum[i + half];
    }
    s += static_cast<double>(sum[0]);
  }
};

/// The same sum over all elements, and dx (+)= slope f.derivative(x1, x2) while they are at hand.
template <Scalar T, class F, int Width>
struct FlatLossTerm : FlatSumTerm<T, F, Width> {
  using Sum = FlatSumTerm<T, F, Width>;
  using Sum::width;
  using typename Sum::P, typename Sum::State;
  struct Loaded {
    Pack<T, width> x1, x2, before;
  };

  T* dx;
  P slope;
  bool accumulate;

  [[nodiscard]] LIMN_HOST_DEVICE Loaded load(Index at) const {
    const auto x = Sum::load(at);
    return {x.x1, x.x2, accumulate ? gpu::load<width>(dx + at) : Pack<T, width>{}};
  }
  LIMN_HOST_DEVICE void add(State& s, const Loaded& loaded, std::uint32_t offset) const {
    const auto v1 = converted<P>(loaded.x1), v2 = converted<P>(loaded.x2);
    Sum::add(s, v1, v2);
    Pack<P, width> out;
    LIMN_UNROLL
    for (int i = 0; i < width; ++i)
      out.value[i] = slope * this->f.derivative(v1.value[i], v2.value[i]);
    if (accumulate) gpu::add(out, loaded.before);
    // one result, whose rows are all packs of the tensor in their order
    gpu::store(dx + static_cast<Index>(offset) * width, converted<T>(out));
  }
};

}  // namespace limn::inline v0::gpu
