// SPDX-License-Identifier: MIT
#include "limn/data/sheet.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>

#include "limn/data/heatmap.hpp"

using namespace limn;

namespace {

constexpr Colour white{255, 255, 255}, black{0, 0, 0};

Index count(const Picture& p, Colour c) {
  Index n = 0;
  for (std::size_t i = 0; i < p.pixels.size(); i += 3)
    n += Colour{p.pixels[i], p.pixels[i + 1], p.pixels[i + 2]} == c;
  return n;
}

Picture draw(std::string_view text, Index scale = 1) {
  Canvas canvas(40 * scale, 12 * scale, white);
  canvas.text(0, 0, text, black, scale);
  return canvas.picture();
}

bool holds(const Picture& sheet, const Picture& part, Index x, Index y) {
  return detail::cut(sheet, {x, y, part.width, part.height}) == part;
}

}  // namespace

TEST_CASE("font: every printable character has a shape of its own, inside its box") {
  std::set<std::string> shapes;
  for (char c = '!'; c <= '~'; ++c) {
    CAPTURE(c);
    const auto glyph = detail::glyphs[static_cast<std::size_t>(c - ' ')];
    const Index width = detail::glyph_width(glyph);
    CHECK(width <= 5);
    Index rows = 1, column = 0;
    for (const char g : glyph) {
      const bool known = g == '#' || g == '.' || g == '/';
      CHECK(known);
      if (g == '/') {
        CHECK(column == width);
        column = 0;
        ++rows;
      } else {
        ++column;
      }
    }
    CHECK(column == width);
    CHECK(rows <= font_height);
    CHECK(count(draw(std::string(1, c)), black) > 0);
    const auto drawn = draw(std::string(1, c)).pixels;
    shapes.emplace(drawn.begin(), drawn.end());
  }
  CHECK(shapes.size() == 94);
  CHECK(count(draw(" "), black) == 0);
  CHECK(count(draw("A", 3), black) == 9 * count(draw("A"), black));
  // one box for one character of two bytes
  CHECK(draw("\xc3\xa9") == draw("\x01"));
  CHECK(text_width("\xc3\xa9") == 4);
  CHECK(text_width("") == 0);
  CHECK(text_width("Hi", 2) == 14);
}

TEST_CASE("canvas: what lies outside is not drawn") {
  Canvas canvas(6, 4, white);
  for (const Index x : {-9, -2, 0, 3, 5, 99})
    for (const Index y : {-9, -1, 0, 2, 99}) {
      canvas.blit(Picture(4, 3, 0), x, y);
      canvas.text(x, y, "Wg", black);
      canvas.fill({x, y, 3, 3}, black);
      canvas.frame({x, y, 3, 3}, black);
    }
  Canvas small(5, 5, white);
  small.blit(Picture(2, 2, 0), 4, -1);
  CHECK(count(small.picture(), black) == 1);
  CHECK(small.picture().at(4, 0)[0] == 0);
  small.frame({1, 1, 3, 3}, black);
  CHECK(count(small.picture(), black) == 16);
}

TEST_CASE("shorten: the middle goes, ends stay, width holds") {
  CHECK(shorten("short.png", 100) == "short.png");
  const std::string name = "a-very-long-file-name-000123.png";
  for (Index width = 0; width < 160; ++width) {
    const auto text = shorten(name, width);
    CHECK(text_width(text) <= width);
  }
  CHECK(shorten(name, 80).starts_with("a-"));
  CHECK(shorten(name, 80).ends_with(".png"));
  // never half a character
  const std::string umlauts = "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6";
  for (Index width = 0; width < 50; ++width) {
    const auto text = shorten(umlauts, width);
    Index lead = 0, follow = 0;
    for (const char c : text) {
      lead += static_cast<unsigned char>(c) >= 0xC0;
      follow += (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
    }
    CHECK(lead == follow);
  }
}

TEST_CASE("sheet: pictures stand whole in rows and columns, beside their captions") {
  Picture red(32, 32, 0), blue(32, 32, 0);
  for (std::size_t i = 0; i < red.pixels.size(); i += 3) red.pixels[i] = blue.pixels[i + 2] = 255;
  Sheet sheet("title\nsubtitle", 32);
  sheet.section("A to B", {"one.png", "two-with-a-rather-long-name.png"});
  sheet.row("input", {red, blue});
  sheet.row("attention\nmap", {blue, Picture(64, 32, 77)});
  const auto picture = sheet.draw();
  CHECK(count(picture, {255, 0, 0}) == 32 * 32);
  CHECK(count(picture, {0, 0, 255}) == 2 * 32 * 32);
  CHECK(count(picture, {77, 77, 77}) == 32 * 16);  // padded, not squashed
  const Index right = picture.width - 14 - 32, left = right - 8 - 32;
  const Index last = picture.height - 14 - 8 - 32, first = last - 8 - 32;
  CHECK(holds(picture, red, left, first));
  CHECK(holds(picture, blue, right, first));
  CHECK(holds(picture, blue, left, last));
  CHECK(sheet.draw() == picture);

  CHECK(Sheet("").draw().width > 0);
  Sheet bare("", 8);
  bare.row("", {red});
  CHECK(count(bare.draw(), {255, 0, 0}) > 0);
  CHECK_THROWS_AS(Sheet("x", 3), ShapeError);
}

TEST_CASE("heatmap: cold to hot, whatever the range; constant and broken maps are cold") {
  const Colour cold = jet(0), hot = jet(1);
  CHECK(cold == Colour{0, 0, 128});
  CHECK(hot == Colour{128, 0, 0});
  CHECK(jet(0.5F) == Colour{128, 255, 128});
  const float inf = std::numeric_limits<float>::infinity(),
              nan = std::numeric_limits<float>::quiet_NaN();
  for (const auto& map : {std::vector<float>{-7, 1e30F}, {0, 1e-30F}, {-3e38F, 3e38F}}) {
    const auto picture = heatmap_picture(map, 1, 2, 1, 2);
    CHECK(Colour{picture.at(0, 0)[0], picture.at(0, 0)[1], picture.at(0, 0)[2]} == cold);
    CHECK(Colour{picture.at(1, 0)[0], picture.at(1, 0)[1], picture.at(1, 0)[2]} == hot);
  }
  for (const auto& map : {std::vector<float>(4, 3.0F), std::vector<float>(4, nan),
                          std::vector<float>{nan, inf, -inf, 2}})
    CHECK(count(heatmap_picture(map, 2, 2, 5, 3), cold) == 15);
  const auto mixed = heatmap_picture(std::vector<float>{nan, 0, 1, inf}, 2, 2, 2, 2);
  CHECK(count(mixed, cold) == 3);
  CHECK(count(mixed, hot) == 1);
  CHECK_THROWS_AS((void)heatmap_picture(std::vector<float>(3), 2, 2, 4, 4), ShapeError);
}

TEST_CASE("overlay: a share of each") {
  CHECK(overlay(Picture(2, 2, 200), Picture(2, 2, 100), 0.25F) == Picture(2, 2, 125));
  CHECK(overlay(Picture(2, 2, 200), Picture(2, 2, 100), 0.0F) == Picture(2, 2, 100));
  CHECK(overlay(Picture(2, 2, 200), Picture(2, 2, 100), 1.0F) == Picture(2, 2, 200));
  CHECK_THROWS_AS((void)overlay(Picture(2, 2), Picture(2, 3)), ShapeError);
}
