// SPDX-License-Identifier: MIT
// C (+)= D^T P, the loop nest. Rows are worked off in rounds; a round packs its rows of D once and
// shares (range of rows, panel of P's columns) out; ranges are summed in order at the end.
#pragma once

#include <algorithm>
#include <cstddef>

#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/gemm_outer.hpp"
#include "limn/cpu/gemm_pack.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// c[q][k] = sum over rows m of d[m][q] p[m][k], for two patch matrices with the same rows. Row q
/// of c begins at c + q * c_leading, or, if not `c_in_order`, at c + c_rows[q]. Made by plan(), as
/// Product.
template <class T>
class OuterProduct {
 public:
  Patches<T> d, p;
  float* c = nullptr;
  Index c_leading = 0;
  bool c_in_order = true;
  const Index* c_rows = nullptr;
  bool accumulate = false;

  void plan(Isa isa, int threads, Arena& arena) {
    isa_ = isa;
    rows_ = p.count();
    columns_ = d.depth();
    panels_ = {isa, p.depth()};
    const Index size = columns_ * p.depth();
    constexpr Index wanted_chunks = 32, most_bytes = Index{16} << 20, most_packed = Index{1} << 20;
    ranges_ =
        std::clamp<Index>(wanted_chunks / panels_.count(), 1, std::max<Index>(1, rows_ / block));
    ranges_ = std::max<Index>(1, std::min(ranges_, most_bytes / (4 * std::max<Index>(size, 1))));
    direct_ = ranges_ == 1 && c_in_order;
    block_ = std::clamp(most_packed / (ranges_ * std::max<Index>(columns_, 1)) / strip * strip,
                        4 * strip, block);
    block_ = std::min(block_, std::max<Index>(rows_, 1));
    if (!direct_) parts_ = arena.take<float>(ranges_ * size);
    packed_ = arena.take<float>(ranges_ * block_ * columns_);
    zeros_ = arena.take<T>(std::max(p.zeros_needed(), d.zeros_needed()));
    scratch_size_ = std::max(block_ * 64 + 12 * 64, strip * columns_);
    scratch_ = arena.take<float>(scratch_size_ * threads);
  }

  void run(ThreadPool& pool) {
    std::fill_n(zeros_, std::max(p.zeros_needed(), d.zeros_needed()), T(0.0F));
    p.zeros = d.zeros = zeros_;
    const Index depth = p.depth(), size = columns_ * depth;
    const Index strips = (block_ + strip - 1) / strip;
    // once also without rows: an empty sum is zero
    for (Index first = 0; first == 0 || first < rows_; first += ranges_ * block_) {
      pool.run(ranges_ * strips, [&](Index chunk, int worker) {
        const Index begin = first + chunk / strips * block_;
        pack_strip(begin, std::min(rows_, begin + block_), chunk % strips * strip,
                   packed_ + chunk / strips * block_ * columns_, scratch_ + worker * scratch_size_);
      });
      pool.run(ranges_ * panels_.count(), [&](Index chunk, int worker) {
        const Index range = chunk / panels_.count();
        const Index begin = std::min(rows_, first + range * block_);
        sum(begin, std::min(rows_, begin + block_), panels_[chunk % panels_.count()],
            packed_ + range * block_ * columns_, direct_ ? c : parts_ + range * size,
            direct_ ? c_leading : depth, first > 0 || (direct_ && accumulate),
            scratch_ + worker * scratch_size_);
      });
    }
    if (direct_) return;
    pool.run(columns_, [&](Index q, int) {
      simd::dispatch(isa_, AddParts{}, static_cast<const float*>(parts_ + q * depth), ranges_, size,
                     c_in_order ? c + q * c_leading : c + c_rows[q], depth, accumulate);
    });
  }

 private:
  // A panel of 512 rows takes 128 KB of the second cache and is read once for each block of D's
  // columns.
  static constexpr Index block = 512, strip = 32;

  // Rows m0 + at ... of D as [block of columns][row][columns of the block].
  void pack_strip(Index m0, Index m1, Index at, float* to, float* scratch) const {
    const Index count = std::min(strip, m1 - m0 - at);
    if (count <= 0) return;
    simd::dispatch(isa_, GatherPatches<T, float>{}, &d, m0 + at, count, Index{0}, columns_, scratch,
                   columns_);
    const OuterKernels kernels = outer_kernels(isa_, panels_[0].width);
    const auto& rows = kernels.rows;
    for (Index q = 0; q < columns_;) {
      const Index width = columns_ - q >= rows[0] ? rows[0] : columns_ - q >= rows[1] ? rows[1] : 1;
      float* out = to + q * (m1 - m0) + at * width;
      const float* in = scratch + q;
      if (width == 6)
        for (Index m = 0; m < count; ++m, out += 6, in += columns_)
          __builtin_memcpy(out, in, 6 * sizeof(float));
      else
        for (Index m = 0; m < count; ++m, out += width, in += columns_)
          for (Index r = 0; r < width; ++r) out[r] = in[r];
      q += width;
    }
  }

  void sum(Index m0, Index m1, Panels::Panel panel, const float* packed, float* to,
           Index to_leading, bool load, float* scratch) const {
    // All panels block D's columns as the first one does.
    const OuterKernels kernels = outer_kernels(isa_, panel.width);
    const OuterKernels first = outer_kernels(isa_, panels_[0].width);
    const auto& blocks = first.rows;
    const Index k0 = panel.first, k1 = std::min(p.depth(), k0 + panel.width), rows = m1 - m0;
    float* tail = scratch + block_ * 64;
    if (rows > 0)
      simd::dispatch(isa_, GatherPatches<T, float>{}, &p, m0, rows, k0, k1, scratch, panel.width);
    for (Index q = 0; q < columns_;) {
      const Index left = columns_ - q;
      const Index width = left >= blocks[0] ? blocks[0] : left >= blocks[1] ? blocks[1] : 1;
      const float* block_of_d = packed + q * rows;
      // a narrower panel's kernels may take the block in several steps
      for (Index r = 0; r < width;) {
        const Index rest = width - r;
        const int v = rest >= kernels.rows[0] ? 0 : rest >= kernels.rows[1] ? 1 : 2;
        const Index count = kernels.rows[v];
        float* at = to + (q + r) * to_leading + k0;
        if (k1 - k0 == panel.width) {
          kernels.kernel[v](block_of_d + r, width, rows, scratch, at, to_leading, load);
        } else {
          if (load)
            for (Index i = 0; i < count; ++i)
              std::copy_n(at + i * to_leading, k1 - k0, tail + i * panel.width);
          kernels.kernel[v](block_of_d + r, width, rows, scratch, tail, panel.width, load);
          for (Index i = 0; i < count; ++i)
            std::copy_n(tail + i * panel.width, k1 - k0, at + i * to_leading);
        }
        r += count;
      }
      q += width;
    }
  }

  Isa isa_ = Isa::portable;
  Panels panels_;
  bool direct_ = true;
  Index rows_ = 0, columns_ = 0, ranges_ = 1, block_ = 0, scratch_size_ = 0;
  float* parts_ = nullptr;
  float* packed_ = nullptr;
  T* zeros_ = nullptr;
  float* scratch_ = nullptr;
};

}  // namespace limn::inline v0::cpu
