// SPDX-License-Identifier: MIT
// Picture: eight bits per channel, red green blue, as it comes from and goes to files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"

namespace limn::inline v0 {

/// Rows from top to bottom, pixels from left to right, three bytes each: pixels.size() is
/// width * height * channels.
struct Picture {
  /// In pixels, and bytes of a pixel.
  Index width = 0, height = 0, channels = 3;
  std::vector<std::uint8_t> pixels;  ///< of all rows, without gaps

  Picture() = default;
  /// One colour, white unless said otherwise.
  Picture(Index w, Index h, std::uint8_t value = 255)
      : width(w), height(h), pixels(static_cast<std::size_t>(w * h * 3), value) {}

  bool operator==(const Picture&) const = default;

  /// The first of the three bytes at column x, row y.
  [[nodiscard]] std::uint8_t* at(Index x, Index y) {
    return pixels.data() + (y * width + x) * channels;
  }
  /// Likewise.
  [[nodiscard]] const std::uint8_t* at(Index x, Index y) const {
    return pixels.data() + (y * width + x) * channels;
  }
};

/// The nearest byte, halves upwards; what is outside 0 ... 255 becomes the nearer end.
[[nodiscard]] constexpr std::uint8_t rounded_byte(float v) {
  const float shifted = rounded_here(v) + 0.5F;
  return shifted >= 255.0F ? 255 : shifted > 0.0F ? static_cast<std::uint8_t>(shifted) : 0;
}

}  // namespace limn::inline v0
