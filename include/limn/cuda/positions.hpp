// SPDX-License-Identifier: MIT
// The grid of elementwise kernels over pictures with values per channel: a thread keeps its pack of
// channels and walks over positions.
#pragma once

#include <cstdint>

#include "limn/cuda/block.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// Cuts (n, positions, packs of channels) into blocks, by shape alone.
struct PositionCut {
  static constexpr int threads = 256;

  int columns = 1, rows = 1;             ///< of a block: packs and threads per pack
  std::uint32_t tiles = 1, slices = 1;   ///< blocks along the packs, along the positions
  Index packs = 1, area = 1, share = 1;  ///< share: positions of a block

  /// What a thread does: its pack's positions first, first + rows, ... below last.
  struct Place {
    bool active;
    Index n, pack, first, last;
  };

  /// `unroll`: positions that a thread has in flight; large pictures give it up to four times that.
  static PositionCut of(Index n, Index area, Index packs, int unroll) {
    PositionCut cut;
    cut.packs = packs;
    cut.area = area;
    const Index tiles = blocks_of(packs, threads);
    cut.tiles = static_cast<std::uint32_t>(tiles);
    cut.columns = static_cast<int>(blocks_of(packs, tiles));
    cut.rows = threads / cut.columns;
    const Index least = static_cast<Index>(cut.rows) * unroll;
    cut.share = least;
    while (cut.share < 4 * least && n * tiles * blocks_of(area, 2 * cut.share) >= 2112)
      cut.share *= 2;
    cut.slices = static_cast<std::uint32_t>(blocks_of(area, cut.share));
    return cut;
  }

  [[nodiscard]] Grid grid(Index n) const {
    return {n * static_cast<Index>(tiles) * static_cast<Index>(slices)};
  }

  [[nodiscard]] LIMN_HOST_DEVICE Place place(Index block, int thread) const {
    const auto b = static_cast<std::uint32_t>(block);
    const int row = thread / columns;
    const Index from = static_cast<Index>(b / tiles % slices) * share;
    Place p;
    p.n = static_cast<Index>(b / tiles / slices);
    p.pack = static_cast<Index>(b % tiles) * columns + thread % columns;
    p.first = from + row;
    p.last = smaller(area, from + share);
    p.active = row < rows && p.pack < packs;
    return p;
  }
};

}  // namespace limn::inline v0::gpu
