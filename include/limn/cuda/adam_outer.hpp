// SPDX-License-Identifier: MIT
// Adam for a large fully connected layer: the gradient of its weights (O,I) is the sum over samples
// of dy^T x, formed in registers and never stored, so that weights and moments, read and written
// once, are all the traffic.
#pragma once

#include <span>
#include <string>

#include "limn/cuda/adam.hpp"
#include "limn/cuda/block.hpp"

namespace limn::inline v0::gpu {

/// A block has `rows` rows of w and one pack of columns per thread. The sums of a thread are
/// rows x width; dy passes through shared memory, a few samples at a time, x comes straight from
/// memory: neighbouring blocks have the same columns and find it in the second cache.
template <class T, int width>
struct AdamOuterKernel {
  using P = param_t<T>;
  static constexpr int threads = 256, rows = 8, samples = threads / rows, most_factors = 128;
  struct Factor {
    const T *x, *dy;
    int samples;
  };
  struct Shared {
    Pack<P, rows> dy[samples];
  };
  struct Sums {
    Pack<P, width> row[rows];
  };

  AdamUpdate<P> adam;
  AdamBuffers<P> to;
  int outputs, row_groups;
  Index inputs;
  int factor_count;
  Factor factors[most_factors];

  LIMN_NO_EXECUTION_CHECK
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    auto& shared = block.template shared<Shared>();
    typename Block::template Registers<Sums> sums;
    const Index piece = block.x() / row_groups;
    const int top = static_cast<int>(block.x() - piece * row_groups) * rows;
    const auto column = [&](int thread) { return (piece * threads + thread) * width; };
    for (int f = 0; f < factor_count; ++f) {
      const Factor& factor = factors[f];
      for (int first = 0; first < factor.samples; first += samples) {
        const int count = smaller(samples, factor.samples - first);
        block.each([&](int thread) {
          const int n = thread / rows, row = thread % rows;
          P value = 0;
          if (n < count && top + row < outputs)
            value = static_cast<P>(factor.dy[Index{first + n} * outputs + top + row]);
          shared.dy[n].value[row] = value;
        });
        block.each([&](int thread) {
          if (column(thread) >= inputs) return;
          const T* x = factor.x + first * inputs + column(thread);
          Sums& sum = sums(thread);
          LIMN_NO_UNROLL
          for (int n = 0; n < count; ++n, x += inputs) add(sum, load<width>(x), shared.dy[n]);
        });
      }
    }
    block.each([&](int thread) {
      if (column(thread) >= inputs) return;
      const Sums& sum = sums(thread);
      const auto rates = adam.read_rates();
      LIMN_UNROLL
      for (int row = 0; row < rows; ++row) {
        const Index at = (Index{top} + row) * inputs + column(thread);
        if (top + row < outputs) adam.template apply<width>(rates, sum.row[row], to.from(at));
      }
    });
  }

 private:
  LIMN_HOST_DEVICE static void add(Sums& sums, const Pack<T, width>& x, const Pack<P, rows>& dy) {
    const auto value = converted<P>(x);
    LIMN_UNROLL
    for (int row = 0; row < rows; ++row) {
      LIMN_UNROLL
      for (int e = 0; e < width; ++e) sums.row[row].value[e] += value.value[e] * dy.value[row];
    }
  }
};

}  // namespace limn::inline v0::gpu

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar T>
struct OuterOptimizer<D, T> {
  using P = param_t<T>;

  /// Throws DeviceError for more than 128 factors.
  static void adam_outer(D& device, const AdamRule& rule, const Tensor<D, P>& rates,
                         const Tensor<D, P>& w, std::span<const Factors<D, T>> factors,
                         const Tensor<D, P>& m, const Tensor<D, P>& v,
                         const AdamExtras<D, P>& extras) {
    const gpu::AdamBuffers<P> to{w.data(), m.data(), v.data(), extras.average.data_or_null()};
    bool aligned = w.shape().sample() % gpu::full_width<P> == 0 &&
                   gpu::aligned_for_packs(to.w, to.m, to.v, to.average);
    for (const auto& f : factors) aligned = aligned && gpu::aligned_for_packs(f.x.data());
    gpu::with_width<P>(aligned, [&](auto width) {
      using Kernel = gpu::AdamOuterKernel<T, width()>;
      if (factors.size() > Kernel::most_factors)
        throw DeviceError("[adam_outer] the gradient of weights " + to_string(w.shape()) +
                          " is kept as " + std::to_string(factors.size()) +
                          " pairs (x, dy), and one kernel takes " +
                          std::to_string(Kernel::most_factors) +
                          ": update the weights after fewer backward passes");
      Kernel kernel{.adam = gpu::AdamUpdate<P>(rule, extras.bounds, rates.data()),
                    .to = to,
                    .outputs = static_cast<int>(w.shape().n),
                    .row_groups = static_cast<int>(gpu::blocks_of(w.shape().n, Kernel::rows)),
                    .inputs = w.shape().sample(),
                    .factor_count = static_cast<int>(factors.size()),
                    .factors = {}};
      for (std::size_t i = 0; i < factors.size(); ++i)
        kernel.factors[i] = {factors[i].x.data(), factors[i].dy.data(),
                             static_cast<int>(factors[i].x.shape().n)};
      const Index pieces = gpu::blocks_of(kernel.inputs, Kernel::threads * Index{width()});
      gpu::launch(device, {pieces * kernel.row_groups}, kernel);
    });
  }
};

}  // namespace limn::inline v0::primitive
