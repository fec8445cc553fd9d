// SPDX-License-Identifier: MIT
// Group "optimizer" as kernels: linear passes at memory bandwidth.
#pragma once

#include "limn/core/primitives/optimizer.hpp"
#include "limn/cuda/adam.hpp"
#include "limn/cuda/adam_outer.hpp"
#include "limn/cuda/flat.hpp"

namespace limn::inline v0::gpu {

/// What sum_squares adds up, and what becomes of the sum.
template <class P>
struct SquareTerm {
  [[nodiscard]] LIMN_HOST_DEVICE static double term(P x) {
    return static_cast<double>(x) * static_cast<double>(x);
  }
  [[nodiscard]] LIMN_HOST_DEVICE static P result(double sum) { return static_cast<P>(sum); }
};

/// all_finite counts what is not.
template <class P>
struct FiniteTerm {
  [[nodiscard]] LIMN_HOST_DEVICE static double term(P x) { return is_finite(x) ? 0.0 : 1.0; }
  [[nodiscard]] LIMN_HOST_DEVICE static P result(double sum) { return sum > 0.5 ? P(0) : P(1); }
};

/// partial[block] = sum of the terms of a block's `each_block` values.
template <class P, class Term, int width>
struct SumTermsKernel {
  static constexpr int threads = 256, each_thread = 32;
  static constexpr Index each_block = Index{threads} * each_thread;
  const P* x;
  double* partial;
  Index count;

  LIMN_NO_EXECUTION_CHECK
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    typename Block::template Registers<double> sums;
    block.each([&](int thread) {
      double sum = 0;
      for (int k = 0; k < each_thread / width; ++k) {
        const Index i = block.x() * each_block + (k * threads + thread) * width;
        if (i + width <= count) {
          for (const P v : load<width>(x + i).value) sum += Term::term(v);
        } else {
          LIMN_NO_UNROLL
          for (Index j = i; j < count; ++j) sum += Term::term(x[j]);
        }
      }
      sums(thread) = sum;
    });
    const double total = block.sum(sums);
    block.each([&](int thread) {
      if (thread == 0) partial[block.x()] = total;
    });
  }
};

/// y = result(sum of the partial sums); one block.
template <class P, class Term>
struct SumPartialsKernel {
  static constexpr int threads = 256;
  const double* partial;
  P* y;
  Index count;

  LIMN_NO_EXECUTION_CHECK
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    typename Block::template Registers<double> sums;
    block.each([&](int thread) {
      double sum = 0;
      for (Index i = thread; i < count; i += threads) sum += partial[i];
      sums(thread) = sum;
    });
    const double total = block.sum(sums);
    block.each([&](int thread) {
      if (thread == 0) *y = Term::result(total);
    });
  }
};

}  // namespace limn::inline v0::gpu

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar P>
struct Optimizer<D, P> {
  using Values = Tensor<D, P>;
  using Scratch = Tensor<D, std::byte>;

  static void adam(D& device, const AdamRule& rule, const Values& rates, const Values& w,
                   const Values& gradient, const Values& m, const Values& v,
                   const AdamExtras<D, P>& extras) {
    const gpu::AdamBuffers<P> to{w.data(), m.data(), v.data(), extras.average.data_or_null()};
    gpu::flat_pass<P>(device, w.size(),
                      gpu::aligned_for_packs(gradient.data(), to.w, to.m, to.v, to.average),
                      gpu::AdamStep<P>{{rule, extras.bounds, rates.data()}, gradient.data(), to});
  }

  static std::size_t reduce_workspace(D&, Index size) {
    return static_cast<std::size_t>(partials(size)) * sizeof(double);
  }

  static void sum_squares(D& device, const Values& x, const Values& y, const Scratch& scratch) {
    sum_terms<gpu::SquareTerm<P>>(device, x, y, scratch);
  }

  static void all_finite(D& device, const Values& x, const Values& y, const Scratch& scratch) {
    sum_terms<gpu::FiniteTerm<P>>(device, x, y, scratch);
  }

 private:
  template <class Term>
  static void sum_terms(D& device, const Values& x, const Values& y, const Scratch& scratch) {
    auto* partial = reinterpret_cast<double*>(scratch.data_or_null());
    gpu::with_width<P>(gpu::aligned_for_packs(x.data()), [&](auto width) {
      gpu::launch(device, {partials(x.size())},
                  gpu::SumTermsKernel<P, Term, width()>{x.data(), partial, x.size()});
    });
    gpu::launch(device, {1},
                gpu::SumPartialsKernel<P, Term>{partial, y.data(), partials(x.size())});
  }
  static Index partials(Index size) {
    return gpu::blocks_of(size, gpu::SumTermsKernel<P, gpu::SquareTerm<P>, 1>::each_block);
  }
};

}  // namespace limn::inline v0::primitive
