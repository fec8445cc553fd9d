// SPDX-License-Identifier: MIT
// Drawing for sample sheets: rectangles, pictures, text. What lies outside is not drawn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "limn/core/shape.hpp"
#include "limn/data/fit.hpp"
#include "limn/data/font.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// Eight bits of red, green and blue.
struct Colour {
  /// 0 ... 255.
  std::uint8_t r = 0, g = 0, b = 0;
  constexpr bool operator==(const Colour&) const = default;
};

/// A picture to draw on.
class Canvas {
 public:
  /// All of it is background.
  Canvas(Index width, Index height, Colour background) : picture_(width, height) {
    fill({0, 0, width, height}, background);
  }

  /// As it is drawn so far.
  [[nodiscard]] const Picture& picture() const& { return picture_; }
  /// Gives it away.
  [[nodiscard]] Picture picture() && { return std::move(picture_); }

  /// A rectangle of one colour.
  void fill(const Box& box, Colour colour) {
    const Index right = std::min(box.x + box.width, picture_.width);
    const Index bottom = std::min(box.y + box.height, picture_.height);
    for (Index y = std::max<Index>(box.y, 0); y < bottom; ++y)
      for (Index x = std::max<Index>(box.x, 0); x < right; ++x) {
        std::uint8_t* to = picture_.at(x, y);
        to[0] = colour.r;
        to[1] = colour.g;
        to[2] = colour.b;
      }
  }

  /// A line of `thickness` pixels around the outside of a box.
  void frame(const Box& box, Colour colour, Index thickness = 1) {
    const Index t = thickness, w = box.width + 2 * t;
    fill({box.x - t, box.y - t, w, t}, colour);
    fill({box.x - t, box.y + box.height, w, t}, colour);
    fill({box.x - t, box.y, t, box.height}, colour);
    fill({box.x + box.width, box.y, t, box.height}, colour);
  }

  /// The whole of `picture`, its corner at column x, row y.
  void blit(const Picture& picture, Index x, Index y) {
    const Index left = std::max<Index>(0, -x), right = std::min(picture.width, picture_.width - x);
    if (left >= right) return;
    for (Index row = std::max<Index>(0, -y); row < std::min(picture.height, picture_.height - y);
         ++row)
      std::copy_n(picture.at(left, row), 3 * (right - left), picture_.at(x + left, y + row));
  }

  /// One line of text, the top left corner of its first capital at column x, row y.
  void text(Index x, Index y, std::string_view text, Colour colour, Index scale = 1) {
    detail::for_each_glyph(text, [&](std::string_view glyph) {
      Index row = 0, column = 0;
      for (const char c : glyph) {
        if (c == '#') fill({x + column * scale, y + row * scale, scale, scale}, colour);
        ++column;
        if (c == '/') {
          ++row;
          column = 0;
        }
      }
      x += (detail::glyph_width(glyph) + 1) * scale;
    });
  }

 private:
  Picture picture_;
};

/// The text, with its middle left out where it would be wider than `width` pixels:
/// "very..name.png".
[[nodiscard]] inline std::string shorten(const std::string& text, Index width, Index scale = 1) {
  if (text_width(text, scale) <= width) return text;
  // whole characters of UTF-8 only
  const auto inside = [&](std::size_t i) {
    return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80;
  };
  for (std::size_t keep = text.size(); keep-- > 0;) {
    std::size_t head = (keep + 1) / 2, tail = text.size() - keep / 2;
    while (head > 0 && inside(head)) --head;
    while (inside(tail)) ++tail;
    auto shorter = text.substr(0, head) + ".." + text.substr(tail);
    if (text_width(shorter, scale) <= width) return shorter;
  }
  return "";
}

}  // namespace limn::inline v0
