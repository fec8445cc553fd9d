// SPDX-License-Identifier: MIT
// Group "pointwise" on the CPU: functors in blocks of 64 elements (a loop of constant length, which
// compilers turn into vectors), sums in double, chunk by chunk.
#pragma once

#include "limn/core/primitives/pointwise.hpp"
#include "limn/cpu/device.hpp"
#include "limn/cpu/reduce.hpp"

namespace limn::inline v0::cpu {

/// Elements a functor is called for between load and store.
inline constexpr Index functor_block = 128;

// Functors run in loops that the compiler vectorizes for its baseline: a functor costs a user one
// small loop, not one for each instruction set. What all functors share (conversions, writing,
// sums) is compiled for each. Functors should choose between values, not branch: |x|, or
// c ? a : b of constants.

/// to[i] = x[i]; beyond the end, zeros up to a whole register.
template <class T>
struct LoadBlockStep {
  const T* x;
  param_t<T>* to;

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V v;
    lanes.load(v, x + i);
    simd::store(to + i, v);
  }
};

/// y[i] (+)= scale x[i]; x: a whole block
template <class T>
struct StoreBlockStep {
  const param_t<T>* x;
  T* y;
  param_t<T> scale;
  bool accumulate;

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V v, factor, before;
    simd::load(v, x + i);
    simd::broadcast(factor, scale);
    v *= factor;
    if (accumulate) {
      lanes.load(before, y + i);
      v += before;
    }
    lanes.store(y + i, v);
  }
};

/// sums[i % 8] += x[i]; x: a whole block
template <class P>
struct AddBlock {
  const P* x;
  double* sums;

  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()() const {
    constexpr int w = Bytes / 8, parts = 8 / w;
    simd::Vec<P, w> v;
    simd::Vec<double, w> totals[parts];
#pragma GCC unroll 4
    for (int k = 0; k < parts; ++k) simd::load(totals[k], sums + k * w);
    for (Index i = 0; i < functor_block; i += 8) {
#pragma GCC unroll 4
      for (int k = 0; k < parts; ++k) {
        simd::load(v, x + i + k * w);
        totals[k] += __builtin_convertvector(v, simd::Vec<double, w>);
      }
    }
#pragma GCC unroll 4
    for (int k = 0; k < parts; ++k) simd::store(sums + k * w, totals[k]);
  }
};

/// The block at x in the computing type: x itself, or `buffer`, which is zero at first.
template <class T>
const param_t<T>* load_block(Isa isa, const T* x, param_t<T>* buffer, Index count) {
  if constexpr (std::is_same_v<T, param_t<T>>)
    if (count == functor_block) return x;
  simd::dispatch(isa, LinearBody<T, LoadBlockStep<T>>{{x, buffer}, count});
  return buffer;
}

/// y (+)= scale f(x1) or scale f(x1, x2), n values.
template <bool Two, class T, class F>
void map_range(Isa isa, const F f, const T* x1, const T* x2, T* y, param_t<T> scale,
               bool accumulate, Index n) {
  using P = param_t<T>;
  P in1[functor_block]{}, in2[functor_block]{}, out[functor_block];
  for (Index at = 0; at < n; at += functor_block) {
    const Index count = std::min(functor_block, n - at);
    const P* v1 = load_block(isa, x1 + at, in1, count);
    if constexpr (Two) {
      const P* v2 = load_block(isa, x2 + at, in2, count);
      for (Index i = 0; i < functor_block; ++i) out[i] = f(v1[i], v2[i]);
    } else {
      for (Index i = 0; i < functor_block; ++i) out[i] = f(v1[i]);
    }
    simd::dispatch(isa, LinearBody<T, StoreBlockStep<T>>{{out, y + at, scale, accumulate}, count});
  }
}

/// dx (+)= scale f.derivative(x1, x2), beside the sum of f.
template <class T>
struct SumGradient {
  T* dx;
  param_t<T> scale;
  bool accumulate;
};

/// Sum of f(x1, x2) over n values, in eight lanes, with its gradient where that is asked for.
template <bool WithGradient, class T, class F>
double map_sum(Isa isa, const F f, const T* x1, const T* x2, const SumGradient<T>& gradient,
               Index n) {
  using P = param_t<T>;
  P in1[functor_block]{}, in2[functor_block]{}, values[functor_block], slopes[functor_block];
  double sums[8] = {};
  for (Index at = 0; at < n; at += functor_block) {
    const Index count = std::min(functor_block, n - at);
    const P* v1 = load_block(isa, x1 + at, in1, count);
    const P* v2 = load_block(isa, x2 + at, in2, count);
    for (Index i = 0; i < functor_block; ++i) {
      values[i] = f(v1[i], v2[i]);
      if constexpr (WithGradient) slopes[i] = f.derivative(v1[i], v2[i]);
    }
    std::fill(values + count, values + functor_block, P(0));
    simd::dispatch(isa, AddBlock<P>{values, sums});
    if constexpr (WithGradient)
      simd::dispatch(isa,
                     LinearBody<T, StoreBlockStep<T>>{
                         {slopes, gradient.dx + at, gradient.scale, gradient.accumulate}, count});
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

}  // namespace limn::inline v0::cpu

namespace limn::inline v0::primitive {

template <Scalar T>
struct Pointwise<Cpu, T> {
  using P = param_t<T>;
  using Scratch = Tensor<Cpu, std::byte>;

  template <class F>
  static void map(Cpu& device, const F& f, const Tensor<Cpu, T>& x, const Tensor<Cpu, T>& y,
                  Write write, const Tensor<Cpu, P>& scale) {
    run<false>(device, f, x, x, y, write, scale);
  }

  template <class F>
  static void map2(Cpu& device, const F& f, const Tensor<Cpu, T>& x1, const Tensor<Cpu, T>& x2,
                   const Tensor<Cpu, T>& y, Write write, const Tensor<Cpu, P>& scale) {
    run<true>(device, f, x1, x2, y, write, scale);
  }

  static std::size_t reduce_workspace(Cpu&, const Shape& x, const Axes& axes) {
    const auto linear = static_cast<std::size_t>(cpu::chunks_of(x.size(), cpu::linear_chunk<T>));
    return std::max(linear, cpu::Reduction(x, axes).partials()) * sizeof(double);
  }

  template <class F>
  static void map_reduce(Cpu& device, const F& f, const Tensor<Cpu, T>& x1,
                         const Tensor<Cpu, T>& x2, double factor, const Tensor<Cpu, P>& y,
                         Write write, const Scratch& scratch) {
    sum<false>(device, f, x1, x2, factor, y, write, cpu::SumGradient<T>{}, scratch);
  }

  template <class F>
  static void map_reduce_gradient(Cpu& device, const F& f, const Tensor<Cpu, T>& x,
                                  const Tensor<Cpu, T>& t, double factor, const Tensor<Cpu, P>& y,
                                  Write write, double slope, const Tensor<Cpu, T>& dx,
                                  Write write_dx, const Scratch& scratch) {
    sum<true>(device, f, x, t, factor, y, write,
              cpu::SumGradient<T>{dx.data(), static_cast<P>(slope), write_dx == Write::accumulate},
              scratch);
  }

  static void reduce(Cpu& device, const Axes& axes, const Tensor<Cpu, T>& x,
                     const Tensor<Cpu, P>& y, Write write, const Scratch& scratch) {
    cpu::Reduction(x.shape(), axes)
        .run(device.threads(), device.isa(), x.data(), y.data(), write,
             reinterpret_cast<double*>(scratch.data()));
  }

 private:
  template <bool WithGradient, class F>
  static void sum(Cpu& device, const F& f, const Tensor<Cpu, T>& x1, const Tensor<Cpu, T>& x2,
                  double factor, const Tensor<Cpu, P>& y, Write write,
                  const cpu::SumGradient<T>& gradient, const Scratch& scratch) {
    constexpr Index per = cpu::linear_chunk<T>;
    const Index n = x1.size(), chunks = cpu::chunks_of(n, per);
    auto* partial = reinterpret_cast<double*>(scratch.data());
    const T *v1 = x1.data(), *v2 = x2.data();
    device.threads().run(chunks, [&](Index chunk, int) {
      const Index first = chunk * per;
      auto own = gradient;
      if constexpr (WithGradient) own.dx += first;
      partial[chunk] = cpu::map_sum<WithGradient>(device.isa(), f, v1 + first, v2 + first, own,
                                                  std::min(per, n - first));
    });
    double total = 0;
    for (Index i = 0; i < chunks; ++i) total += partial[i];
    P& result = *y.data();
    total *= factor;
    if (write == Write::accumulate) total += static_cast<double>(result);
    result = static_cast<P>(total);
  }

  template <bool Two, class F>
  static void run(Cpu& device, const F& f, const Tensor<Cpu, T>& x1, const Tensor<Cpu, T>& x2,
                  const Tensor<Cpu, T>& y, Write write, const Tensor<Cpu, P>& scale) {
    constexpr Index per = cpu::linear_chunk<T>;
    const Index n = x1.size();
    const T *v1 = x1.data(), *v2 = x2.data();
    T* out = y.data();
    const P factor = scale.defined() ? *scale.data() : P(1);
    device.threads().run(cpu::chunks_of(n, per), [&](Index chunk, int) {
      const Index first = chunk * per;
      cpu::map_range<Two>(device.isa(), f, v1 + first, v2 + first, out + first, factor,
                          write == Write::accumulate, std::min(per, n - first));
    });
  }
};

}  // namespace limn::inline v0::primitive
