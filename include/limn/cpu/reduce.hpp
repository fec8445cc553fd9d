// SPDX-License-Identifier: MIT
// Sums over chosen axes. Neighbouring axes that are treated alike are one, so every choice is
//   y[i,j,k] = sum over r, s of x[i,r,j,s,k],
// rows of k values added up; k = 1 is the sum of a long row.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "limn/core/primitives/pointwise.hpp"
#include "limn/cpu/rows.hpp"

namespace limn::inline v0::cpu {

/// total += sum of x over `rows` rows.
template <class T>
struct SumStep {
  const T* x;
  double* total;
  Index rows = 0, stride = 0;

  LIMN_ALWAYS_INLINE void advance(Index n) { x += n; }
  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V v, sums{};
    for (Index r = 0; r < rows; ++r) {
      lanes.load(v, x + i + r * stride);
      sums += v;
    }
    add_wide(total + i, sums, lanes);
  }
};

/// Body of simd::dispatch: totals[i] = sum of row i of x, `length` values, for rows that are short:
/// eight registers of the computing type at a time, and what comes of them in double.
template <class T>
struct SumShortRows {
  const T* x;
  param_t<T>* y;
  Index rows, length;
  bool accumulate;

  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()() const {
    using V = Register<T, Bytes>;
    constexpr Index w = simd::width<V>, run = 8;
    const T* from = x;
    for (Index row = 0; row < rows; ++row, from += length) {
      double totals[w] = {};
      Index i = 0;
      for (; i + run * w <= length; i += run * w) {
        V v, next, sum;
        simd::load(sum, from + i);
        simd::load(next, from + i + w);
        for (Index r = 2; r < run; r += 2) {
          simd::load(v, from + i + r * w);
          sum += v;
          simd::load(v, from + i + (r + 1) * w);
          next += v;
        }
        sum += next;
        add_wide(totals, sum, AllLanes{});
      }
      V v, sum{};
      for (; i + w <= length; i += w) {
        simd::load(v, from + i);
        sum += v;
      }
      if (i < length) {
        simd::load(v, from + i, length - i);
        sum += v;
      }
      add_wide(totals, sum, AllLanes{});
      simd::Vec<double, w> all;
      simd::load(all, totals);
      const double before = accumulate ? static_cast<double>(y[row]) : 0.0;
      y[row] = static_cast<param_t<T>>(before + simd::sum(all));
    }
  }
};

class Reduction {
 public:
  Reduction(const Shape& s, const primitive::Axes& axes)
      : extents_(primitive::grouped(s, axes)), rows_(extents_[4]) {
    // a chunk: about 16 K values, and partial sums that weigh little
    per_chunk_ = std::max(Index{16}, 16384 / rows_.channels);
    chunks_ = chunks_of(summed_rows(), per_chunk_);
  }

  /// Doubles of workspace: a row for each chunk.
  [[nodiscard]] std::size_t partials() const {
    return static_cast<std::size_t>(extents_[0] * extents_[2] * chunks_ * rows_.length);
  }

  /// y (+)= the sums, chunk by chunk in their order.
  template <class T>
  void run(ThreadPool& threads, Isa isa, const T* x, param_t<T>* y, Write write,
           double* partial) const {
    using P = param_t<T>;
    if (short_rows()) {
      const Index per = std::max(Index{1}, 16384 / extents_[3]);
      threads.run(chunks_of(extents_[0], per), [&](Index block, int) {
        const Index first = block * per;
        simd::dispatch(isa, SumShortRows<T>{x + first * extents_[3], y + first,
                                            std::min(per, extents_[0] - first), extents_[3],
                                            write == Write::accumulate});
      });
      return;
    }
    const Index results = extents_[0] * extents_[2], tasks = results * chunks_;
    const Index values = std::min(per_chunk_, summed_rows()) * rows_.channels;
    const Index together = std::max(Index{1}, 16384 / std::max(Index{1}, values));
    threads.run(chunks_of(tasks, together), [&](Index block, int) {
      const Index last = std::min(tasks, (block + 1) * together);
      for (Index task = block * together; task < last; ++task)
        sum_chunk(isa, x, task / chunks_, task % chunks_, partial + task * rows_.length);
    });
    const Index c = rows_.channels;
    constexpr Index block = 64;
    for (Index i = 0; i < results; ++i) {
      for (Index from = 0; from < c; from += block) {
        const Index count = std::min(block, c - from);
        double totals[block];
        fold(partial + i * chunks_ * rows_.length, chunks_, rows_.length, rows_, from, count,
             totals);
        P* to = y + i * c + from;
        for (Index k = 0; k < count; ++k)
          to[k] = static_cast<P>(totals[k] +
                                 (write == Write::accumulate ? static_cast<double>(to[k]) : 0.0));
      }
    }
  }

 private:
  // where folding a row of registers would take longer than the sums
  [[nodiscard]] bool short_rows() const {
    return rows_.channels == 1 && extents_[1] == 1 && extents_[2] == 1 && extents_[3] > 0 &&
           chunks_ == 1;
  }
  [[nodiscard]] Index summed_rows() const { return extents_[1] * extents_[3]; }

  // rows [chunk * per_chunk, ...) of (r, s) for one (i, j)
  template <class T>
  void sum_chunk(Isa isa, const T* x, Index result, Index chunk, double* total) const {
    std::fill_n(total, rows_.length, 0.0);
    const Index i = result / extents_[2], j = result % extents_[2], inner = extents_[3];
    const Index end = std::min(summed_rows(), (chunk + 1) * per_chunk_);
    for (Index row = chunk * per_chunk_; row < end;) {
      const Index r = row / inner, s = row % inner, count = std::min(inner - s, end - row);
      const Index at = (((i * extents_[1] + r) * extents_[2] + j) * inner + s) * rows_.channels;
      simd::dispatch(isa, SumRowsBody<T, SumStep<T>>{SumStep<T>{x + at, total}, rows_, count});
      row += count;
    }
  }

  std::array<Index, 5> extents_;  ///< see primitive::grouped
  Rows rows_;
  Index per_chunk_ = 1, chunks_ = 1;
};

}  // namespace limn::inline v0::cpu
