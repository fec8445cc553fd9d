// SPDX-License-Identifier: MIT
// Group "pointwise" on the CPU: functors in blocks of 64 elements (a loop of constant length, which
// compilers turn into vectors), sums in double, chunk by chunk.
#pragma once

#include "limn/core/primitives/pointwise.hpp"
#include "limn/cpu/device.hpp"
#include "limn/cpu/reduce.hpp"

namespace limn::inline v0::cpu {

/// Elements a functor is called for between load and store.
inline constexpr Index functor_block = 64;

// Loads and stores are functions of their own, and functors run in loops that the compiler
// vectorizes for its baseline: a functor costs a user one small loop, not one for each instruction
// set, and these passes wait for memory anyway.

/// buffer[i] = x[i], 0 beyond count
template <class T>
LIMN_NOINLINE void load_block(param_t<T>* buffer, const T* x, Index count) {
  if (count == functor_block) {
    for (Index i = 0; i < functor_block; ++i) buffer[i] = static_cast<param_t<T>>(x[i]);
    return;
  }
  for (Index i = 0; i < functor_block; ++i)
    buffer[i] = i < count ? static_cast<param_t<T>>(x[i]) : param_t<T>(0);
}

/// y[i] (+)= scale buffer[i]
template <class T>
LIMN_NOINLINE void store_block(T* y, param_t<T>* buffer, param_t<T> scale, bool accumulate,
                               Index count) {
  for (Index i = 0; i < functor_block; ++i) buffer[i] *= scale;
  if (accumulate)
    for (Index i = 0; i < count; ++i) buffer[i] += static_cast<param_t<T>>(y[i]);
  for (Index i = 0; i < count; ++i) y[i] = static_cast<T>(buffer[i]);
}

/// y (+)= scale f(x1) or scale f(x1, x2), n values.
template <bool Two, class T, class F>
void map_range(const F& f, const T* x1, const T* x2, T* y, param_t<T> scale, bool accumulate,
               Index n) {
  param_t<T> in1[functor_block], in2[functor_block], out[functor_block];
  for (Index at = 0; at < n; at += functor_block) {
    const Index count = n - at < functor_block ? n - at : functor_block;
    load_block(in1, x1 + at, count);
    if constexpr (Two) {
      load_block(in2, x2 + at, count);
      for (Index i = 0; i < functor_block; ++i) out[i] = f(in1[i], in2[i]);
    } else {
      for (Index i = 0; i < functor_block; ++i) out[i] = f(in1[i]);
    }
    store_block(y + at, out, scale, accumulate, count);
  }
}

/// Sum of the first `count` values of a block, in eight lanes.
template <class P>
LIMN_NOINLINE void add_block(double* sums, const P* block, Index count) {
  for (Index i = 0; i < count; ++i) sums[i % 8] += static_cast<double>(block[i]);
}

/// dx (+)= scale f.derivative(x1, x2), beside the sum of f.
template <class T>
struct SumGradient {
  T* dx;
  param_t<T> scale;
  bool accumulate;
};

/// Sum of f(x1, x2) over n values, with its gradient where that is asked for.
template <bool WithGradient, class T, class F>
double map_sum(const F& f, const T* x1, const T* x2, const SumGradient<T>& gradient, Index n) {
  param_t<T> in1[functor_block], in2[functor_block], out[functor_block];
  double sums[8] = {};
  for (Index at = 0; at < n; at += functor_block) {
    const Index count = n - at < functor_block ? n - at : functor_block;
    load_block(in1, x1 + at, count);
    load_block(in2, x2 + at, count);
    for (Index i = 0; i < functor_block; ++i) out[i] = f(in1[i], in2[i]);
    add_block(sums, out, count);
    if constexpr (WithGradient) {
      for (Index i = 0; i < functor_block; ++i) out[i] = f.derivative(in1[i], in2[i]);
      store_block(gradient.dx + at, out, gradient.scale, gradient.accumulate, count);
    }
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
      partial[chunk] =
          cpu::map_sum<WithGradient>(f, v1 + first, v2 + first, own, std::min(per, n - first));
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
      cpu::map_range<Two>(f, v1 + first, v2 + first, out + first, factor,
                          write == Write::accumulate, std::min(per, n - first));
    });
  }
};

}  // namespace limn::inline v0::primitive
