// SPDX-License-Identifier: MIT
// Matrix products of any shape: tiles of 64 x 64 results, 4 x 4 of them per thread, operands by way
// of shared memory.
#pragma once

#include "limn/cuda/product.hpp"

namespace limn::inline v0::gpu {

/// width: of packs, > 1 only where the rows of a, b and c are multiples of it and aligned.
template <class A, class B, class C, int width>
struct TileKernel {
  using P = param_t<C>;
  static constexpr int threads = 256, tile = 64, depth = 16, own = 4, across = tile / own;
  /// 4 more per row spread the banks and keep packs aligned.
  struct Shared {
    Pack<P, tile + 4> a[depth], b[depth];
  };
  struct Sums {
    Pack<P, own> row[own];
  };

  Product<A, B, C> p;
  int tiles_m, tiles_n;

  LIMN_NO_EXECUTION_CHECK
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    auto& shared = block.template shared<Shared>();
    typename Block::template Registers<Sums> sums;
    const int number = static_cast<int>(block.x()), split = number / (tiles_m * tiles_n);
    const int of_split = number - split * tiles_m * tiles_n;
    const int top = of_split / tiles_n * tile, left = of_split % tiles_n * tile;
    const int last = p.last_k(split);
    for (int k = split * p.split_k; k < last; k += depth) {
      block.each([&](int thread) {
        fetch(p.a, p.m, p.k, !p.ta, top, k, last, thread, shared.a);
        fetch(p.b, p.n, p.k, p.tb, left, k, last, thread, shared.b);
      });
      block.each([&](int thread) {
        const int row = thread / across * own, column = thread % across * own;
        Sums& sum = sums(thread);
        LIMN_UNROLL
        for (int d = 0; d < depth; ++d) {
          const auto a = load<own>(shared.a[d].value + row);
          const auto b = load<own>(shared.b[d].value + column);
          LIMN_UNROLL
          for (int i = 0; i < own; ++i) {
            LIMN_UNROLL
            for (int j = 0; j < own; ++j) sum.row[i].value[j] += a.value[i] * b.value[j];
          }
        }
      });
    }
    block.each([&](int thread) {
      const int row = top + thread / across * own, column = left + thread % across * own;
      const Sums& sum = sums(thread);
      LIMN_UNROLL
      for (int i = 0; i < own; ++i) {
        if (row + i >= p.m) continue;
        LIMN_UNROLL
        for (int j = 0; j < own; j += width) {
          if (column + j >= p.n) continue;
          Pack<P, width> pack;
          LIMN_UNROLL
          for (int e = 0; e < width; ++e) pack.value[e] = sum.row[i].value[j + e];
          p.put(pack, split, row + i, column + j);
        }
      }
    });
  }

 private:
  /// to[d][i] = element (first + i, k + d) of a matrix of `rows` rows, stored along k or along the
  /// rows; 0 outside.
  template <class T>
  LIMN_HOST_DEVICE static void fetch(const T* from, int rows, int extent_k, bool along_k, int first,
                                     int k, int last, int thread, Pack<P, tile + 4>* to) {
    LIMN_UNROLL
    for (int i = 0; i < tile * depth / width / threads; ++i) {
      const int pack = thread + i * threads;
      if (along_k) {
        constexpr int packs = depth / width;
        const int row = pack / packs, d = pack % packs * width;
        auto value = filled<width>(P(0));
        if (first + row < rows && k + d < last)
          value = converted<P>(load<width>(from + Index{first + row} * extent_k + k + d));
        LIMN_UNROLL
        for (int e = 0; e < width; ++e) to[d + e].value[row] = value.value[e];
      } else {
        constexpr int packs = tile / width;
        const int d = pack / packs, row = pack % packs * width;
        auto value = filled<width>(P(0));
        if (first + row < rows && k + d < last)
          value = converted<P>(load<width>(from + Index{k + d} * rows + first + row));
        store(to[d].value + row, value);
      }
    }
  }
};

}  // namespace limn::inline v0::gpu
