// SPDX-License-Identifier: MIT
// A product of two matrices that are read through functions of row, column and depth, in tiles of
// shared memory: 64 x 64 results per block, 16 deep, 4 x 4 of them per thread. All that a
// convolution's directions differ in is where the values lie.
#pragma once

#include "limn/cuda/block.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// One side of the product:
///   At at(int i)            what is known of row (column) i of the product
///   Step step(int k)        what is known of depth k
///   Sum value(At, Step)     0 outside
///   deep_first              values that are neighbours in depth are neighbours in memory
/// and what becomes of the sums:
///   To at(int row, split)   where a row's results go
///   void operator()(To, int column, Sum)
template <class S, class LeftSide, class RightSide, class Result>
struct TiledProduct {
  using Sum = S;
  static constexpr int threads = 256, tile = 64, deep = 16, own = 4;
  struct Shared {
    // one access of 16 bytes reads four neighbours; the gap spreads writes over the banks
    alignas(16) Sum left[deep][tile + own];
    alignas(16) Sum right[deep][tile + own];
  };
  LeftSide left;
  RightSide right;
  Result result;
  int rows, columns, depth;
  int depth_of_split;  ///< blocks along z share the depth

  /// What a thread knows of the rows it loads: four of them, or the same one at four depths.
  template <class Side>
  struct Loaded {
    static constexpr int count = Side::deep_first ? own : 1;
    typename Side::At at[count];
  };
  struct Sums {
    Sum v[own][own];
  };

  template <class Side>
  LIMN_HOST_DEVICE static void begin(const Side& side, int first, int thread, Loaded<Side>& to) {
    if constexpr (Side::deep_first) {
      LIMN_UNROLL
      for (int i = 0; i < own; ++i) to.at[i] = side.at(first + thread / deep + i * (tile / own));
    } else {
      to.at[0] = side.at(first + thread % tile);
    }
  }

  template <class Side>
  LIMN_HOST_DEVICE static void fill(const Side& side, const Loaded<Side>& from, int k0, int last,
                                    int thread, Sum (&to)[deep][tile + own]) {
    if constexpr (Side::deep_first) {
      const int k = thread % deep;
      const bool inside = k0 + k < last;
      const auto step = side.step(inside ? k0 + k : k0);
      LIMN_UNROLL
      for (int i = 0; i < own; ++i)
        to[k][thread / deep + i * (tile / own)] = inside ? side.value(from.at[i], step) : Sum(0);
    } else {
      LIMN_UNROLL
      for (int i = 0; i < own; ++i) {
        const int k = thread / tile + i * (threads / tile);
        to[k][thread % tile] = k0 + k < last ? side.value(from.at[0], side.step(k0 + k)) : Sum(0);
      }
    }
  }

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    Shared& shared = block.template shared<Shared>();
    typename Block::template Registers<Sums> sums;
    typename Block::template Registers<Loaded<LeftSide>> lefts;
    typename Block::template Registers<Loaded<RightSide>> rights;
    const int row0 = static_cast<int>(block.x()) * tile,
              column0 = static_cast<int>(block.y()) * tile;
    const int split = static_cast<int>(block.z());
    const int first = split * depth_of_split, last = smaller(depth, first + depth_of_split);
    block.each([&](int thread) {
      begin(left, row0, thread, lefts(thread));
      begin(right, column0, thread, rights(thread));
    });
    for (int k0 = first; k0 < last; k0 += deep) {
      block.each([&](int thread) {
        fill(left, lefts(thread), k0, last, thread, shared.left);
        fill(right, rights(thread), k0, last, thread, shared.right);
      });
      block.each([&](int thread) {
        Sums& s = sums(thread);
        LIMN_UNROLL
        for (int k = 0; k < deep; ++k) {
          const auto a = load<own>(&shared.left[k][thread / deep * own]);
          const auto b = load<own>(&shared.right[k][thread % deep * own]);
          LIMN_UNROLL
          for (int i = 0; i < own; ++i) {
            LIMN_UNROLL
            for (int j = 0; j < own; ++j) s.v[i][j] += a.value[i] * b.value[j];
          }
        }
      });
    }
    block.each([&](int thread) {
      const Sums& s = sums(thread);
      LIMN_UNROLL
      for (int i = 0; i < own; ++i) {
        const int row = row0 + thread / deep * own + i;
        if (row < rows) {
          const auto to = result.at(row, split);
          LIMN_UNROLL
          for (int j = 0; j < own; ++j) {
            const int column = column0 + thread % deep * own + j;
            if (column < columns) result(to, column, s.v[i][j]);
          }
        }
      }
    });
  }
};

}  // namespace limn::inline v0::gpu
