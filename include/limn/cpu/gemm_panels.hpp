// SPDX-License-Identifier: MIT
// All panels of a product's weights, packed before it begins, or block by block where there are few
// rows to multiply them with; as floats, as pairs of bfloat16, or as pairs of both parts of floats.
#pragma once

#include <algorithm>
#include <cstddef>

#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gather_pairs.hpp"
#include "limn/cpu/gemm_pack.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// What register blocks multiply: floats, pairs of bfloat16, or pairs of the high and low parts of
/// floats.
enum class Operands { floats, pairs, split };

/// Packed weights: of each panel [K][width] floats, or [K / 2][width] pairs; of parts, for each
/// block of K first the high ones, then the low ones.
template <class TB>
struct PackedPanels {
  Isa isa = Isa::portable;
  Operands operands = Operands::floats;
  Panels panels;
  Index depth = 0;          ///< K
  Index block = 0;          ///< the K of a block: a multiple of `step`
  std::byte* to = nullptr;  ///< bytes() of them, if everything is packed before

  /// Rows of weights that are packed at a time.
  static constexpr Index step = 256;

  [[nodiscard]] Index padded_depth() const {
    return operands == Operands::floats ? depth : depth + depth % 2;
  }
  /// Bytes that one weight takes.
  [[nodiscard]] Index element() const { return operands == Operands::pairs ? 2 : 4; }
  [[nodiscard]] Index bytes() const { return panels.padded() * padded_depth() * element(); }
  /// Bytes from a panel to the next one of the same width.
  [[nodiscard]] Index panel_stride(Panels::Panel panel) const {
    return panel.width * padded_depth() * element();
  }
  /// The same where `rows` of K alone are packed, as one block.
  [[nodiscard]] Index block_stride(Panels::Panel panel, Index rows) const {
    return panel.width * (operands == Operands::floats ? rows : rows + rows % 2) * element();
  }
  /// Of a thread that packs.
  [[nodiscard]] Index scratch_bytes() const {
    return operands == Operands::split ? step * 64 * 4 : 0;
  }

  /// Row k of a panel, the first of a block of K.
  [[nodiscard]] std::byte* at(Panels::Panel panel, Index k) const {
    return to + (panel.first * padded_depth() + k * panel.width) * element();
  }

  /// Everything.
  void pack(ThreadPool& pool, const Weights<TB>& weights, std::byte* scratch,
            Index scratch_size) const {
    const Index steps = std::max<Index>(1, (depth + step - 1) / step);
    pool.run(panels.count() * steps, [&](Index chunk, int worker) {
      const auto panel = panels[chunk / steps];
      const Index k0 = chunk % steps * step, first = k0 / block * block;
      const Index end = std::min(depth, first + block);
      rows(weights, panel, first, end, k0, std::min(end, k0 + step), at(panel, first),
           reinterpret_cast<float*>(scratch + worker * scratch_size));
    });
  }
  /// Block k0 .. k1 of K of `count` panels of one width from panel `first` on, one behind the other
  /// from block_to on. Rows of several panels are read together: memory prefers that to columns.
  void pack_block(const Weights<TB>& weights, Index first, Index count, Index k0, Index k1,
                  std::byte* block_to, float* scratch) const {
    const Index some = count > 1 ? 16 : step;
    const Index size = block_stride(panels[first], k1 - k0);
    for (Index k = k0; k < k1; k += some)
      for (Index i = 0; i < count; ++i)
        rows(weights, panels[first + i], k0, k1, k, std::min(k1, k + some), block_to + i * size,
             scratch);
  }

 private:
  // Rows k .. end of a panel's block k0 .. k1 that begins at block_to.
  void rows(const Weights<TB>& weights, Panels::Panel panel, Index k0, Index k1, Index k, Index end,
            std::byte* block_to, float* scratch) const {
    std::byte* out = block_to + (k - k0) * panel.width * (operands == Operands::floats ? 4 : 2);
    if (operands == Operands::floats) {
      pack_panel(isa, weights, k, end, panel.first, panel.width, reinterpret_cast<float*>(out));
    } else if (operands == Operands::pairs) {
      pack_panel(isa, weights, k, end, panel.first, panel.width, reinterpret_cast<bfloat16*>(out));
    } else {
      pack_panel(isa, weights, k, end, panel.first, panel.width, scratch);
      const Index odd = (end - k) % 2;
      std::fill_n(scratch + (end - k) * panel.width, odd * panel.width, 0.0F);
      const Index low = (k1 - k0 + 1) / 2 * panel.width;
      auto* high = reinterpret_cast<float*>(out);
      simd::dispatch(isa, SplitRowPairs{}, static_cast<const float*>(scratch), end - k + odd,
                     panel.width, high, high + low);
    }
  }
};

}  // namespace limn::inline v0::cpu
