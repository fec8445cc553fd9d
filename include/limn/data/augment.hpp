// SPDX-License-Identifier: MIT
// What the published PyTorch code does to every training picture: mirror it with probability 1/2,
// resize it to (S+30)^2, cut a random S x S out of it. Here every decision is a pure function of
// (seed, domain, number of the sample). A mirrored picture resized is a resized picture mirrored,
// so pictures are resized once and kept.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/random.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// How much larger than the network's input pictures are before the random crop.
inline constexpr Index augment_margin = 30;

/// Streams of random numbers that the data use, plus the domain (0 for A, 1 for B).
inline constexpr std::uint64_t augment_stream = 0x6175676D656E7400U;  // "augment"
/// For the orders in which epochs see their pictures.
inline constexpr std::uint64_t shuffle_stream = 0x73687566666C6500U;  // "shuffle"

/// What happens to one sample: mirrored or not, and the corner of its crop.
struct Augmentation {
  bool flip = false;  ///< mirrored, left and right exchanged
  /// Of the crop, in pixels of the picture with its margin.
  Index left = 0, top = 0;
  constexpr bool operator==(const Augmentation&) const = default;
};

/// The decisions for the sample with this number (counted over all epochs) of a domain: flip with
/// probability 1/2, corners uniform in 0 ... margin.
[[nodiscard]] constexpr Augmentation draw_augmentation(std::uint64_t seed, int domain,
                                                       std::uint64_t sample,
                                                       Index margin = augment_margin) {
  const auto words = Philox{seed, augment_stream + static_cast<std::uint64_t>(domain)}(sample);
  const auto corner = [&](std::uint32_t word) {
    return static_cast<Index>((std::uint64_t{word} * static_cast<std::uint64_t>(margin + 1)) >> 32);
  };
  return {words[0] >> 31 != 0, corner(words[1]), corner(words[2])};
}

namespace detail {
/// A table, because the compiler's own arithmetic is the same with all of its flags.
inline constexpr auto unit_values = [] {
  std::array<float, 256> values{};
  for (std::size_t v = 0; v < 256; ++v) values[v] = static_cast<float>(v) / 127.5F - 1.0F;
  return values;
}();
}  // namespace detail

/// 0 ... 255 to [-1, 1]: v / 127.5 - 1.
[[nodiscard]] constexpr float to_unit(std::uint8_t value) { return detail::unit_values[value]; }

/// [-1, 1] to 0 ... 255: rounded, saturated, NaN gives 0.
[[nodiscard]] constexpr std::uint8_t from_unit(float x) {
  // by bits: users compile with -ffast-math
  if ((std::bit_cast<std::uint32_t>(x) & 0x7fffffffU) > 0x7f800000U) return 0;
  if (x <= -1.0F) return 0;
  if (x >= 1.0F) return 255;
  return rounded_byte(rounded_here(x + 1.0F) * 127.5F);
}

/// The crop of size x size, mirrored or not, as floats (size,size,3) in [-1, 1] into `out`. The
/// crop's corner is counted in the mirrored picture. Throws ShapeError where it leaves the picture
/// or `out` has another size.
inline void augment_into(const Picture& picture, Index size, const Augmentation& how,
                         std::span<float> out) {
  if (how.left < 0 || how.top < 0 || size < 1 || how.left + size > picture.width ||
      how.top + size > picture.height || static_cast<Index>(out.size()) != size * size * 3)
    throw ShapeError("augment: a crop of " + std::to_string(size) + " at (" +
                     std::to_string(how.left) + "," + std::to_string(how.top) +
                     ") does not lie in a picture of " + std::to_string(picture.width) + "x" +
                     std::to_string(picture.height) + " or is not for " +
                     std::to_string(out.size()) + " floats");
  float* to = out.data();
  for (Index y = 0; y < size; ++y)
    for (Index x = 0; x < size; ++x) {
      const Index column = how.left + x;
      const std::uint8_t* from =
          picture.at(how.flip ? picture.width - 1 - column : column, how.top + y);
      for (int c = 0; c < 3; ++c) *to++ = to_unit(from[c]);
    }
}

/// The whole picture as floats (height,width,3) in [-1, 1].
[[nodiscard]] inline std::vector<float> to_floats(const Picture& picture) {
  std::vector<float> out;
  out.reserve(picture.pixels.size());
  for (const std::uint8_t v : picture.pixels) out.push_back(to_unit(v));
  return out;
}

/// Floats (height,width,3) in [-1, 1] as a picture: rounded, saturated, NaN is black. Throws
/// ShapeError where their number is not height * width * 3.
[[nodiscard]] inline Picture to_picture(std::span<const float> values, Index height, Index width) {
  if (height < 1 || width < 1 || static_cast<Index>(values.size()) != height * width * 3)
    throw ShapeError("to_picture: " + std::to_string(values.size()) +
                     " floats are no RGB picture of " + std::to_string(width) + "x" +
                     std::to_string(height));
  Picture out(width, height);
  for (std::size_t i = 0; i < values.size(); ++i) out.pixels[i] = from_unit(values[i]);
  return out;
}

}  // namespace limn::inline v0
