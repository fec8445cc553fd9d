// SPDX-License-Identifier: MIT
// Whether two pictures show the same: also when one was resized or saved again with losses. A hash
// of 64 bits proposes (the signs of the lowest frequencies of a cosine transform, compared with
// their median: Zauner, "Implementation and benchmarking of perceptual image hash functions",
// 2010), a small thumbnail decides: pictures of one series share their hash, but not their pixels.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "limn/core/shape.hpp"
#include "limn/data/resize.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// A picture squeezed into 32 x 32 pixels: 3 KB to remember it by.
struct Thumbnail {
  static constexpr Index side = 32;  ///< pixels
  /// Rows of red, green, blue.
  std::array<std::uint8_t, static_cast<std::size_t>(side* side * 3)> pixels{};

  Thumbnail() = default;
  /// Throws ShapeError for an empty picture.
  explicit Thumbnail(const Picture& picture) {
    const Picture small = resize_picture(picture, side, side);
    std::copy(small.pixels.begin(), small.pixels.end(), pixels.begin());
  }

  /// 0.299 R + 0.587 G + 0.114 B, 0 ... 255
  [[nodiscard]] float luma(Index x, Index y) const {
    const auto* p = pixels.data() + 3 * (y * side + x);
    return 0.299F * p[0] + 0.587F * p[1] + 0.114F * p[2];
  }
};

namespace detail {

/// cos(pi k (2 i + 1) / 64) for k < 8, i < 32
inline std::array<std::array<float, 32>, 8> cosines() {
  std::array<std::array<float, 32>, 8> table{};
  for (std::size_t k = 0; k < 8; ++k)
    for (std::size_t i = 0; i < 32; ++i)
      table[k][i] = static_cast<float>(
          std::cos(3.14159265358979323846 * static_cast<double>(k * (2 * i + 1)) / 64.0));
  return table;
}

}  // namespace detail

/// Bit 8 v + u: whether frequency (u, v) of the luma is above the median of all 64. Bit 0, the
/// brightness, always is 0.
[[nodiscard]] inline std::uint64_t perceptual_hash(const Thumbnail& picture) {
  const auto cosine = detail::cosines();
  std::array<std::array<float, 32>, 8> columns{};  // frequency u of row y
  for (std::size_t u = 0; u < 8; ++u)
    for (Index y = 0; y < Thumbnail::side; ++y)
      for (Index x = 0; x < Thumbnail::side; ++x)
        columns[u][static_cast<std::size_t>(y)] +=
            cosine[u][static_cast<std::size_t>(x)] * picture.luma(x, y);
  std::array<float, 64> frequencies{};
  for (std::size_t v = 0; v < 8; ++v)
    for (std::size_t u = 0; u < 8; ++u)
      for (std::size_t y = 0; y < 32; ++y) frequencies[8 * v + u] += cosine[v][y] * columns[u][y];
  frequencies[0] = 0;
  auto sorted = frequencies;
  std::nth_element(sorted.begin(), sorted.begin() + 32, sorted.end());
  std::uint64_t hash = 0;
  for (std::size_t i = 1; i < 64; ++i)
    hash |= static_cast<std::uint64_t>(frequencies[i] > sorted[32]) << i;
  return hash;
}

/// Bits that differ, 0 ... 64; at most `near_hash` where pictures may show the same.
[[nodiscard]] constexpr int hash_distance(std::uint64_t a, std::uint64_t b) {
  return std::popcount(a ^ b);
}
/// The most bits that differ between hashes of pictures that may show the same.
inline constexpr int near_hash = 10;

/// How far two thumbnails are apart, in levels of 0 ... 255.
struct ThumbnailDistance {
  double mean = 0;   ///< root of the mean square
  double worst = 0;  ///< of the means of 4 x 4 blocks, in any colour: what is only in one of them
};

/// Of every pixel and colour; 0 and 0 for equal ones.
[[nodiscard]] inline ThumbnailDistance thumbnail_distance(const Thumbnail& a, const Thumbnail& b) {
  ThumbnailDistance out;
  constexpr std::size_t blocks = 8;
  std::array<int, blocks * blocks * 3> sums{};
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const int d = int{a.pixels[i]} - int{b.pixels[i]};
    squares += std::int64_t{d} * d;
    const std::size_t pixel = i / 3, x = pixel % 32, y = pixel / 32;
    sums[((y / 4) * blocks + x / 4) * 3 + i % 3] += d;
  }
  out.mean = std::sqrt(static_cast<double>(squares) / static_cast<double>(a.pixels.size()));
  for (const int sum : sums) out.worst = std::max(out.worst, std::abs(sum) / 16.0);
  return out;
}

/// Whether two pictures show the same, up to resizing and losses of compression.
[[nodiscard]] inline bool show_the_same(const Thumbnail& a, const Thumbnail& b) {
  const auto d = thumbnail_distance(a, b);
  return d.mean <= 5 && d.worst <= 8;
}

}  // namespace limn::inline v0
