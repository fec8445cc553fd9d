// SPDX-License-Identifier: MIT
// Heatmaps: a map of floats as colours from cold (blue) over green and yellow to hot (red). The
// colours are the rainbow known as "jet": each channel a trapezoid over [0, 1].
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/data/canvas.hpp"
#include "limn/data/resize.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// Cold at t = 0, hot at t = 1.
[[nodiscard]] inline Colour jet(float t) {
  const auto channel = [&](float centre) {
    const float v = std::clamp(1.5F - std::abs(4.0F * t - centre), 0.0F, 1.0F);
    return rounded_byte(v * 255.0F);
  };
  return {channel(3.0F), channel(2.0F), channel(1.0F)};
}

/// (x - min) / (max - min) over the finite values; what is not finite, and everything in a constant
/// map, becomes 0.
[[nodiscard]] inline std::vector<float> normalized_map(std::span<const float> map) {
  double low = 0, high = 0;
  bool any = false;
  for (const float v : map) {
    if (!is_finite(v)) continue;
    low = any ? std::min(low, double{v}) : double{v};
    high = any ? std::max(high, double{v}) : double{v};
    any = true;
  }
  std::vector<float> out(map.size(), 0.0F);
  if (high > low)
    for (std::size_t i = 0; i < map.size(); ++i)
      if (is_finite(map[i]))
        out[i] = static_cast<float>((double{map[i]} - low) / rounded_here(high - low));
  return out;
}

/// The map (height, width), of any range, as a picture of out_width x out_height. Throws ShapeError
/// where an extent is not positive or `map` has another size.
[[nodiscard]] inline Picture heatmap_picture(std::span<const float> map, Index height, Index width,
                                             Index out_height, Index out_width) {
  const auto values = resize_map(normalized_map(map), height, width, out_height, out_width);
  Picture out(out_width, out_height);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Colour c = jet(values[i]);
    out.pixels[3 * i] = c.r;
    out.pixels[3 * i + 1] = c.g;
    out.pixels[3 * i + 2] = c.b;
  }
  return out;
}

/// alpha * heat + (1 - alpha) * picture, alpha in [0, 1]. Throws ShapeError for different extents.
[[nodiscard]] inline Picture overlay(const Picture& heat, const Picture& picture,
                                     float alpha = 0.5F) {
  if (heat.width != picture.width || heat.height != picture.height)
    throw ShapeError("overlay: a heatmap of " + std::to_string(heat.width) + "x" +
                     std::to_string(heat.height) + " over a picture of " +
                     std::to_string(picture.width) + "x" + std::to_string(picture.height));
  Picture out = picture;
  const float a = std::clamp(alpha, 0.0F, 1.0F);
  for (std::size_t i = 0; i < out.pixels.size(); ++i)
    out.pixels[i] = rounded_byte(rounded_here(a * static_cast<float>(heat.pixels[i])) +
                                 rounded_here((1.0F - a) * static_cast<float>(picture.pixels[i])));
  return out;
}

}  // namespace limn::inline v0
