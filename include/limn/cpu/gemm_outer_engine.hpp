// SPDX-License-Identifier: MIT
// C (+)= D^T P, the loop nest. Rows are worked off in rounds; a round packs its rows of D once and
// shares (range of rows, panel of P's columns) out; ranges are summed in order at the end. What is
// packed are units of 4 bytes: floats of one row, or pairs of two rows, of bfloat16 or of the high
// and of the low parts of floats.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/gather_pairs.hpp"
#include "limn/cpu/gemm_outer.hpp"
#include "limn/cpu/gemm_outer_bf16.hpp"
#include "limn/cpu/gemm_outer_tiles.hpp"
#include "limn/cpu/gemm_pack.hpp"
#include "limn/cpu/gemm_panels.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// c[q][k] = sum over rows m of d[m][q] p[m][k], for two patch matrices with the same rows. Row q
/// of c begins at c + q * c_leading. Made by plan(), as Product, with `split` as there.
template <class T>
class OuterProduct {
 public:
  Patches<T> d, p;
  float* c = nullptr;
  Index c_leading = 0;
  bool accumulate = false;
  bool split = false;

  void plan(Isa isa, int threads, Arena& arena) {
    rows_ = p.count();
    columns_ = d.depth();
    if (split && std::is_same_v<T, float> && columns_ >= tile_rows) {
      operands_ = Operands::split;
      isa = pair_level(isa);
    } else if (std::is_same_v<T, bfloat16> && isa >= Isa::avx512_bf16 &&
               (isa == Isa::avx512_bf16 || columns_ >= tile_rows)) {
      operands_ = Operands::pairs;  // few columns: who has tiles has slow units for vectors
    }
    isa_ = isa;
    panels_ = {isa, p.depth()};
    const Index size = columns_ * p.depth();
    // A panel of so many rows takes 128 KB of the second cache (64 KB as pairs) and is read once
    // for each block of D's columns. Processors with tiles have four times the cache and ten times
    // the speed, to which loading and storing C again would be much.
    const Index block = operands_ != Operands::floats && isa >= Isa::amx_bf16 ? 1024 : 512;
    constexpr Index wanted_chunks = 32, most_bytes = Index{16} << 20, most_packed = Index{1} << 20;
    ranges_ =
        std::clamp<Index>(wanted_chunks / panels_.count(), 1, std::max<Index>(1, rows_ / block));
    ranges_ = std::max<Index>(1, std::min(ranges_, most_bytes / (4 * std::max<Index>(size, 1))));
    direct_ = ranges_ == 1;
    block_ = std::clamp(most_packed / (ranges_ * std::max<Index>(columns_, 1)) / strip * strip,
                        4 * strip, block);
    block_ = std::min(block_, std::max<Index>(rows_, 1));
    if (!direct_) parts_ = arena.take<float>(ranges_ * size);
    packed_size_ = packed_units(block_) * columns_;
    packed_ = arena.take<float>(parts() * ranges_ * packed_size_);
    zeros_ = arena.take<T>(std::max(p.zeros_needed(), d.zeros_needed()));
    // a panel of P, a tail of C and, for pairs, two rows of P as they were; or a strip of D
    scratch_size_ =
        std::max((parts() * units(block_) + 2 * tile_rows + 2) * 64, parts() * strip * columns_);
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
                   packed_ + chunk / strips * parts() * packed_size_,
                   scratch_ + worker * scratch_size_);
      });
      pool.run(ranges_ * panels_.count(), [&](Index chunk, int worker) {
        const Index range = chunk / panels_.count();
        const Index begin = std::min(rows_, first + range * block_);
        sum(begin, std::min(rows_, begin + block_), panels_[chunk % panels_.count()],
            packed_ + range * parts() * packed_size_, direct_ ? c : parts_ + range * size,
            direct_ ? c_leading : depth, first > 0 || (direct_ && accumulate),
            scratch_ + worker * scratch_size_);
      });
    }
    if (direct_) return;
    pool.run(columns_, [&](Index q, int) {
      simd::dispatch(isa_, AddParts{}, static_cast<const float*>(parts_ + q * depth), ranges_, size,
                     c + q * c_leading, depth, accumulate);
    });
  }

 private:
  static constexpr Index strip = 32;

  /// Units of so many rows.
  [[nodiscard]] Index units(Index rows) const {
    return operands_ == Operands::floats ? rows : (rows + 1) / 2;
  }
  /// The same in packed D, where tiles take whole strips.
  [[nodiscard]] Index packed_units(Index rows) const {
    return operands_ != Operands::floats && isa_ >= Isa::amx_bf16
               ? (units(rows) + strip_pairs - 1) / strip_pairs * strip_pairs
               : units(rows);
  }
  /// A float has two parts, each with its unit.
  [[nodiscard]] Index parts() const { return operands_ == Operands::split ? 2 : 1; }

  [[nodiscard]] OuterKernels kernels(Index panel) const {
    return operands_ == Operands::floats ? outer_kernels(isa_, panel)
                                         : outer_pair_kernels(isa_, panel);
  }

  // Columns k0 .. k1 of `count` rows of D or P from m0 on, as rows of `leading` units, low parts
  // `low` units after the high ones; `space`: for two such rows as they were.
  void gather(const Patches<T>& from, Index m0, Index count, Index k0, Index k1, float* to,
              Index low, Index leading, float* space) const {
    if (operands_ == Operands::floats)
      simd::dispatch(isa_, GatherPatches<T, float>{}, &from, m0, count, k0, k1, to, leading);
    else
      simd::dispatch(isa_, GatherPairs<T>{}, &from, m0, count, k0, k1, to, to + low, leading,
                     reinterpret_cast<T*>(space));
  }

  template <int Width>
  static void copy_columns(const float* from, Index leading, Index rows, float* to) {
    for (Index m = 0; m < rows; ++m, to += Width, from += leading)
      __builtin_memcpy(to, from, Width * sizeof(float));
  }

  // Rows m0 + at ... of D as [block of columns][units of rows][columns of the block], or as tiles
  // want it; low parts behind all high ones.
  void pack_strip(Index m0, Index m1, Index at, float* to, float* scratch) const {
    const Index count = std::min(strip, m1 - m0 - at), half = strip / 2 * columns_;
    if (count <= 0) return;
    gather(d, m0 + at, count, 0, columns_, scratch, half, columns_, scratch + parts() * half);
    for (Index part = 0; part < parts(); ++part)
      pack_blocks(scratch + part * half, units(count), packed_units(m1 - m0), units(at),
                  to + part * packed_size_);
  }
  void pack_blocks(float* from, Index rows, Index all_rows, Index first, float* to) const {
    const OuterKernels blocks = kernels(panels_[0].width);
    for (Index q = 0; q < columns_;) {
      const Index width = blocks.rows[blocks.fitting(columns_ - q)];
      float* out = to + q * all_rows + first * width;
      const float* in = from + q;
      if (operands_ != Operands::floats && packed_for_tiles(isa_, width))
        pack_for_tiles(from + q, columns_, rows, width, out);
      else if (width == 6)
        copy_columns<6>(in, columns_, rows, out);
      else if (width == 8)
        copy_columns<8>(in, columns_, rows, out);
      else if (width == 12)
        copy_columns<12>(in, columns_, rows, out);
      else
        for (Index m = 0; m < rows; ++m, out += width, in += columns_)
          for (Index r = 0; r < width; ++r) __builtin_memcpy(out + r, in + r, sizeof(float));
      q += width;
    }
  }

  void sum(Index m0, Index m1, Panels::Panel panel, const float* packed, float* to,
           Index to_leading, bool load, float* scratch) const {
    // All panels block D's columns as the first one does.
    const OuterKernels own = kernels(panel.width), blocks = kernels(panels_[0].width);
    const Index k0 = panel.first, k1 = std::min(p.depth(), k0 + panel.width);
    const Index rows = units(m1 - m0), all_rows = packed_units(m1 - m0), low = units(block_) * 64;
    float* tail = scratch + parts() * low;
    if (rows > 0)
      gather(p, m0, m1 - m0, k0, k1, scratch, low, panel.width, tail + 2 * tile_rows * 64);
    if (own.begin != nullptr) own.begin();
    for (Index q = 0; q < columns_;) {
      const Index width = blocks.rows[blocks.fitting(columns_ - q)];
      const float* block_of_d = packed + q * all_rows;
      // a narrower panel's kernels may take the block in several steps
      for (Index r = 0; r < width;) {
        const int v = own.fitting(width - r);
        const Index count = own.rows[v];
        float* at = to + (q + r) * to_leading + k0;
        const bool whole = k1 - k0 == panel.width;
        if (!whole && load)
          for (Index i = 0; i < count; ++i)
            std::copy_n(at + i * to_leading, k1 - k0, tail + i * panel.width);
        const auto multiply = [&](const float* d_part, const float* p_part, bool add) {
          own.kernel[v](d_part + r, width, rows, p_part, whole ? at : tail,
                        whole ? to_leading : panel.width, add);
        };
        multiply(block_of_d, scratch, load);
        if (operands_ == Operands::split) {
          multiply(block_of_d, scratch + low, true);
          multiply(block_of_d + packed_size_, scratch, true);
        }
        if (!whole)
          for (Index i = 0; i < count; ++i)
            std::copy_n(tail + i * panel.width, k1 - k0, at + i * to_leading);
        r += count;
      }
      q += width;
    }
    if (own.end != nullptr) own.end();
  }

  Isa isa_ = Isa::portable;
  Operands operands_ = Operands::floats;
  Panels panels_;
  bool direct_ = true;
  Index rows_ = 0, columns_ = 0, ranges_ = 1, block_ = 0, packed_size_ = 0, scratch_size_ = 0;
  float* parts_ = nullptr;
  float* packed_ = nullptr;
  T* zeros_ = nullptr;
  float* scratch_ = nullptr;
};

}  // namespace limn::inline v0::cpu
