// SPDX-License-Identifier: MIT
// Reductions, written once. A result is a row of `channels` values, folded from many such rows:
// statistics per sample and channel, pooling, sums over any axes. A block takes some channels of
// one slice of the rows; where there are several slices their parts go to workspace, and a small
// kernel puts them together in order.
//
// What is folded is a Term:
//   Value, empty(), combine(Value&, const Value&)   what a channel comes to; combined in order
//   width, unroll, folds_lanes                      packs; a pack's values are one channel
//   Loaded load(Index at)                           what is read at one row
//   State, begin(State&, Index result, Index k, Index first)      of a thread; first: where its
//                                                               first row is, or any row
//   add(State&, const Loaded&, std::uint32_t offset)
//   value(const State&, int lane), after end(State&)
//   store(const Region&, Index result, Index k, const Value&)     the result
// A thread adds few values, so its sums may be in the computing type; values are combined in
// double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "limn/core/primitives/common.hpp"
#include "limn/cuda/block.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// The rows of one result. Row r begins at element base + offset(r) * channels.
struct Region {
  Index base;
  std::uint32_t rows, inner, step;  ///< runs of `inner` rows, `step` apart
  std::uint32_t first;              ///< number of the first row in its picture (of bins)

  [[nodiscard]] LIMN_HOST_DEVICE std::uint32_t offset(std::uint32_t row) const {
    return inner == step ? row : row / inner * step + row % inner;
  }
};

/// x[i,r,j,s,k] summed over r and s, to y[i,j,k].
struct DenseRows {
  std::uint32_t r = 1, j = 1, s = 1;
  Index channels = 1;

  [[nodiscard]] LIMN_HOST_DEVICE Region region(Index result) const {
    const auto at = static_cast<std::uint32_t>(result);
    const Index row = (static_cast<Index>(at / j) * r * j + at % j) * s;
    return {row * channels, r * s, s, r == 1 ? s : j * s, 0};
  }
};

/// How a reduction is cut, by shape alone: `results` of `rows` rows of `packs` packs of `bytes`.
struct RowCut {
  static constexpr int threads = 256;
  static constexpr Index enough_blocks = 264;  // two for each of an H100's multiprocessors

  int columns = 1, rows = 1, together = 1;  ///< of a block: packs, threads per pack, results
  std::uint32_t tiles = 1, slices = 1;      ///< blocks along the packs, along the rows
  Index packs = 1, results = 1;

  struct Place {
    bool active;
    int row;
    std::uint32_t slice;
    Index result, pack;
  };

  /// A tile is up to 128 bytes of neighbouring channels: what a warp reads stays whole lines.
  static RowCut of(Index results, Index rows, Index packs, Index bytes, Index slices) {
    RowCut cut;
    cut.results = results;
    cut.packs = packs;
    const Index tiles = blocks_of(packs, larger<Index>(1, 128 / bytes));
    cut.tiles = static_cast<std::uint32_t>(tiles);
    cut.columns = static_cast<int>(blocks_of(packs, tiles));
    cut.slices = static_cast<std::uint32_t>(slices);
    const int most = threads / cut.columns;
    cut.rows = most;
    // short rows: several results in a block, four rows of each to a thread if that is enough work
    for (Index per_thread = 4; slices == 1 && per_thread > 0; per_thread /= 2) {
      cut.rows = static_cast<int>(smaller<Index>(most, blocks_of(rows, per_thread)));
      cut.together = most / cut.rows;
      if (cut.blocks() >= enough_blocks) break;
    }
    return cut;
  }

  /// At least 4 rows to a thread, at most 64, and enough blocks in between.
  static Index slices_of(Index results, Index rows, Index packs, Index bytes) {
    const RowCut cut = of(results, rows, packs, bytes, 1);
    const Index most = threads / cut.columns, tiles = static_cast<Index>(cut.tiles);
    const Index wanted = blocks_of(enough_blocks, results * tiles);
    const Index useful = larger<Index>(1, rows / (most * 4)), needed = blocks_of(rows, most * 64);
    return larger(smaller(wanted, useful), needed);
  }

  [[nodiscard]] Index blocks() const {
    return blocks_of(results, together) * static_cast<Index>(tiles) * static_cast<Index>(slices);
  }

  [[nodiscard]] LIMN_HOST_DEVICE Place place(Index block, int thread) const {
    const auto b = static_cast<std::uint32_t>(block);
    const int column = thread % columns, line = thread / columns, group = line / rows;
    Place p;
    p.row = line % rows;
    p.slice = b / tiles % slices;
    p.result = static_cast<Index>(b / tiles / slices) * together + group;
    p.pack = static_cast<Index>(b % tiles) * columns + column;
    p.active = group < together && p.result < results && p.pack < packs;
    return p;
  }
};

/// Parts of results: one Value per result, slice and channel.
template <class Term, class Rows>
struct ReduceRows {
  static constexpr int threads = RowCut::threads;
  static constexpr int width = Term::width, lanes = Term::folds_lanes ? 1 : width;
  using Value = typename Term::Value;
  struct Shared {
    Value value[lanes * threads];
  };

  Term term;
  Rows geometry;
  RowCut cut;
  Value* parts;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    auto& shared = block.template shared<Shared>();
    block.each([&](int thread) {
      const RowCut::Place p = cut.place(block.x(), thread);
      if (p.active) {
        walk(p, thread, shared);
      } else {
        LIMN_UNROLL
        for (int i = 0; i < lanes; ++i) shared.value[i * threads + thread] = Term::empty();
      }
    });
    for (int count = cut.rows; count > 1;) {
      const int half = (count + 1) / 2;
      block.each([&](int thread) {
        const int line = thread / cut.columns;
        if (line >= cut.rows * cut.together || line % cut.rows + half >= count) return;
        LIMN_UNROLL
        for (int i = 0; i < lanes; ++i) {
          Value* value = shared.value + i * threads + thread;
          Term::combine(*value, value[half * cut.columns]);
        }
      });
      count = half;
    }
    block.each([&](int thread) {
      const RowCut::Place p = cut.place(block.x(), thread);
      if (!p.active || p.row != 0) return;
      const Index channels = Term::folds_lanes ? 1 : cut.packs * width;
      LIMN_UNROLL
      for (int i = 0; i < lanes; ++i) {
        const Value& value = shared.value[i * threads + thread];
        const Index k = p.pack * lanes + i;
        if (cut.slices == 1)
          term.store(geometry.region(p.result), p.result, k, value);
        else
          parts[(p.result * cut.slices + p.slice) * channels + k] = value;
      }
    });
  }

 private:
  LIMN_HOST_DEVICE void walk(const RowCut::Place& p, int thread, Shared& shared) const {
    const Region region = geometry.region(p.result);
    const std::uint32_t share = (region.rows + cut.slices - 1) / cut.slices;
    const std::uint32_t end = smaller(region.rows, (p.slice + 1) * share);
    const auto stride = static_cast<std::uint32_t>(cut.rows);
    std::uint32_t row = p.slice * share + static_cast<std::uint32_t>(p.row);
    const Index channels = cut.packs * width, k = p.pack * width, from = region.base + k;
    typename Term::State state;
    const std::uint32_t own = region.offset(row < end ? row : 0);
    term.begin(state, p.result, k, from + static_cast<Index>(own) * channels);
    constexpr std::uint32_t unroll = Term::unroll;
    for (; row + (unroll - 1) * stride < end; row += unroll * stride) {
      std::uint32_t offset[unroll];
      typename Term::Loaded loaded[unroll];
      LIMN_UNROLL
      for (std::uint32_t u = 0; u < unroll; ++u) {
        offset[u] = region.offset(row + u * stride);
        loaded[u] = term.load(from + static_cast<Index>(offset[u]) * channels);
      }
      LIMN_UNROLL
      for (std::uint32_t u = 0; u < unroll; ++u) term.add(state, loaded[u], offset[u]);
    }
    for (; row < end; row += stride) {
      const std::uint32_t offset = region.offset(row);
      term.add(state, term.load(from + static_cast<Index>(offset) * channels), offset);
    }
    term.end(state, region, k);
    LIMN_UNROLL
    for (int i = 0; i < lanes; ++i) shared.value[i * threads + thread] = term.value(state, i);
  }
};

/// Results from their parts, slice by slice.
template <class Term, class Rows>
struct CombineParts {
  static constexpr int threads = 256;
  using Value = typename Term::Value;
  struct Shared {
    Value value[threads];
  };

  Term term;
  Rows geometry;
  const Value* parts;
  Index results, channels;
  int slices, columns;  ///< columns: values per block; a power of two

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    auto& shared = block.template shared<Shared>();
    const int groups = threads / columns;
    block.each([&](int thread) {
      const Index at = block.x() * columns + thread % columns;
      Value value = Term::empty();
      if (at < results * channels) {
        const Value* from = parts + at / channels * slices * channels + at % channels;
        for (int i = thread / columns; i < slices; i += groups)
          Term::combine(value, from[i * channels]);
      }
      shared.value[thread] = value;
    });
    for (int half = groups / 2; half > 0; half /= 2) {
      block.each([&](int thread) {
        if (thread < half * columns)
          Term::combine(shared.value[thread], shared.value[thread + half * columns]);
      });
    }
    block.each([&](int thread) {
      const Index at = block.x() * columns + thread;
      if (thread >= columns || at >= results * channels) return;
      const Index result = at / channels;
      term.store(geometry.region(result), result, at % channels, shared.value[thread]);
    });
  }
};

/// A reduction of a tensor of T: what it needs, by shape alone, and its launch.
struct Reduction {
  Index results = 1, rows = 1, channels = 1;  ///< the largest number of rows of a result
  Index width = 1;                            ///< of packs, if pointers allow them
  Index slices = 1;
  bool flat = false;  ///< packs are rows of a single channel

  /// `run`: how many of a result's rows lie one after another.
  template <class T>
  static Reduction of(Index results, Index rows, Index channels, Index run) {
    constexpr Index full = full_width<T>;
    Reduction r{results, rows, channels};
    r.flat = channels == 1;
    if ((r.flat ? run : channels) % full == 0) r.width = full;
    const Index bytes = r.width * static_cast<Index>(sizeof(T));
    r.slices = RowCut::slices_of(results, r.flat ? rows / r.width : rows,
                                 r.flat ? 1 : channels / r.width, bytes);
    if (results > limit || rows > limit || results * r.slices * channels / r.width > limit)
      primitive::refuse("reduce", "a reduction on a GPU has less than 2^31 rows and results",
                        {results, 1, rows, channels}, {limit, 1, limit, 1});
    return r;
  }

  template <class Value>
  [[nodiscard]] std::size_t workspace() const {
    return slices == 1 ? 0 : static_cast<std::size_t>(results * slices * channels) * sizeof(Value);
  }

  template <class T, BlockDevice D, class Term, class Rows>
  void run(D& device, const Term& term, const Rows& geometry,
           const Tensor<D, std::byte>& scratch) const {
    using Value = typename Term::Value;
    constexpr Index pack = Term::width;
    auto* parts =
        slices == 1 ? static_cast<Value*>(nullptr) : reinterpret_cast<Value*>(scratch.data());
    const RowCut cut = RowCut::of(results, flat ? rows / pack : rows, flat ? 1 : channels / pack,
                                  pack * static_cast<Index>(sizeof(T)), slices);
    launch(device, {cut.blocks()}, ReduceRows<Term, Rows>{term, geometry, cut, parts});
    if (slices == 1) return;
    int columns = 1;
    while (columns < 32 && columns < results * channels) columns *= 2;
    launch(device, {blocks_of(results * channels, columns)},
           CombineParts<Term, Rows>{term, geometry, parts, results, channels,
                                    static_cast<int>(slices), columns});
  }

 private:
  static constexpr Index limit = std::numeric_limits<std::int32_t>::max();
};

}  // namespace limn::inline v0::gpu
