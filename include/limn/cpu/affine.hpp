// SPDX-License-Identifier: MIT
// Groups "statistics" and "affine" on the CPU: bound by memory, so each is one pass over pixels.
// Defined outside of the class, hence not inline: where limn::kernels has them they are not
// compiled again.
#pragma once

#include "limn/core/primitives/affine.hpp"
#include "limn/cpu/affine_steps.hpp"
#include "limn/cpu/device.hpp"

namespace limn::inline v0::primitive {

template <Scalar T>
struct Affine<Cpu, T> {
  using P = param_t<T>;
  using Coefficients = Tensor<Cpu, P>;
  using Scratch = Tensor<Cpu, std::byte>;

  static std::size_t moments_workspace(Cpu&, const Shape& x) { return sums_bytes(x); }
  static std::size_t sums_workspace(Cpu&, const Shape& x) { return sums_bytes(x); }

  static void moments(Cpu& device, const Tensor<Cpu, T>& x, const Coefficients& mean,
                      const Coefficients& m2, const Scratch& scratch);

  static void forward(Cpu& device, const Tensor<Cpu, T>& x, const Coefficients& a,
                      const Coefficients& b, Activation activation, const Tensor<Cpu, T>& residual,
                      const Tensor<Cpu, T>& y, Write write);

  static void backward_sums(Cpu& device, const Tensor<Cpu, T>& dy, const Tensor<Cpu, T>& x,
                            const Coefficients& a, const Coefficients& b, Activation activation,
                            const Coefficients& s1, const Coefficients& s2, const Scratch& scratch);

  static void backward_data(Cpu& device, const Tensor<Cpu, T>& dy, const Tensor<Cpu, T>& x,
                            const Coefficients& a, const Coefficients& b, Activation activation,
                            const Coefficients& p, const Coefficients& q, const Tensor<Cpu, T>& dx,
                            Write write);

 private:
  // few and large enough that partial sums (16 bytes a channel) weigh little
  static cpu::PixelChunks sum_chunks(const Shape& s) {
    const Index pixel = s.c * static_cast<Index>(sizeof(T));
    return {s.area(), pixel, std::max(Index{131072}, 64 * pixel), 64};
  }
  static cpu::PixelChunks map_chunks(const Shape& s) {
    return {s.area(), s.c * static_cast<Index>(sizeof(T)), 65536, s.area()};
  }
  static std::size_t sums_bytes(const Shape& s) {
    return static_cast<std::size_t>(s.n * sum_chunks(s).chunks * 2 * cpu::Rows(s.c).length) *
           sizeof(double);
  }
  static const P* sample(const Coefficients& t, Index n) {
    return t.defined() ? t.data() + (t.shape().n == 1 ? 0 : n * t.shape().c) : nullptr;
  }

  // body(n, first pixel, pixels, s1, s2) adds to two zeroed rows of doubles per chunk
  template <class Body>
  static void sum_rows(Cpu& device, const Shape& s, const Scratch& scratch, const Body& body) {
    const cpu::PixelChunks cut = sum_chunks(s);
    const Index length = cpu::Rows(s.c).length;
    auto* partial = reinterpret_cast<double*>(scratch.data());
    device.threads().run(s.n * cut.chunks, [&](Index task, int) {
      double* s1 = partial + task * 2 * length;
      std::fill_n(s1, 2 * length, 0.0);
      const Index chunk = task % cut.chunks;
      body(task / cut.chunks, cut.first(chunk), cut.count(chunk), s1, s1 + length);
    });
  }

  // body(n, c, s1, s2): all chunks of a sample, in their order
  template <class Body>
  static void combine(Cpu& device, const Shape& s, const Scratch& scratch, const Body& body) {
    const Index chunks = sum_chunks(s).chunks;
    const cpu::Rows rows(s.c);
    const auto* partial = reinterpret_cast<const double*>(scratch.data());
    constexpr Index block = 64;
    const Index blocks = cpu::chunks_of(s.c, block);
    device.threads().run(s.n * blocks, [&](Index task, int) {
      const Index n = task / blocks, from = task % blocks * block;
      const Index count = std::min(block, s.c - from), stride = 2 * rows.length;
      const double* sums = partial + n * chunks * stride;
      double s1[block], s2[block];
      cpu::fold(sums, chunks, stride, rows, from, count, s1);
      cpu::fold(sums + rows.length, chunks, stride, rows, from, count, s2);
      for (Index i = 0; i < count; ++i) body(n, from + i, s1[i], s2[i]);
    });
  }

  template <bool Tanh>
  static void forward_of(Cpu& device, const Tensor<Cpu, T>& x, const Coefficients& a,
                         const Coefficients& b, const Activation& activation,
                         const Tensor<Cpu, T>& residual, const Tensor<Cpu, T>& y, Write write) {
    const Shape& s = x.shape();
    const cpu::Rows rows(s.c);
    const cpu::PixelChunks cut = map_chunks(s);
    device.threads().run(s.n * cut.chunks, [&](Index task, int) {
      const Index n = task / cut.chunks, chunk = task % cut.chunks;
      const Index at = (n * s.area() + cut.first(chunk)) * s.c;
      const cpu::RepeatedRow<P> scale(sample(a, n), rows), shift(sample(b, n), rows);
      using Step = cpu::AffineForwardStep<T, Tanh>;
      simd::dispatch(device.isa(),
                     cpu::RowsBody<T, Step>{
                         Step{x.data() + at, residual.defined() ? residual.data() + at : nullptr,
                              y.data() + at, scale.data(), shift.data(),
                              P(cpu::negative_slope(activation)), write == Write::accumulate},
                         rows, cut.count(chunk)});
    });
  }

  template <bool Tanh>
  static void sums_of(Cpu& device, const Tensor<Cpu, T>& dy, const Tensor<Cpu, T>& x,
                      const Coefficients& a, const Coefficients& b, const Activation& activation,
                      const Coefficients& s1, const Coefficients& s2, const Scratch& scratch) {
    const Shape& s = x.shape();
    const cpu::Rows rows(s.c);
    sum_rows(device, s, scratch, [&](Index n, Index first, Index count, double* t1, double* t2) {
      const Index at = (n * s.area() + first) * s.c;
      const cpu::RepeatedRow<P> scale(sample(a, n), rows), shift(sample(b, n), rows);
      using Step = cpu::AffineSumsStep<T, Tanh>;
      simd::dispatch(device.isa(), cpu::SumRowsBody<T, Step>{
                                       Step{{dy.data() + at, x.data() + at, scale.data(),
                                             shift.data(), P(cpu::negative_slope(activation))},
                                            t1,
                                            t2},
                                       rows, count});
    });
    P *o1 = s1.data(), *o2 = s2.data();
    combine(device, s, scratch, [&](Index n, Index c, double t1, double t2) {
      o1[n * s.c + c] = static_cast<P>(t1);
      o2[n * s.c + c] = static_cast<P>(t2);
    });
  }

  template <bool Tanh>
  static void backward_of(Cpu& device, const Tensor<Cpu, T>& dy, const Tensor<Cpu, T>& x,
                          const Coefficients& a, const Coefficients& b,
                          const Activation& activation, const Coefficients& p,
                          const Coefficients& q, const Tensor<Cpu, T>& dx, Write write) {
    const Shape& s = x.shape();
    const cpu::Rows rows(s.c);
    const cpu::PixelChunks cut = map_chunks(s);
    device.threads().run(s.n * cut.chunks, [&](Index task, int) {
      const Index n = task / cut.chunks, chunk = task % cut.chunks;
      const Index at = (n * s.area() + cut.first(chunk)) * s.c;
      const cpu::RepeatedRow<P> scale(sample(a, n), rows), shift(sample(b, n), rows);
      const cpu::RepeatedRow<P> linear(sample(p, n), rows), constant(sample(q, n), rows);
      using Step = cpu::AffineBackwardStep<T, Tanh>;
      simd::dispatch(device.isa(),
                     cpu::RowsBody<T, Step>{Step{{dy.data() + at, x.data() + at, scale.data(),
                                                  shift.data(), P(cpu::negative_slope(activation))},
                                                 dx.data() + at,
                                                 linear.data(),
                                                 constant.data(),
                                                 write == Write::accumulate},
                                            rows, cut.count(chunk)});
    });
  }
};

template <Scalar T>
void Affine<Cpu, T>::moments(Cpu& device, const Tensor<Cpu, T>& x, const Coefficients& mean,
                             const Coefficients& m2, const Scratch& scratch) {
  const Shape& s = x.shape();
  const cpu::Rows rows(s.c);
  const T* values = x.data();
  sum_rows(device, s, scratch, [&](Index n, Index first, Index count, double* s1, double* s2) {
    const T* sample = values + n * s.sample();
    const cpu::RepeatedRow<T> shift(sample, rows);
    using Step = cpu::MomentsStep<T>;
    simd::dispatch(
        device.isa(),
        cpu::SumRowsBody<T, Step>{Step{sample + first * s.c, shift.data(), s1, s2}, rows, count});
  });
  P *means = mean.data(), *seconds = m2.data();
  const double area = static_cast<double>(s.area());
  combine(device, s, scratch, [&](Index n, Index c, double s1, double s2) {
    const double shift = static_cast<double>(P(values[n * s.sample() + c]));
    means[n * s.c + c] = static_cast<P>(shift + s1 / area);
    seconds[n * s.c + c] = static_cast<P>(std::max(0.0, s2 - s1 * (s1 / area)));
  });
}

template <Scalar T>
void Affine<Cpu, T>::forward(Cpu& device, const Tensor<Cpu, T>& x, const Coefficients& a,
                             const Coefficients& b, Activation activation,
                             const Tensor<Cpu, T>& residual, const Tensor<Cpu, T>& y, Write write) {
  if (activation.kind == Activation::Kind::tanh)
    forward_of<true>(device, x, a, b, activation, residual, y, write);
  else
    forward_of<false>(device, x, a, b, activation, residual, y, write);
}

template <Scalar T>
void Affine<Cpu, T>::backward_sums(Cpu& device, const Tensor<Cpu, T>& dy, const Tensor<Cpu, T>& x,
                                   const Coefficients& a, const Coefficients& b,
                                   Activation activation, const Coefficients& s1,
                                   const Coefficients& s2, const Scratch& scratch) {
  if (activation.kind == Activation::Kind::tanh)
    sums_of<true>(device, dy, x, a, b, activation, s1, s2, scratch);
  else
    sums_of<false>(device, dy, x, a, b, activation, s1, s2, scratch);
}

template <Scalar T>
void Affine<Cpu, T>::backward_data(Cpu& device, const Tensor<Cpu, T>& dy, const Tensor<Cpu, T>& x,
                                   const Coefficients& a, const Coefficients& b,
                                   Activation activation, const Coefficients& p,
                                   const Coefficients& q, const Tensor<Cpu, T>& dx, Write write) {
  if (activation.kind == Activation::Kind::tanh)
    backward_of<true>(device, dy, x, a, b, activation, p, q, dx, write);
  else
    backward_of<false>(device, dy, x, a, b, activation, p, q, dx, write);
}

}  // namespace limn::inline v0::primitive
