// SPDX-License-Identifier: MIT
// What all matrix kernels share: the product that is asked for, what becomes of a sum, and how sums
// that were split along k are put together.
#pragma once

#include "limn/core/activation.hpp"
#include "limn/core/scalar.hpp"
#include "limn/cuda/block.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// c (m,n) (+)= activation(op(a) op(b) + bias), row-major and dense: a (m,k), or (k,m) if `ta`;
/// b (k,n), or (n,k) if `tb`. With partial sums, a split writes those of its part of k to
/// partial (split,m,n) instead.
template <class A, class B, class C>
struct Product {
  using P = param_t<C>;
  const A* a = nullptr;
  const B* b = nullptr;
  C* c = nullptr;
  const P* bias = nullptr;  ///< of columns, or null
  P* partial = nullptr;     ///< or null: k is not split
  int m = 0, n = 0, k = 0;
  bool ta = false, tb = false, accumulate = false;
  int split_k = 0;  ///< how much of k a split has
  Activation activation{};

  [[nodiscard]] LIMN_HOST_DEVICE int last_k(int split) const {
    return k - split * split_k < split_k ? k : (split + 1) * split_k;
  }

  /// What becomes of the finished sums of neighbouring columns.
  template <int width>
  LIMN_HOST_DEVICE void finish(Pack<P, width> sums, int row, int column) const {
    const Index at = Index{row} * n + column;
    if (bias != nullptr) {
      LIMN_UNROLL
      for (int e = 0; e < width; ++e) sums.value[e] += bias[column + e];
    }
    LIMN_UNROLL
    for (int e = 0; e < width; ++e) sums.value[e] = activation(sums.value[e]);
    if (accumulate) {
      const auto before = load<width>(c + at);
      LIMN_UNROLL
      for (int e = 0; e < width; ++e) sums.value[e] += static_cast<P>(before.value[e]);
    }
    store(c + at, converted<C>(sums));
  }

  /// Sums of a split: finished, or put aside.
  template <int width>
  LIMN_HOST_DEVICE void put(const Pack<P, width>& sums, int split, int row, int column) const {
    if (partial == nullptr)
      finish(sums, row, column);
    else
      store(partial + (Index{split} * m + row) * n + column, sums);
  }
};

/// Adds up the partial sums of all splits, in order, and finishes them.
template <class A, class B, class C>
struct CombineKernel {
  static constexpr int threads = 128;
  Product<A, B, C> p;
  int splits;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const int i = static_cast<int>(block.x()) * threads + thread;
      if (i >= p.m * p.n) return;
      Pack<typename Product<A, B, C>::P, 1> sum{};
      for (int s = 0; s < splits; ++s) sum.value[0] += p.partial[Index{s} * p.m * p.n + i];
      p.finish(sum, i / p.n, i % p.n);
    });
  }
};

}  // namespace limn::inline v0::gpu
