// SPDX-License-Identifier: MIT
// Pictures that a feature network learns from: turned, mirrored, cut, and spoiled in ways that bad
// translations are spoiled, with what was done to them. All is a pure function of (seed, number).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "limn/core/random.hpp"
#include "limn/data/augment.hpp"
#include "limn/data/resize.hpp"

namespace example {

using limn::Index;
using limn::Picture;

/// How pictures are spoiled.
enum class Spoiled { no, blurred, noisy, tinted };
inline constexpr int spoiled_kinds = 4;

/// Spoils a picture, more with a larger `strength` from 0 to 1: blurred as if it had size /
/// (1 + 7 strength) pixels, noise of standard deviation 64 strength, channels moved by up to 96
/// strength.
inline Picture spoil(const Picture& picture, Spoiled how, double strength,
                     const limn::Philox& random) {
  if (how == Spoiled::no) return picture;
  if (how == Spoiled::blurred) {
    const auto small = [&](Index side) {
      return std::max<Index>(1, std::llround(static_cast<double>(side) / (1 + 7 * strength)));
    };
    return limn::resize_picture(
        limn::resize_picture(picture, small(picture.width), small(picture.height)), picture.width,
        picture.height);
  }
  Picture out = picture;
  const auto shift = [&](std::size_t c) {
    const float sign = random.uniform(c) < 0.5F ? -1.0F : 1.0F;
    return sign * 96 * static_cast<float>(strength) * (0.5F + 0.5F * random.uniform(3 + c));
  };
  const float tint[3] = {shift(0), shift(1), shift(2)};
  for (std::size_t i = 0; i < out.pixels.size(); ++i) {
    const float change = how == Spoiled::noisy
                             ? 64 * static_cast<float>(strength) * random.normal(16 + i)
                             : tint[i % 3];
    out.pixels[i] = limn::rounded_byte(static_cast<float>(out.pixels[i]) + change);
  }
  return out;
}

/// A picture turned by `quarters` quarters of a circle, and mirrored before if wanted. Squares
/// only.
inline Picture turn(const Picture& picture, int quarters, bool mirrored) {
  const Index n = picture.width;
  Picture out(n, n);
  for (Index y = 0; y < n; ++y)
    for (Index x = 0; x < n; ++x) {
      Index column = mirrored ? n - 1 - x : x, row = y;
      for (int i = 0; i < quarters; ++i) column = std::exchange(row, n - 1 - column);
      std::copy_n(picture.at(x, y), 3, out.at(column, row));
    }
  return out;
}

/// What a network is asked about a picture, each 0 or 1: whether it is of B; turned by 0, 1, 2, 3
/// quarters; spoiled as each Spoiled.
inline constexpr Index questions = 1 + 4 + spoiled_kinds;

struct Pretext {
  std::vector<float> values;   ///< (size,size,3) in [-1, 1]
  std::vector<float> answers;  ///< questions
};

/// Sample number `number` made of a picture of A or B that is somewhat larger than size.
inline Pretext make_pretext(const Picture& picture, bool of_b, Index size, std::uint64_t seed,
                            std::uint64_t number) {
  const limn::Philox random{seed, 0x70726574'00000000U + number};
  const auto words = random(0);
  const Index margin = picture.width - size;
  const auto corner = [&](std::uint32_t word) {
    return static_cast<Index>((std::uint64_t{word} * static_cast<std::uint64_t>(margin + 1)) >> 32);
  };
  const int quarters = static_cast<int>(words[0] & 3);
  const auto how = static_cast<Spoiled>(words[0] >> 2 & 3);
  Picture cut(size, size);
  const Index left = corner(words[1]), top = corner(words[2]);
  for (Index y = 0; y < size; ++y) std::copy_n(picture.at(left, top + y), 3 * size, cut.at(0, y));
  const Picture turned = turn(cut, quarters, (words[0] >> 4 & 1) != 0);
  const double strength = 0.15 + 0.85 * random.uniform(7);
  Pretext out{limn::to_floats(spoil(turned, how, strength, {seed ^ 1, random.stream})),
              std::vector<float>(static_cast<std::size_t>(questions))};
  out.answers[0] = of_b ? 1.0F : 0.0F;
  out.answers[1 + static_cast<std::size_t>(quarters)] = 1;
  out.answers[5 + static_cast<std::size_t>(how)] = 1;
  return out;
}

}  // namespace example
