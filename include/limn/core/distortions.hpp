// SPDX-License-Identifier: MIT
// Which differentiable augmentations a discriminator's pictures get, and their random numbers: the
// policy of Zhao et al., 2020.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "limn/core/error.hpp"
#include "limn/core/fields.hpp"
#include "limn/core/primitives/distortion.hpp"
#include "limn/core/random.hpp"

namespace limn::inline v0 {

/// A set of augmentations.
struct Distortions {
  bool color = false;        ///< brightness, saturation, contrast
  bool translation = false;  ///< by up to an eighth of the side, zeros come in
  bool cutout = false;       ///< a square of half the side becomes 0
  bool operator==(const Distortions&) const = default;
  /// Whether pictures are changed at all.
  [[nodiscard]] bool any() const { return color || translation || cutout; }
};

/// "none", or names with commas between: "color,translation,cutout".
[[nodiscard]] inline std::string to_string(const Distortions& d) {
  std::string text;
  const auto add = [&](bool on, const char* name) {
    if (on) text += (text.empty() ? "" : ",") + std::string(name);
  };
  add(d.color, "color");
  add(d.translation, "translation");
  add(d.cutout, "cutout");
  return text.empty() ? "none" : text;
}

/// The reverse, names in any order. Throws UsageError for another name.
[[nodiscard]] inline Distortions parse_distortions(std::string_view text) {
  Distortions d;
  if (text == "none") return d;
  for (const auto name : detail::fields_of(text)) {
    if (name == "color")
      d.color = true;
    else if (name == "translation")
      d.translation = true;
    else if (name == "cutout")
      d.cutout = true;
    else
      throw UsageError("diff-augment '" + std::string(text) +
                       "' is neither none nor a list of color, translation and cutout with commas "
                       "between, as color,translation,cutout");
  }
  return d;
}

/// The numbers of one picture of height x width: the `index`-th of a stream that is made of nothing
/// else. Brightness in [-1/2, 1/2), saturation in [0, 2), contrast in [1/2, 3/2), for pictures in
/// [-1, 1].
[[nodiscard]] inline primitive::Distortion draw_distortion(const Distortions& kinds,
                                                           const Philox& random,
                                                           std::uint64_t index, Index height,
                                                           Index width) {
  const std::uint64_t first = index * 8;
  const auto uniform = [&](std::uint64_t k) {
    return static_cast<double>(random.uniform(first + k));
  };
  // a whole number in [low, high]
  const auto between = [&](std::uint64_t k, Index low, Index high) {
    return low +
           static_cast<Index>(random.below(first + k, static_cast<std::uint32_t>(high - low + 1)));
  };
  primitive::Distortion d;
  if (kinds.color) {
    d.brightness = uniform(0) - 0.5;
    d.saturation = uniform(1) * 2;
    d.contrast = uniform(2) + 0.5;
  }
  if (kinds.translation) {
    const Index most_down = (height + 4) / 8, most_right = (width + 4) / 8;
    d.down = between(3, -most_down, most_down);
    d.right = between(4, -most_right, most_right);
  }
  if (kinds.cutout) {
    // centres lie everywhere in the picture, so that the hole may be cut off at its border
    const Index high = (height + 1) / 2, wide = (width + 1) / 2;
    d.hole_top = between(5, 0, height - high % 2) - high / 2;
    d.hole_left = between(6, 0, width - wide % 2) - wide / 2;
    d.hole_bottom = d.hole_top + high;
    d.hole_right = d.hole_left + wide;
  }
  return d;
}

}  // namespace limn::inline v0
