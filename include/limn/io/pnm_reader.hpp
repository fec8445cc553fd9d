// SPDX-License-Identifier: MIT
// PPM and PGM, plain and raw, up to 16 bits: https://netpbm.sourceforge.net/doc/ppm.html
// Written here: a hundred lines, where a library would bring global state and read truncated files
// as if they were whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "limn/io/picture.hpp"
#include "limn/io/picture_limits.hpp"

namespace limn::inline v0 {
namespace detail {

/// "P2", "P3" (numbers as text), "P5", "P6" (bytes, or pairs of bytes from a maximum of 256 on).
class PnmReader {
 public:
  explicit PnmReader(const PictureSource& source) : source_(source), bytes_(source.bytes) {}

  [[nodiscard]] Picture read() {
    const char kind = static_cast<char>(bytes_[1]);
    const bool text = kind == '2' || kind == '3';
    const Index channels = kind == '3' || kind == '6' ? 3 : 1;
    at_ = 2;
    const Index width = number(), height = number();
    most_ = number();
    source_.check_extents(width, height);
    if (most_ < 1 || most_ > 65535)
      source_.fail("a PNM whose largest value is " + std::to_string(most_));
    source_.facts.gray = channels == 1;
    source_.facts.bits = most_ > 255 ? 16 : 8;
    if (!text) ++at_;  // the one white space between header and bytes
    const Index width_of_value = text ? 2 : most_ > 255 ? 2 : 1;
    // as text, a digit and a separator each; the last one may lack the separator
    const Index least = width * height * channels * width_of_value - (text ? 1 : 0);
    source_.check_payload(width, height, least + static_cast<Index>(at_));

    Picture picture(width, height);
    std::uint8_t* to = picture.pixels.data();
    for (Index i = 0; i < width * height; ++i, to += 3)
      for (Index c = 0; c < 3; ++c)
        to[c] = c < channels ? scaled(text ? number() : binary(width_of_value == 2)) : to[0];
    return picture;
  }

 private:
  [[nodiscard]] std::uint8_t scaled(Index value) const {
    if (value > most_) source_.fail("a PNM with a value above its largest");
    return static_cast<std::uint8_t>((value * 255 + most_ / 2) / most_);
  }

  Index binary(bool wide) {
    Index value = bytes_[at_++];
    if (wide) value = value << 8 | bytes_[at_++];
    return value;
  }

  /// The next number as text, behind white space and comments.
  Index number() {
    for (;; ++at_) {
      if (at_ >= bytes_.size()) source_.fail("the PNM is truncated");
      if (bytes_[at_] == '#')
        while (at_ < bytes_.size() && bytes_[at_] != '\n') ++at_;
      else if (!white(bytes_[at_]))
        break;
    }
    Index value = 0;
    const std::size_t begin = at_;
    for (; at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9'; ++at_) {
      value = value * 10 + (bytes_[at_] - '0');
      if (value > 0x7fffffff) source_.fail("a PNM with an absurd number");
    }
    if (at_ == begin) source_.fail("a PNM with something else than a number");
    return value;
  }

  static bool white(std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

  const PictureSource& source_;
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  Index most_ = 0;
};

}  // namespace detail
}  // namespace limn::inline v0
