// SPDX-License-Identifier: MIT
// Y = patches(A) * B, the loop nest around the register blocks. Rows are cut into chunks and
// columns into panels, by shape alone; a chunk adds up its tile over blocks of K that fit the
// caches.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/gemm_dot_tile.hpp"
#include "limn/cpu/gemm_micro.hpp"
#include "limn/cpu/gemm_output.hpp"
#include "limn/cpu/gemm_pack.hpp"
#include "limn/cpu/gemm_panels.hpp"
#include "limn/cpu/gemm_tiles.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// A sample's `area` rows in `count` parts of nearly the same size, which begin at multiples of
/// `whole`: only the last may hold a block of rows that is not whole.
struct RowParts {
  Index area = 0, count = 1, whole = 1;

  [[nodiscard]] Index begin(Index part) const {
    return part == count ? area : part * ((area + whole - 1) / whole) / count * whole;
  }
  [[nodiscard]] Index size(Index part) const { return begin(part + 1) - begin(part); }
};

/// One product: activations T, weights TB, result TO. Made by plan(), which also hands out its
/// workspace: plan on a counting Arena gives the size. `split`: floats are multiplied as pairs of
/// their parts.
template <class T, class TB, class TO>
class Product {
 public:
  Patches<T> patches;
  Weights<TB> weights;
  Output<TO> out;
  bool split = false;

  /// How rows are cut: parts never cross a sample unless they hold whole samples.
  [[nodiscard]] const RowParts& parts() const { return parts_; }

  void plan(Isa isa, int threads, Arena& arena) {
    area_ = patches.area();
    depth_ = patches.depth();
    dot_ = weights.columns <= dot_columns;
    if (split && std::is_same_v<T, float> && !dot_) {
      operands_ = Operands::split;
      isa = pair_level(isa);
    } else if (std::is_same_v<T, bfloat16> && isa >= Isa::avx512_bf16 && !dot_) {
      operands_ = Operands::pairs;
    }
    isa_ = isa;
    panels_ = {isa, weights.columns};
    if (dot_)
      gather_ = patches.channels % 16 != 0;
    else if (operands_ == Operands::split)
      gather_ = true;
    else if (pairs())
      gather_ = patches.channels % 2 != 0 || patches.channels < 32;
    else
      gather_ = !std::is_same_v<T, float> || patches.channels < 12;
    const Index rows = patches.count();
    fused_ = !dot_ && rows <= fused_rows;
    const Index block_rows = pairs() ? most_block_rows(isa) : 12;
    // what takes the rows beside whole blocks is much slower
    const Index whole = block_rows > 12 ? block_rows : rows_at_once();
    const bool small = rows * panels_.count() < 32 * 96;  // 32 parts are work for all threads
    const Index wanted = dot_              ? std::clamp<Index>(rows / 32, 8, 96)
                         : block_rows > 12 ? 4 * whole
                         : small           ? 48
                                           : 96;
    const Index most = fused_ ? fused_rows : wanted / whole * whole;
    parts_ = {area_, area_ >= most ? (area_ + most - 1) / most : 1, whole};
    samples_per_chunk_ =
        parts_.count > 1 ? 1 : std::max<Index>(1, most / std::max<Index>(area_, 1));
    tile_rows_ = std::min(most + whole, rows);
    // tiles are done with a sum before loading and storing it again would be nothing to them
    block_ = dot_ ? depth_ : operands_ == Operands::pairs && isa >= Isa::amx_bf16 ? 2304 : 768;
    packed_ = {isa, operands_, panels_, depth_, block_};
    padded_depth_ = dot_ ? (depth_ + 15) / 16 * 16 : packed_.padded_depth();
    const Index element = packed_.element();
    plan_groups(element);
    if (!fused_)
      packed_.to =
          arena.take<std::byte>(dot_ ? weights.columns * padded_depth_ * 4 : packed_.bytes());
    zeros_ = arena.take<T>(patches.zeros_needed());
    const Index deepest = dot_ ? padded_depth_ : std::min(padded_depth_, block_);
    const Index segments = gather_ ? (operands_ == Operands::split ? 3 : 1)
                           : dot_
                               ? patches.taps()
                               : std::max<Index>(1, block_ / std::max<Index>(1, patches.channels));
    const Index gathered_rows = block_rows + (operands_ == Operands::split ? 1 : 0);
    for (Part& p : std::array<Part, 5>{
             Part{&tile_at_, tile_rows_ * tile_columns_ * 4},
             Part{&pointers_at_, segments * block_rows * 8},
             Part{&gathered_at_, gather_ ? gathered_rows * row_values(deepest) * element : 0},
             Part{&panel_at_, fused_ ? deepest * 64 * element * panels_together() : 0},
             Part{&rows_at_, packed_.scratch_bytes()}})
      add(p);
    scratch_ = arena.take<std::byte>(scratch_size_ * threads);
  }

  /// Packs the weights and computes. The plan must have been made on real memory.
  void run(ThreadPool& pool) {
    std::fill_n(zeros_, patches.zeros_needed(), T(0.0F));
    patches.zeros = zeros_;
    if (dot_)
      dot_weights_ = dot_columns_of().pack(reinterpret_cast<float*>(packed_.to));
    else if (!fused_)
      packed_.pack(pool, weights, scratch_ + rows_at_, scratch_size_);
    const Index row_chunks = parts_.count > 1
                                 ? patches.samples * parts_.count
                                 : (patches.samples + samples_per_chunk_ - 1) / samples_per_chunk_;
    const Index columns = dot_ ? 1 : groups_ + panels_.count() - alike_;
    pool.run(row_chunks * columns, [&](Index chunk, int worker) {
      const Index at = chunk / columns;
      std::byte* scratch = scratch_ + worker * scratch_size_;
      Index m0, m1;
      if (parts_.count > 1) {
        const Index part = at % parts_.count;
        m0 = at / parts_.count * area_ + parts_.begin(part);
        m1 = m0 + parts_.size(part);
      } else {
        m0 = at * samples_per_chunk_ * area_;
        m1 = std::min(patches.count(), m0 + samples_per_chunk_ * area_);
      }
      float* tile = reinterpret_cast<float*>(scratch + tile_at_);
      if (dot_) {
        dot_columns_of().tile(m0, m1, dot_weights_, tile,
                              reinterpret_cast<const void**>(scratch + pointers_at_),
                              reinterpret_cast<float*>(scratch + gathered_at_));
        store(at, m0, m1, 0, weights.columns, tile, dot_columns);
        return;
      }
      const Index group = chunk % columns;
      const Index first = group < groups_ ? group * alike_ / groups_ : alike_ + group - groups_;
      const Index last = group < groups_ ? (group + 1) * alike_ / groups_ : first + 1;
      if (pairs())
        tile_of<bfloat16>(m0, m1, first, last, tile, scratch);
      else
        tile_of<float>(m0, m1, first, last, tile, scratch);
      for (Index i = first; i < last; ++i) {
        const auto panel = panels_[i];
        store(at, m0, m1, panel.first, std::min(panel.width, weights.columns - panel.first),
              tile + (i - first) * tile_rows_ * panel.width, panel.width);
      }
    });
  }

 private:
  static constexpr Index fused_rows = 256;
  struct Part {
    Index* at;
    Index bytes;
  };
  void add(const Part& p) {
    *p.at = scratch_size_;
    scratch_size_ += (p.bytes + 63) / 64 * 64;
  }

  /// Rows of the largest block of registers.
  [[nodiscard]] Index rows_at_once() const {
    if (dot_) return dot_kernels<float>(isa_, weights.columns).rows[0];
    const int width = static_cast<int>(panels_[0].width);
    return pairs() ? pair_kernels(isa_, width).rows[0] : micro_kernels(isa_, width).rows[0];
  }

  // Panels of one width that are worked off together. Rows that must be gathered are gathered once
  // for those that stay in the second cache; of weights that are packed block by block, and whose
  // columns lie side by side, longer pieces are read, in blocks of less depth.
  void plan_groups(Index element) {
    const Index most_bytes = Index{1} << (isa_ >= Isa::amx_bf16 ? 20 : 18);  // of 2 MB, 512 KB
    constexpr Index most_panels = 8;
    tile_columns_ = 64;
    groups_ = alike_ = 0;
    if (dot_) return;
    const Index width = panels_[0].width;
    alike_ = std::max<Index>(1, weights.columns / width);
    Index together = 1;
    if (fused_) {
      // not the narrow panels of AVX2, whose registers lose more by less depth
      if (operands_ == Operands::floats && weights.column_stride == 1 && width == 64)
        together = std::clamp<Index>(alike_ / 32, 1, most_panels);
      packed_.block = block_ /= together;
    } else if (gather_) {
      const Index bytes = std::max<Index>(1, std::min(padded_depth_, block_) * width * element);
      together = std::clamp<Index>(most_bytes / bytes, 1, most_panels);
    }
    groups_ = (alike_ + together - 1) / together;
    tile_columns_ = std::max(tile_columns_, panels_together() * width);
  }

  /// Panels of the largest group.
  [[nodiscard]] Index panels_together() const { return (alike_ + groups_ - 1) / groups_; }

  void store(Index at, Index m0, Index m1, Index n0, Index n, float* tile, Index leading) {
    if (parts_.count > 1) {
      simd::dispatch(isa_, StoreTile<TO>{}, &out, m0, m1 - m0, n0, n, tile, leading, at);
      return;
    }
    if (out.mean == nullptr) {
      simd::dispatch(isa_, StoreTile<TO>{}, &out, m0, m1 - m0, n0, n, tile, leading, Index{0});
      return;
    }
    for (Index m = m0; m < m1; m += area_)
      simd::dispatch(isa_, StoreTile<TO>{}, &out, m, area_, n0, n, tile + (m - m0) * leading,
                     leading, m / area_);
  }

  /// Are operands multiplied as pairs?
  [[nodiscard]] bool pairs() const { return operands_ != Operands::floats; }

  /// Values of a gathered row: parts are cut off in whole registers.
  [[nodiscard]] Index row_values(Index length) const {
    return operands_ == Operands::split ? (length + 15) / 16 * 16 : length;
  }

  [[nodiscard]] DotColumns<T, TB> dot_columns_of() const {
    return {isa_, patches, weights, gather_, padded_depth_};
  }

  template <class TK>
  void tile_of(Index m0, Index m1, Index first, Index last, float* tile, std::byte* scratch) const {
    const auto panel = panels_[first];
    constexpr Index unit = std::is_same_v<TK, bfloat16> ? 2 : 1;
    const MicroKernels kernels = unit == 2 ? pair_kernels(isa_, static_cast<int>(panel.width))
                                           : micro_kernels(isa_, static_cast<int>(panel.width));
    const Index channels = patches.channels;
    const Index taps_at_once = std::max<Index>(1, block_ / std::max<Index>(1, channels));
    if (kernels.begin != nullptr) kernels.begin();
    Index k0 = 0;
    do {
      Index k1 = std::min(depth_, k0 + block_);
      Index segments = 1, length = k1 - k0;
      if (!gather_) {
        if (channels <= block_) {
          segments = std::min(patches.taps() - k0 / channels, taps_at_once);
          length = channels;
        } else {
          length = std::min(block_, channels - k0 % channels);
        }
        k1 = k0 + segments * length;
      }
      std::byte* b = fused_ ? scratch + panel_at_ : packed_.at(panel, k0);
      if (fused_)
        packed_.pack_block(weights, first, last - first, k0, k1, b,
                           reinterpret_cast<float*>(scratch + rows_at_));
      const Index stride =
          fused_ ? packed_.block_stride(panel, k1 - k0) : packed_.panel_stride(panel);
      for (Index m = m0; m < m1;) {
        const int v = kernels.fitting(m1 - m);
        const Index rows = kernels.rows[v];
        const void** pointers = reinterpret_cast<const void**>(scratch + pointers_at_);
        Index step = 1, units = (length + unit - 1) / unit;
        if (operands_ == Operands::split) {
          gather_parts(m, rows, k0, k1, reinterpret_cast<bfloat16*>(scratch + gathered_at_),
                       pointers);
        } else if (gather_) {
          TK* gathered = reinterpret_cast<TK*>(scratch + gathered_at_);
          simd::dispatch(isa_, GatherPatches<T, TK>{}, &patches, m, rows, k0, k1, gathered,
                         units * unit);
          for (Index q = 0; q < rows; ++q) pointers[q] = gathered + q * units * unit;
        } else {
          step = patches.point(m, rows, k0 / channels, k0 / channels + segments, k0 % channels,
                               pointers);
          units *= step;
        }
        for (Index i = 0; i < last - first; ++i) {
          const std::byte* panel_i = b + i * stride;
          float* c = tile + (i * tile_rows_ + m - m0) * panel.width;
          if (operands_ == Operands::split) {  // high with high and low, low with high
            kernels.kernel[v](pointers, 2, units, panel_i, c, k0 > 0);
            kernels.kernel[v](pointers + 2 * rows, 1, units, panel_i, c, true);
          } else {
            kernels.kernel[v](pointers, segments / step, units, panel_i, c, k0 > 0);
          }
        }
        m += rows;
      }
      k0 = k1;
    } while (k0 < depth_);
    if (kernels.end != nullptr) kernels.end();
  }

  // The parts of `rows` rows from m on, and pointers to them: high, high again, low.
  void gather_parts(Index m, Index rows, Index k0, Index k1, bfloat16* to,
                    const void** pointers) const {
    if constexpr (std::is_same_v<T, float>) {
      const Index values = row_values(k1 - k0);
      bfloat16* low = to + rows * values;
      simd::dispatch(isa_, GatherSplit{}, &patches, m, rows, k0, k1, to, low, values,
                     reinterpret_cast<float*>(low + rows * values));
      for (Index q = 0; q < rows; ++q) {
        pointers[q] = pointers[rows + q] = to + q * values;
        pointers[2 * rows + q] = low + q * values;
      }
    }
  }

  Isa isa_ = Isa::portable;
  Operands operands_ = Operands::floats;
  Panels panels_;
  PackedPanels<TB> packed_;
  bool dot_ = false, gather_ = false, fused_ = false;
  Index area_ = 0, depth_ = 0, padded_depth_ = 0, block_ = 0;
  RowParts parts_;
  Index samples_per_chunk_ = 1, tile_rows_ = 0, tile_columns_ = 64;
  Index alike_ = 0, groups_ = 0;  ///< panels of the first one's width, and groups of them
  Index tile_at_ = 0, pointers_at_ = 0, gathered_at_ = 0, panel_at_ = 0, rows_at_ = 0;
  Index scratch_size_ = 0;
  const float* dot_weights_ = nullptr;
  T* zeros_ = nullptr;
  std::byte* scratch_ = nullptr;
};

}  // namespace limn::inline v0::cpu
