// SPDX-License-Identifier: MIT
// What a picture looks like as a few numbers, and which of many stands apart.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "limn/core/shape.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// Colours as shares of the full range.
struct PictureStatistics {
  double brightness = 0;   ///< mean luma, 0 black ... 1 white
  double contrast = 0;     ///< standard deviation of the luma
  double saturation = 0;   ///< mean of the largest minus the smallest channel
  double warmth = 0;       ///< mean of red minus blue, -1 ... 1
  double green = 0;        ///< mean of green minus the mean of red and blue, -1 ... 1
  int range = 0;           ///< largest minus smallest value of any channel, of the one where it is
                           ///< largest, 0 ... 255
  bool colourless = true;  ///< red, green and blue are the same everywhere

  /// Nothing to see: no channel has more than 3 levels between its ends.
  [[nodiscard]] bool constant() const { return range <= 3; }
  bool operator==(const PictureStatistics&) const = default;
};

/// Of all pixels. An empty picture has zeros.
[[nodiscard]] inline PictureStatistics picture_statistics(const Picture& picture) {
  PictureStatistics out;
  const std::size_t count = picture.pixels.size() / 3;
  if (count == 0) return out;
  std::array<std::uint8_t, 3> least{255, 255, 255}, most{};
  std::array<std::int64_t, 3> sums{};
  std::int64_t spread = 0, luma = 0;
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto* p = picture.pixels.data() + 3 * i;
    for (std::size_t c = 0; c < 3; ++c) {
      least[c] = std::min(least[c], p[c]);
      most[c] = std::max(most[c], p[c]);
      sums[c] += p[c];
    }
    const auto [low, high] = std::minmax({p[0], p[1], p[2]});
    spread += high - low;
    const std::int64_t y = 299 * p[0] + 587 * p[1] + 114 * p[2];
    luma += y;
    squares += static_cast<double>(y) * static_cast<double>(y);
  }
  const auto n = static_cast<double>(count);
  const auto mean = [&](std::size_t c) { return static_cast<double>(sums[c]) / (255 * n); };
  out.brightness = static_cast<double>(luma) / (255e3 * n);
  out.contrast =
      std::sqrt(std::max(0.0, squares / (255e3 * 255e3 * n) - out.brightness * out.brightness));
  out.saturation = static_cast<double>(spread) / (255 * n);
  out.warmth = mean(0) - mean(2);
  out.green = mean(1) - (mean(0) + mean(2)) / 2;
  for (std::size_t c = 0; c < 3; ++c) out.range = std::max(out.range, most[c] - least[c]);
  out.colourless = spread == 0;
  return out;
}

/// The value in the middle; of an even number, the mean of the two. 0 of none.
[[nodiscard]] inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto half = static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), values.begin() + half, values.end());
  const double upper = values[static_cast<std::size_t>(half)];
  if (values.size() % 2 == 1) return upper;
  return (upper + *std::max_element(values.begin(), values.begin() + half)) / 2;
}

/// Median, and how far values usually are from it: 1.4826 times the median distance, which for a
/// normal distribution is its standard deviation, and which a few strange values do not move.
struct RobustSpread {
  /// Median and robust standard deviation of the values.
  double middle = 0, deviation = 0;

  /// Of at least one value.
  explicit RobustSpread(std::span<const double> values)
      : middle(median({values.begin(), values.end()})) {
    std::vector<double> distances;
    for (const double v : values) distances.push_back(std::abs(v - middle));
    deviation = 1.4826 * median(std::move(distances));
  }

  /// Deviations from the middle, where one counts as `least` at the least: in a series whose
  /// pictures are all alike, small differences are none.
  [[nodiscard]] double score(double value, double least) const {
    return (value - middle) / std::max(deviation, least);
  }
};

}  // namespace limn::inline v0
