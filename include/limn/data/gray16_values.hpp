// SPDX-License-Identifier: MIT
// Light in 16 bits as a network sees it, and back.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/gray16_picture.hpp"

namespace limn::inline v0 {

/// A picture squashed to size x size values in [-1, 1]: the mean light of each part of it, 2
/// sqrt(light) - 1 so that shadows keep their steps. A picture that is smaller repeats its pixels.
[[nodiscard]] inline std::vector<float> light_values(const Gray16Picture& picture, Index size) {
  const auto& [w, h, light] = picture;
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(size * size));
  for (Index y = 0; y < size; ++y)
    for (Index x = 0; x < size; ++x) {
      const Index top = y * h / size, bottom = std::max(top + 1, (y + 1) * h / size);
      const Index left = x * w / size, right = std::max(left + 1, (x + 1) * w / size);
      double sum = 0;
      for (Index i = top; i < bottom; ++i)
        for (Index j = left; j < right; ++j) sum += light[static_cast<std::size_t>(i * w + j)];
      const double mean = sum / (65535.0 * static_cast<double>((bottom - top) * (right - left)));
      values.push_back(static_cast<float>(2 * std::sqrt(mean) - 1));
    }
  return values;
}

/// The reverse, to the nearest light; values outside of [-1, 1] become the nearer end. Throws
/// NumericError where one is not finite, UsageError where they are not width * height.
[[nodiscard]] inline Gray16Picture light_of_values(const std::vector<float>& values, Index height,
                                                   Index width) {
  if (static_cast<Index>(values.size()) != width * height)
    throw UsageError("light_of_values: " + std::to_string(values.size()) + " values are not " +
                     std::to_string(width) + "x" + std::to_string(height) + " pixels");
  Gray16Picture picture{width, height, {}};
  picture.light.reserve(values.size());
  for (const float v : values) {
    if (!is_finite(v)) throw NumericError("a picture that was made is not finite");
    const double root = (std::clamp(v, -1.0F, 1.0F) + 1.0) / 2;
    picture.light.push_back(static_cast<std::uint16_t>(std::lround(65535 * root * root)));
  }
  return picture;
}

}  // namespace limn::inline v0
