// SPDX-License-Identifier: MIT
// Which rows (or columns) of x a row of y is made of, with weights: padding and resizing along one
// axis, and their transposes.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "limn/core/primitives/layout.hpp"
#include "limn/cpu/rows.hpp"

namespace limn::inline v0::cpu {

struct Tap {
  Index position;
  double weight;
};

/// One position, unweighted?
[[nodiscard]] inline bool plain(std::span<const Tap> taps) {
  return taps.size() == 1 && taps[0].weight == 1.0;
}

/// For each position of y: positions of x with weights, in ascending order.
class TapTable {
 public:
  /// Appends the taps of the next position of y.
  void next(std::span<const Tap> taps) {
    taps_.insert(taps_.end(), taps.begin(), taps.end());
    ends_.push_back(taps_.size());
  }

  [[nodiscard]] std::span<const Tap> taps(Index i) const {
    const auto at = static_cast<std::size_t>(i);
    const std::size_t first = at == 0 ? 0 : ends_[at - 1];
    return std::span(taps_).subspan(first, ends_[at] - first);
  }

  /// How many positions from i on read neighbours, one each and unweighted; at least 1.
  [[nodiscard]] Index run(Index i) const {
    Index n = 1;
    while (i + n < static_cast<Index>(ends_.size()) && plain(taps(i + n - 1)) &&
           plain(taps(i + n)) && taps(i + n)[0].position == taps(i + n - 1)[0].position + 1)
      ++n;
    return n;
  }

  /// The table of the transposed map, for the `extent` positions of x.
  [[nodiscard]] TapTable transposed(Index extent) const {
    std::vector<std::vector<Tap>> back(static_cast<std::size_t>(extent));
    for (Index i = 0; i < static_cast<Index>(ends_.size()); ++i)
      for (const Tap& t : taps(i))
        back[static_cast<std::size_t>(t.position)].push_back({i, t.weight});
    TapTable table;
    for (const auto& taps : back) table.next(taps);
    return table;
  }

 private:
  std::vector<Tap> taps_;
  std::vector<std::size_t> ends_;
};

/// Throws ShapeError where reflection would need more than the picture has.
inline TapTable padding_taps(Padding padding, Index extent, Index before, Index after) {
  if (padding == Padding::reflect && (before >= extent || after >= extent))
    throw ShapeError("[pad] reflection padding (" + std::to_string(before) + ", " +
                     std::to_string(after) + ") needs a picture larger than the padding, not " +
                     std::to_string(extent));
  const ConvGeometry geometry{.padding = padding};
  TapTable table;
  for (Index i = 0; i < before + extent + after; ++i) {
    const Tap tap{geometry.source(i, before, extent), 1.0};
    table.next(std::span(&tap, tap.position < 0 ? 0U : 1U));
  }
  return table;
}

/// Half-pixel centres: position i of `out` lies at (i + 1/2) in / out - 1/2 of `in`, moved into the
/// picture.
inline TapTable resize_taps(primitive::Interpolation how, Index in, Index out) {
  TapTable table;
  for (Index i = 0; i < out; ++i) {
    if (how == primitive::Interpolation::nearest) {
      const Tap tap{(2 * i + 1) * in / (2 * out), 1.0};
      table.next(std::span(&tap, 1));
      continue;
    }
    const double at = std::max(
        0.0,
        (static_cast<double>(i) + 0.5) * static_cast<double>(in) / static_cast<double>(out) - 0.5);
    const Index low = std::min(static_cast<Index>(at), in - 1);
    const double part = low == in - 1 ? 0.0 : at - static_cast<double>(low);
    const Tap taps[2]{{low, 1.0 - part}, {low + 1, part}};
    table.next(std::span(taps, part == 0.0 ? 1U : 2U));
  }
  return table;
}

}  // namespace limn::inline v0::cpu
