// SPDX-License-Identifier: MIT
// Group "optimizer" on the CPU: linear passes at memory bandwidth.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "limn/core/primitives/optimizer.hpp"
#include "limn/cpu/adam.hpp"
#include "limn/cpu/device.hpp"
#include "limn/cpu/rows.hpp"

namespace limn::inline v0::cpu {

/// Body: total = sum of x^2 over n values.
template <class P>
struct SumSquaresBody {
  const P* x;
  double* total;
  Index n;

  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()() const {
    constexpr int w = Bytes / 8, chains = 4;
    simd::Vec<P, w> v;
    simd::Vec<double, w> d, sums[chains]{};
    Index i = 0;
    for (; i + chains * w <= n; i += chains * w) {
#pragma GCC unroll 4
      for (int k = 0; k < chains; ++k) {
        simd::load(v, x + i + k * w);
        d = __builtin_convertvector(v, simd::Vec<double, w>);
        sums[k] += d * d;
      }
    }
    double sum = simd::sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
    for (; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    *total = sum;
  }
};

/// Body: total = 1 if all n values are finite, else 0; by the exponent's bits.
template <class P>
struct AllFiniteBody {
  const P* x;
  double* total;
  Index n;

  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()() const {
    using Bits = std::conditional_t<sizeof(P) == 8, std::uint64_t, std::uint32_t>;
    using V = simd::Vec<Bits, Bytes / static_cast<int>(sizeof(P))>;
    constexpr Index w = simd::width<V>;
    constexpr Bits exponent = sizeof(P) == 8 ? Bits(0x7ff0000000000000U) : Bits(0x7f800000U);
    // the exponent field plus one unit reaches the sign bit only if it was all ones
    constexpr Bits unit = exponent & (~exponent + 1);
    V u, bad{};
    Index i = 0;
    for (; i + w <= n; i += w) {
      __builtin_memcpy(&u, x + i, sizeof(V));
      bad |= (u & exponent) + unit;
    }
    Bits all = 0;
    for (Index k = 0; k < w; ++k) all |= bad[k];
    for (; i < n; ++i) all |= (std::bit_cast<Bits>(x[i]) & exponent) + unit;
    *total = (all >> (sizeof(P) * 8 - 1)) == 0 ? 1.0 : 0.0;
  }
};

}  // namespace limn::inline v0::cpu

namespace limn::inline v0::primitive {

template <Scalar P>
struct Optimizer<Cpu, P> {
  using Values = Tensor<Cpu, P>;
  using Scratch = Tensor<Cpu, std::byte>;

  static void adam(Cpu& device, const AdamRule& rule, const Values& rates, const Values& w,
                   const Values& gradient, const Values& m, const Values& v,
                   const AdamExtras<Cpu, P>& extras);

  static std::size_t reduce_workspace(Cpu&, Index size) {
    return static_cast<std::size_t>(cpu::chunks_of(size, cpu::linear_chunk<P>)) * sizeof(double);
  }

  static void sum_squares(Cpu& device, const Values& x, const Values& y, const Scratch& scratch);

  static void all_finite(Cpu& device, const Values& x, const Values& y, const Scratch& scratch);

 private:
  template <class Body>
  static std::span<const double> partials(Cpu& device, const Values& x, const Scratch& scratch) {
    constexpr Index per = cpu::linear_chunk<P>;
    const Index n = x.size(), chunks = cpu::chunks_of(n, per);
    if (chunks == 0) return {};
    auto* partial = reinterpret_cast<double*>(scratch.data());
    const P* values = x.data();
    device.threads().run(chunks, [&](Index chunk, int) {
      const Index first = chunk * per;
      simd::dispatch(device.isa(), Body{values + first, partial + chunk, std::min(per, n - first)});
    });
    return {partial, static_cast<std::size_t>(chunks)};
  }
};

template <Scalar P>
void Optimizer<Cpu, P>::adam(Cpu& device, const AdamRule& rule, const Values& rates,
                             const Values& w, const Values& gradient, const Values& m,
                             const Values& v, const AdamExtras<Cpu, P>& extras) {
  const cpu::AdamFactors<P> factors(rule, rates.data(), extras.bounds);
  const cpu::AdamBuffers<P> to(w, m, v, extras.average);
  const P* g = gradient.data();
  cpu::linear_pass<P>(device.threads(), device.isa(), w.size(), [&](Index at, Index) {
    return cpu::AdamPassStep<P>{factors, g + at, to.from(at)};
  });
}

template <Scalar P>
void Optimizer<Cpu, P>::sum_squares(Cpu& device, const Values& x, const Values& y,
                                    const Scratch& scratch) {
  double total = 0;
  for (const double part : partials<cpu::SumSquaresBody<P>>(device, x, scratch)) total += part;
  *y.data() = static_cast<P>(total);
}

template <Scalar P>
void Optimizer<Cpu, P>::all_finite(Cpu& device, const Values& x, const Values& y,
                                   const Scratch& scratch) {
  bool all = true;
  for (const double part : partials<cpu::AllFiniteBody<P>>(device, x, scratch))
    all = all && part > 0.5;
  *y.data() = all ? P(1) : P(0);
}

template <Scalar T>
struct OuterOptimizer<Cpu, T> {
  using P = param_t<T>;

  static void adam_outer(Cpu& device, const AdamRule& rule, const Tensor<Cpu, P>& rates,
                         const Tensor<Cpu, P>& w, std::span<const Factors<Cpu, T>> factors,
                         const Tensor<Cpu, P>& m, const Tensor<Cpu, P>& v,
                         const AdamExtras<Cpu, P>& extras);
};

template <Scalar T>
void OuterOptimizer<Cpu, T>::adam_outer(Cpu& device, const AdamRule& rule,
                                        const Tensor<Cpu, P>& rates, const Tensor<Cpu, P>& w,
                                        std::span<const Factors<Cpu, T>> factors,
                                        const Tensor<Cpu, P>& m, const Tensor<Cpu, P>& v,
                                        const AdamExtras<Cpu, P>& extras) {
  std::vector<cpu::RawFactors<T>> layers;
  layers.reserve(factors.size());
  for (const auto& f : factors) layers.push_back({f.x.data(), f.dy.data(), f.x.shape().n});
  const Index rows = w.shape().n, columns = w.shape().sample();
  // tiles of rows x columns: long streams of weights and moments, while the inputs of a few
  // samples (128 KB each) stay in the second cache for all rows of a tile
  constexpr Index tile_rows = 8, tile_columns = 32768;
  const Index across = cpu::chunks_of(columns, tile_columns);
  const cpu::AdamFactors<P> adam(rule, rates.data(), extras.bounds);
  const cpu::AdamBuffers<P> to(w, m, v, extras.average);
  device.threads().run(cpu::chunks_of(rows, tile_rows) * across, [&](Index task, int) {
    const Index column = task % across * tile_columns, top = task / across * tile_rows;
    const Index count = std::min(tile_columns, columns - column);
    for (Index row = top; row < std::min(top + tile_rows, rows); ++row) {
      const Index at = row * columns + column;
      using Step = cpu::AdamOuterStep<T>;
      simd::dispatch(device.isa(), cpu::LinearBody<T, Step>{
                                       Step{adam, layers.data(), static_cast<Index>(layers.size()),
                                            rows, columns, row, column, to.from(at)},
                                       count});
    }
  });
}

}  // namespace limn::inline v0::primitive
