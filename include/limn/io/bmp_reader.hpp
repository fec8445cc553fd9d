// SPDX-License-Identifier: MIT
// BMP of Windows and OS/2: 1, 4, 8 bits with palette, 16, 24, 32 bits with or without masks; not
// run-length encoded. Format: "Bitmap Storage", learn.microsoft.com/windows/win32/gdi.
// Written here: a library small enough to be bundled brings global state and reads truncated files
// as if they were whole.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "limn/io/picture.hpp"
#include "limn/io/picture_limits.hpp"

namespace limn::inline v0 {
namespace detail {

class BmpReader {
 public:
  explicit BmpReader(const PictureSource& source) : source_(source), bytes_(source.bytes) {}

  [[nodiscard]] Picture read() {
    header();
    const Index stride = (width_ * bits_ + 31) / 32 * 4;
    // the last row need not be padded
    const Index least = pixels_at_ + stride * (height_ - 1) + (width_ * bits_ + 7) / 8;
    source_.check_payload(width_, height_, least);
    Picture picture(width_, height_);
    for (Index y = 0; y < height_; ++y) {
      const Index stored = top_down_ ? y : height_ - 1 - y;
      const auto* row = bytes_.data() + pixels_at_ + stride * stored;
      for (Index x = 0; x < width_; ++x) pixel(row, x, picture.at(x, y));
    }
    source_.facts.see_through = least_alpha_ < 255;
    return picture;
  }

 private:
  /// One channel of 16 or 32 bit pixels.
  struct Mask {
    std::uint32_t mask = 0;
    [[nodiscard]] unsigned operator()(std::uint32_t value) const {
      const int shift = std::countr_zero(mask);
      const std::uint64_t most = mask >> shift;
      return static_cast<unsigned>(((value & mask) >> shift) * std::uint64_t{255} / most);
    }
  };

  void header() {
    pixels_at_ = u32(10);
    const Index size = u32(14);
    if (size == 12) {
      width_ = u16(18);
      height_ = u16(20);
      bits_ = u16(24);
    } else if (size >= 40 && size <= 124) {
      width_ = static_cast<std::int32_t>(u32(18));
      height_ = static_cast<std::int32_t>(u32(22));
      bits_ = u16(28);
      top_down_ = height_ < 0;
      if (top_down_) height_ = -height_;
    } else {
      source_.fail("not a readable BMP: its header has " + std::to_string(size) + " bytes");
    }
    source_.check_extents(width_, height_);
    const std::uint32_t compression = size == 12 ? 0 : u32(30);
    if (compression == 1 || compression == 2)
      source_.fail("a run-length encoded BMP, which is not supported: save it as PNG");
    const bool masks = (compression == 3 || compression == 6) && (bits_ == 16 || bits_ == 32);
    if (compression != 0 && !masks)
      source_.fail("a BMP of compression " + std::to_string(compression) +
                   ", which is not supported: save it as PNG");
    Index palette_at = 14 + size;
    if (bits_ == 16) mask_ = {Mask{0x7C00}, Mask{0x3E0}, Mask{0x1F}, Mask{}};
    if (bits_ == 32) mask_ = {Mask{0xFF0000}, Mask{0xFF00}, Mask{0xFF}, Mask{}};
    if (masks) {
      // in the header or, where it is short, right behind it: the same place
      for (Index i = 0; i < 3; ++i) mask_[static_cast<std::size_t>(i)].mask = u32(54 + 4 * i);
      if (size >= 56 || compression == 6) mask_[3].mask = u32(66);
      for (std::size_t i = 0; i < 3; ++i)
        if (mask_[i].mask == 0) source_.fail("a BMP without a mask for each colour");
    }
    if (bits_ == 1 || bits_ == 4 || bits_ == 8) {
      read_palette(palette_at, size == 12 ? 3 : 4, size == 12 ? 0 : u32(46));
    } else if (bits_ != 16 && bits_ != 24 && bits_ != 32) {
      source_.fail("a BMP of " + std::to_string(bits_) + " bits per pixel");
    }
  }

  void read_palette(Index at, Index entry, Index count) {
    const Index most = Index{1} << bits_;
    if (count == 0 || count > most) count = most;
    for (Index i = 0; i < count; ++i)
      for (Index c = 0; c < 3; ++c)
        palette_[static_cast<std::size_t>(3 * i + c)] = u8(at + entry * i + 2 - c);
  }

  void pixel(const std::uint8_t* row, Index x, std::uint8_t* to) {
    if (bits_ <= 8) {
      const Index bit = x * bits_;
      const auto index =
          static_cast<std::size_t>(row[bit / 8] >> (8 - bits_ - bit % 8) & ((1 << bits_) - 1));
      for (std::size_t c = 0; c < 3; ++c) to[c] = palette_[3 * index + c];
    } else if (bits_ == 24) {
      for (Index c = 0; c < 3; ++c) to[c] = row[3 * x + 2 - c];
    } else {
      std::uint32_t value = 0;
      for (Index b = bits_ / 8; b-- > 0;) value = value << 8 | row[x * bits_ / 8 + b];
      const unsigned alpha = mask_[3].mask == 0 ? 255 : mask_[3](value);
      least_alpha_ = std::min(least_alpha_, alpha);
      for (std::size_t c = 0; c < 3; ++c) to[c] = on_white(mask_[c](value), alpha);
    }
  }

  [[nodiscard]] std::uint8_t u8(Index at) const {
    if (at >= static_cast<Index>(bytes_.size())) source_.fail("the BMP is truncated");
    return bytes_[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] std::uint16_t u16(Index at) const {
    return static_cast<std::uint16_t>(u8(at) | u8(at + 1) << 8);
  }
  [[nodiscard]] std::uint32_t u32(Index at) const {
    return u16(at) | static_cast<std::uint32_t>(u16(at + 2)) << 16;
  }

  const PictureSource& source_;
  std::span<const std::uint8_t> bytes_;
  Index width_ = 0, height_ = 0, bits_ = 0, pixels_at_ = 0;
  bool top_down_ = false;
  unsigned least_alpha_ = 255;
  std::array<Mask, 4> mask_{};
  std::array<std::uint8_t, 768> palette_{};
};

}  // namespace detail
}  // namespace limn::inline v0
