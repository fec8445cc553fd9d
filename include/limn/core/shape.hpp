// SPDX-License-Identifier: MIT
// Shape: four extents, always. Pictures are NHWC, convolution weights OHWI (n = O, c = I), matrices
// (O,1,1,I), values per sample and channel (N,1,1,C), vectors (1,1,1,C), scalars (1,1,1,1).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "limn/core/config.hpp"

/// The library: tensors and devices, layers and losses, data, training.
namespace limn::inline v0 {

/// Sizes and offsets, in elements unless a name says bytes.
using Index = std::int64_t;

/// Four extents.
struct Shape {
  /// Samples, rows, columns, channels, in the order in which memory holds them: channels are
  /// neighbours.
  Index n = 1, h = 1, w = 1, c = 1;

  /// Elements in total.
  [[nodiscard]] LIMN_HOST_DEVICE constexpr Index size() const { return n * h * w * c; }
  /// Positions of one sample: H*W.
  [[nodiscard]] LIMN_HOST_DEVICE constexpr Index area() const { return h * w; }
  /// Elements of one sample: H*W*C.
  [[nodiscard]] LIMN_HOST_DEVICE constexpr Index sample() const { return h * w * c; }
  /// (N,1,1,C): what statistics per sample and channel look like.
  [[nodiscard]] LIMN_HOST_DEVICE constexpr Shape per_channel() const { return {n, 1, 1, c}; }

  constexpr bool operator==(const Shape&) const = default;
};

/// A vector of n values, (1,1,1,n).
[[nodiscard]] constexpr Shape vector_shape(Index n) { return {1, 1, 1, n}; }
/// A matrix of rows x columns, (rows,1,1,columns).
[[nodiscard]] constexpr Shape matrix_shape(Index rows, Index columns) {
  return {rows, 1, 1, columns};
}
/// One value, (1,1,1,1).
[[nodiscard]] constexpr Shape scalar_shape() { return {}; }

/// "(1,64,64,256)"
[[nodiscard]] inline std::string to_string(const Shape& s) {
  std::string
      text;  // appended piece by piece: g++ 12 warns of "text" + std::string (its bug 105651)
  for (const Index extent : {s.n, s.h, s.w, s.c}) {
    text += text.empty() ? '(' : ',';
    text += std::to_string(extent);
  }
  text += ')';
  return text;
}

}  // namespace limn::inline v0
