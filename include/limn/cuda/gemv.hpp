// SPDX-License-Identifier: MIT
// Products of a few vectors with a large matrix that is read once, at memory bandwidth: fully
// connected layers with few samples, and matrix times vector. k is split between blocks where the
// result alone would not occupy a GPU.
#pragma once

#include "limn/cuda/product.hpp"

namespace limn::inline v0::gpu {

/// c = a b^T: dot products along the rows of b (n,k). A warp has a few rows of b and its lanes
/// packs along k; `vectors` rows of a come from shared memory.
template <class A, class B, class C, int vectors, int width>
struct DotsKernel {
  using P = param_t<C>;
  static constexpr int threads = 256, lanes = 32, warps = threads / lanes;
  static constexpr int warp_rows = sizeof(P) == 8 ? 2 : 4, columns = warps * warp_rows;
  static constexpr int depth = lanes * width;
  static constexpr int sums_of_lane = vectors * warp_rows;
  static constexpr int together = sums_of_lane < 8 ? sums_of_lane : 8;  ///< reduced at a time
  struct Shared {
    Pack<P, width> a[vectors][lanes];
    P sums[warps][together][lanes + 1];
  };
  struct Sums {
    P value[sums_of_lane];
  };
  struct Rows {
    Pack<B, width> row[warp_rows];
  };

  Product<A, B, C> p;
  int chunks, groups;  ///< of vectors; of columns of c

  LIMN_NO_EXECUTION_CHECK
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    auto& shared = block.template shared<Shared>();
    typename Block::template Registers<Sums> sums;
    typename Block::template Registers<Rows> b;
    // neighbouring blocks have the same rows of b
    const int number = static_cast<int>(block.x()), place = number / chunks;
    const int top = (number - place * chunks) * vectors;
    const int split = place / groups, left = (place - split * groups) * columns;
    const int last = p.last_k(split);
    for (int k = split * p.split_k; k < last; k += depth) {
      block.each([&](int thread) {
        const int at = k + thread % lanes * width, row = left + thread / lanes * warp_rows;
        LIMN_UNROLL
        for (int r = 0; r < warp_rows; ++r)
          b(thread).row[r] = at < last && row + r < p.n
                                 ? load<width>(p.b + Index{row + r} * p.k + at)
                                 : filled<width>(B(0.0F));
        for (int i = thread; i < vectors * lanes; i += threads) {
          const int vector = i / lanes, from = k + i % lanes * width;
          auto value = filled<width>(P(0));
          if (top + vector < p.m && from < last)
            value = converted<P>(load<width>(p.a + Index{top + vector} * p.k + from));
          shared.a[vector][i % lanes] = value;
        }
      });
      block.each([&](int thread) {
        Sums& sum = sums(thread);
        LIMN_UNROLL
        for (int v = 0; v < vectors; ++v) {
          const auto a = shared.a[v][thread % lanes];
          LIMN_UNROLL
          for (int r = 0; r < warp_rows; ++r) {
            LIMN_UNROLL
            for (int e = 0; e < width; ++e)
              sum.value[v * warp_rows + r] +=
                  a.value[e] * static_cast<P>(b(thread).row[r].value[e]);
          }
        }
      });
    }
    LIMN_UNROLL
    for (int first = 0; first < sums_of_lane; first += together) {
      block.each([&](int thread) {
        LIMN_UNROLL
        for (int j = 0; j < together; ++j)
          shared.sums[thread / lanes][j][thread % lanes] = sums(thread).value[first + j];
      });
      block.each([&](int thread) {
        if (thread >= warps * together) return;
        const int warp = thread / together, j = thread % together;
        const int row = top + (first + j) / warp_rows;
        const int column = left + warp * warp_rows + (first + j) % warp_rows;
        if (row >= p.m || column >= p.n) return;
        Pack<P, 1> total{};
        for (int lane = 0; lane < lanes; ++lane) total.value[0] += shared.sums[warp][j][lane];
        p.put(total, split, row, column);
      });
    }
  }
};

/// c = a b: sums of the rows of b (k,n). A thread has a pack of columns, `vectors` rows of a come
/// from shared memory.
template <class A, class B, class C, int vectors, int width>
struct ColumnsKernel {
  using P = param_t<C>;
  static constexpr int threads = 128, depth = 32, columns = threads * width;
  struct Shared {
    Pack<P, vectors> a[depth];
  };
  struct Sums {
    Pack<P, width> row[vectors];
  };

  Product<A, B, C> p;
  int chunks, groups;  ///< of vectors; of columns of c

  LIMN_NO_EXECUTION_CHECK
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    auto& shared = block.template shared<Shared>();
    typename Block::template Registers<Sums> sums;
    const int number = static_cast<int>(block.x()), place = number / chunks;
    const int top = (number - place * chunks) * vectors;
    const int split = place / groups, left = (place - split * groups) * columns;
    const int last = p.last_k(split);
    for (int k = split * p.split_k; k < last; k += depth) {
      const int count = smaller(depth, last - k);
      block.each([&](int thread) {
        for (int i = thread; i < vectors * depth; i += threads) {
          const int vector = i / depth, d = i % depth;
          P value = 0;
          if (top + vector < p.m && d < count)
            value = static_cast<P>(p.a[Index{top + vector} * p.k + k + d]);
          shared.a[d].value[vector] = value;
        }
      });
      block.each([&](int thread) {
        const int column = left + thread * width;
        if (column >= p.n) return;
        Sums& sum = sums(thread);
        const B* from = p.b + Index{k} * p.n + column;
        for (int d = 0; d < count; ++d, from += p.n) {
          const auto b = converted<P>(load<width>(from));
          const auto a = shared.a[d];
          LIMN_UNROLL
          for (int v = 0; v < vectors; ++v) {
            LIMN_UNROLL
            for (int e = 0; e < width; ++e) sum.row[v].value[e] += a.value[v] * b.value[e];
          }
        }
      });
    }
    block.each([&](int thread) {
      const int column = left + thread * width;
      if (column >= p.n) return;
      LIMN_UNROLL
      for (int v = 0; v < vectors; ++v)
        if (top + v < p.m) p.put(sums(thread).row[v], split, top + v, column);
    });
  }
};

}  // namespace limn::inline v0::gpu
