// SPDX-License-Identifier: MIT
#include "limn/core/shape.hpp"

#include <doctest/doctest.h>

#include <string>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/error.hpp"

namespace {

using namespace limn;

TEST_CASE("Shape: sizes and the shapes that belong to it") {
  constexpr Shape s{2, 3, 5, 7};
  static_assert(s.size() == 210 && s.area() == 15 && s.sample() == 105);
  static_assert(s.per_channel() == Shape{2, 1, 1, 7});
  static_assert(vector_shape(4) == Shape{1, 1, 1, 4});
  static_assert(matrix_shape(3, 4) == Shape{3, 1, 1, 4} && scalar_shape().size() == 1);
  CHECK(to_string(s) == "(2,3,5,7)");
  CHECK(Shape{2, 3, 5, 6} != s);
}

TEST_CASE("ConvGeometry: extents at compile time") {
  static_assert(reflect_conv(7, 1, 3).output({1, 64, 64, 3}, {32, 7, 7, 3}) ==
                Shape{1, 64, 64, 32});
  static_assert(reflect_conv(3, 2, 1).output({2, 9, 8, 4}, {5, 3, 3, 4}) == Shape{2, 5, 4, 5});
  static_assert(reflect_conv(3, 1, 1, 2).output({1, 5, 6, 4}, {8, 3, 3, 4}) == Shape{1, 10, 12, 8});
  static_assert(reflect_conv(3, 1, 1).multiply_adds({1, 4, 4, 2}, {3, 3, 3, 2}) == 16 * 3 * 9 * 2);
}

TEST_CASE("ConvGeometry: where padded positions come from") {
  const ConvGeometry reflect = reflect_conv(3, 1, 2);
  CHECK(reflect.source(0, 2, 5) == 2);
  CHECK(reflect.source(1, 2, 5) == 1);
  CHECK(reflect.source(2, 2, 5) == 0);
  CHECK(reflect.source(8, 2, 5) == 2);
  ConvGeometry other{.kernel = 3, .padding = Padding::zero, .sides = Sides::all(1)};
  CHECK(other.source(0, 1, 5) == -1);
  CHECK(other.source(6, 1, 5) == -1);
  other.padding = Padding::edge;
  CHECK(other.source(0, 1, 5) == 0);
  CHECK(other.source(6, 1, 5) == 4);
  const ConvGeometry doubled = reflect_conv(3, 1, 1, 2);  // of the upsampled picture
  CHECK(doubled.source(0, 1, 3) == 0);
  CHECK(doubled.source(1, 1, 3) == 0);
  CHECK(doubled.source(6, 1, 3) == 2);
  CHECK(doubled.source(7, 1, 3) == 2);
}

std::string message(const ConvGeometry& g, const Shape& x, const Shape& w) {
  try {
    (void)g.output(x, w, "generator.encode.conv1");
  } catch (const ShapeError& e) {
    return e.what();
  }
  return {};
}

TEST_CASE("ConvGeometry: errors name layer, rule and both shapes") {
  struct Wrong {
    ConvGeometry geometry;
    Shape x, w;
    std::string rule, x_text, w_text;
  };
  ConvGeometry thrice = reflect_conv(3, 1, 1);
  thrice.upsample = 3;
  const ConvGeometry unnamed{.kernel = 3, .sides = Sides::all(1)};
  const Wrong all[]{
      {reflect_conv(3, 1, 1),
       {1, 8, 8, 5},
       {4, 3, 3, 6},
       "input channels",
       "(1,8,8,5)",
       "(4,3,3,6)"},
      {reflect_conv(5, 1, 1),
       {1, 8, 8, 6},
       {4, 3, 3, 6},
       "(O,kernel,kernel,I)",
       "(1,8,8,6)",
       "(4,3,3,6)"},
      {reflect_conv(7, 1, 3),
       {1, 3, 9, 6},
       {4, 7, 7, 6},
       "reflection padding",
       "(1,3,9,6)",
       "(4,7,7,6)"},
      {reflect_conv(4, 2, 0),
       {1, 3, 9, 6},
       {4, 4, 4, 6},
       "smaller than the kernel",
       "(1,3,9,6)",
       "(4,4,4,6)"},
      {thrice, {1, 8, 8, 6}, {4, 3, 3, 6}, "upsample 1 or 2", "(1,8,8,6)", "(4,3,3,6)"},
      {unnamed, {1, 8, 8, 6}, {4, 3, 3, 6}, "without a padding", "(1,8,8,6)", "(4,3,3,6)"},
  };
  for (const Wrong& wrong : all) {
    const std::string text = message(wrong.geometry, wrong.x, wrong.w);
    CAPTURE(text);
    CHECK(text.find("[generator.encode.conv1]") == 0);
    CHECK(text.find(wrong.rule) != std::string::npos);
    CHECK(text.find(wrong.x_text) != std::string::npos);
    CHECK(text.find(wrong.w_text) != std::string::npos);
  }
}

}  // namespace
