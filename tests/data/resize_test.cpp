// SPDX-License-Identifier: MIT
#include "limn/data/resize.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "limn/data/augment.hpp"
#include "limn/data/fit.hpp"
#include "limn/io/read_picture.hpp"

using namespace limn;

namespace {

Picture fixture(const std::string& name) {
  return read_picture(std::filesystem::path(__FILE__).parent_path().parent_path() / "fixtures" /
                      "images" / name);
}

int distance(const Picture& a, const Picture& b) {
  if (a.width != b.width || a.height != b.height) return 999;
  int worst = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    worst = std::max(worst, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  return worst;
}

Picture mirrored(const Picture& p) {
  Picture out = p;
  for (Index y = 0; y < p.height; ++y)
    for (Index x = 0; x < p.width; ++x) std::copy_n(p.at(x, y), 3, out.at(p.width - 1 - x, y));
  return out;
}

}  // namespace

TEST_CASE("resize: the pixels of Pillow's BILINEAR, to one level") {
  const auto picture = fixture("resize.png");
  const std::pair<Index, Index> sizes[] = {{61, 20}, {17, 47}, {23, 23}, {90, 77},
                                           {30, 60}, {1, 1},   {200, 3}};
  for (const auto& size : sizes) {
    const Index w = size.first, h = size.second;
    CAPTURE(w);
    CAPTURE(h);
    const auto expected = fixture("resize_" + std::to_string(w) + "x" + std::to_string(h) + ".png");
    CHECK(distance(resize_picture(picture, w, h), expected) <= 1);
  }
}

TEST_CASE("resize: extreme extents") {
  CHECK(resize_picture(Picture(1, 1, 77), 5, 3) == Picture(5, 3, 77));
  CHECK(resize_picture(Picture(60000, 1, 200), 64, 64) == Picture(64, 64, 200));
  CHECK(resize_picture(Picture(1, 60000, 3), 7, 1) == Picture(7, 1, 3));
  CHECK_THROWS_AS((void)resize_picture(Picture(2, 2), 0, 3), ShapeError);
  CHECK_THROWS_AS((void)resize_picture(Picture{}, 3, 3), ShapeError);
}

TEST_CASE("resize: maps of floats") {
  const std::vector<float> two{0.0F, 1.0F};
  const auto four = resize_map(two, 1, 2, 1, 4);
  const float expected[] = {0.0F, 0.25F, 0.75F, 1.0F};
  for (std::size_t i = 0; i < 4; ++i) CHECK(four[i] == doctest::Approx(expected[i]));
  CHECK(resize_map(two, 1, 2, 1, 1)[0] == doctest::Approx(0.5));
  CHECK_THROWS_AS((void)resize_map(two, 2, 2, 4, 4), ShapeError);
}

TEST_CASE("resize: mirroring before and after is the same") {
  const auto picture = fixture("resize.png");
  CHECK(distance(mirrored(resize_picture(picture, 40, 40)),
                 resize_picture(mirrored(picture), 40, 40)) <= 1);
}

TEST_CASE("fit: squares and back") {
  for (const Fit fit : {Fit::squash, Fit::pad, Fit::crop}) CHECK(parse_fit(to_string(fit)) == fit);
  CHECK_THROWS_AS((void)parse_fit("stretch"), UsageError);

  Picture wide(40, 20, 0);  // black with a white column at either end
  for (Index y = 0; y < 20; ++y)
    for (const Index x : {0, 39}) std::fill_n(wide.at(x, y), 3, std::uint8_t{255});
  CHECK(fit_picture(wide, 20, Fit::squash).at(0, 10)[0] > 100);
  CHECK(fit_picture(wide, 20, Fit::crop) == Picture(20, 20, 0));
  const auto padded = fit_picture(wide, 20, Fit::pad);
  CHECK(padded.at(10, 4)[0] == 255);
  CHECK(padded.at(10, 5)[0] == 0);
  CHECK(padded.at(10, 14)[0] == 0);
  CHECK(padded.at(10, 15)[0] == 255);

  // a translation that turns everything gray
  const Picture gray(20, 20, 128);
  CHECK(restore_picture(gray, 40, 20, Fit::squash) == Picture(40, 20, 128));
  CHECK(restore_picture(gray, 40, 20, Fit::pad) == Picture(40, 20, 128));
  const auto cropped = restore_picture(gray, wide, Fit::crop);
  CHECK(cropped.at(9, 3)[0] == 0);
  CHECK(cropped.at(10, 3)[0] == 128);
  CHECK(cropped.at(29, 3)[0] == 128);
  CHECK(cropped.at(30, 3)[0] == 0);
  CHECK(cropped.at(39, 3)[0] == 255);
  CHECK(restore_picture(gray, 40, 20, Fit::crop).at(5, 5)[0] == 255);
  CHECK_THROWS_AS((void)restore_picture(wide, 40, 20, Fit::pad), ShapeError);

  // a map that adds: what surrounds the square stays, and so does all detail
  const auto add = [](float x, float r) { return x + r; };
  const auto map_of = [](float r) { return std::vector<float>(20 * 20 * 3, r); };
  const float fifty = 50 / 127.5F;
  for (const Fit fit : {Fit::squash, Fit::pad}) {
    CHECK(change_picture(map_of(0), 20, wide, fit, add) == wide);
    const auto lighter = change_picture(map_of(fifty), 20, wide, fit, add);
    CHECK(lighter.at(1, 3)[0] == 50);
    CHECK(lighter.at(0, 3)[0] == 255);
    CHECK(change_picture(map_of(-3), 20, wide, fit, add) == Picture(40, 20, 0));
    CHECK(change_picture(map_of(-fifty), 20, wide, fit, add).at(0, 3)[0] == 205);
  }
  const auto middle = change_picture(map_of(fifty), 20, wide, Fit::crop, add);
  CHECK(middle.at(9, 3)[0] == 0);
  CHECK(middle.at(10, 3)[0] == 50);
  CHECK(middle.at(29, 19)[2] == 50);
  CHECK(middle.at(30, 3)[0] == 0);
  // of the map that pad shows only what is the picture's is taken
  auto framed = map_of(0);
  std::fill_n(framed.begin(), 3 * 20 * 5, 1.0F);
  CHECK(change_picture(framed, 20, wide, Fit::pad, add) == wide);
  // resized as pictures are: a map in place of the picture
  Picture noise(20, 20);
  for (std::size_t i = 0; i < noise.pixels.size(); ++i)
    noise.pixels[i] = static_cast<std::uint8_t>(37 * i % 251);
  const auto large = change_picture(to_floats(noise), 20, Picture(50, 70), Fit::squash,
                                    [](float, float r) { return r; });
  const auto resized = resize_picture(noise, 50, 70);
  int worst = 0;
  for (std::size_t i = 0; i < large.pixels.size(); ++i)
    worst = std::max(worst, std::abs(large.pixels[i] - resized.pixels[i]));
  CHECK(worst <= 1);
  CHECK_THROWS_AS((void)change_picture(map_of(0), 19, wide, Fit::pad, add), ShapeError);
  CHECK_THROWS_AS((void)change_picture(map_of(0), 20, Picture(0, 0), Fit::pad, add), ShapeError);

  // borders do not bleed in: what pad adds is cut off before resizing
  for (const auto& [w, h] : {std::pair<Index, Index>{60000, 1}, {3, 700}, {31, 64}, {65, 64}}) {
    const auto there = fit_picture(Picture(w, h, 9), 64, Fit::pad);
    CHECK(restore_picture(there, w, h, Fit::pad) == Picture(w, h, 9));
    CHECK(fit_picture(Picture(w, h, 9), 64, Fit::crop) == Picture(64, 64, 9));
  }
}

TEST_CASE("augment: decisions are fair, differ by domain, and depend on nothing else") {
  int flips = 0, same = 0;
  double left = 0, top = 0;
  Index most = 0, least = 99;
  const int n = 20000;
  for (int k = 0; k < n; ++k) {
    const auto a = draw_augmentation(7, 0, static_cast<std::uint64_t>(k));
    CHECK(a == draw_augmentation(7, 0, static_cast<std::uint64_t>(k)));
    same += a == draw_augmentation(7, 1, static_cast<std::uint64_t>(k));
    flips += a.flip;
    left += static_cast<double>(a.left) / n;
    top += static_cast<double>(a.top) / n;
    most = std::max({most, a.left, a.top});
    least = std::min({least, a.left, a.top});
  }
  CHECK(std::abs(flips - n / 2) < 300);
  CHECK(left == doctest::Approx(15).epsilon(0.02));
  CHECK(top == doctest::Approx(15).epsilon(0.02));
  CHECK(least == 0);
  CHECK(most == 30);
  CHECK(same < n / 500);
}

TEST_CASE("augment: the crop of the mirrored picture") {
  const auto picture = resize_picture(fixture("resize.png"), 38, 38);
  std::vector<float> out(8 * 8 * 3);
  for (const Augmentation how : {Augmentation{false, 0, 0}, Augmentation{false, 30, 7},
                                 Augmentation{true, 0, 30}, Augmentation{true, 30, 2}}) {
    augment_into(picture, 8, how, out);
    const auto seen = how.flip ? mirrored(picture) : picture;
    CHECK(to_picture(out, 8, 8) == detail::cut(seen, {how.left, how.top, 8, 8}));
  }
  CHECK_THROWS_AS(augment_into(picture, 8, {false, 31, 0}, out), ShapeError);
  CHECK_THROWS_AS(augment_into(picture, 9, {}, out), ShapeError);
}

TEST_CASE("augment: bytes to floats and back") {
  for (int v = 0; v < 256; ++v) CHECK(from_unit(to_unit(static_cast<std::uint8_t>(v))) == v);
  CHECK(to_unit(0) == -1.0F);
  CHECK(to_unit(255) == 1.0F);
  CHECK(from_unit(-3.0F) == 0);
  CHECK(from_unit(3e38F) == 255);
  CHECK(from_unit(-std::numeric_limits<float>::infinity()) == 0);
  CHECK(from_unit(std::numeric_limits<float>::infinity()) == 255);
  CHECK(from_unit(std::numeric_limits<float>::quiet_NaN()) == 0);
  CHECK(from_unit(0.0F) == 128);
  const auto picture = fixture("rgb.png");
  CHECK(to_picture(to_floats(picture), picture.height, picture.width) == picture);
  CHECK_THROWS_AS((void)to_picture(std::vector<float>(5), 1, 2), ShapeError);
}
