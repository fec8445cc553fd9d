// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "limn/data/gray16_values.hpp"

using namespace limn;

TEST_CASE("gray16: light becomes values and comes back") {
  Gray16Picture all{256, 256, std::vector<std::uint16_t>(65536)};
  std::iota(all.light.begin(), all.light.end(), std::uint16_t{0});
  const auto values = light_values(all, 256);
  CHECK(values.front() == -1);
  CHECK(values.back() == 1);
  CHECK(values[65535 / 4] == doctest::Approx(0).epsilon(1e-4));
  CHECK(light_of_values(values, 256, 256) == all);
}

TEST_CASE("gray16: each value is the mean light of its part of the picture") {
  // 4 x 2, no square
  const Gray16Picture picture{4, 2, {0, 65535, 100, 300, 65535, 0, 200, 400}};
  const auto values = light_values(picture, 2);
  REQUIRE(values.size() == 4);
  CHECK(values[0] == doctest::Approx(2 * std::sqrt(0.5) - 1));
  CHECK(values[1] == doctest::Approx(2 * std::sqrt(200 / 65535.0) - 1));
  CHECK(values[2] == doctest::Approx(2 * std::sqrt(0.5) - 1));
  CHECK(values[3] == doctest::Approx(2 * std::sqrt(300 / 65535.0) - 1));
  // a smaller picture repeats its pixels
  const auto larger = light_of_values(light_values({2, 1, {7, 60000}}, 4), 4, 4);
  for (std::size_t i = 0; i < 16; ++i) CHECK(larger.light[i] == (i % 4 < 2 ? 7 : 60000));
}

TEST_CASE("gray16: values that are no light") {
  CHECK(light_of_values({-7, 7}, 1, 2).light == std::vector<std::uint16_t>{0, 65535});
  CHECK_THROWS_AS(static_cast<void>(light_of_values({0, 0}, 1, 1)), UsageError);
  CHECK_THROWS_AS(
      static_cast<void>(light_of_values({0, std::numeric_limits<float>::quiet_NaN()}, 1, 2)),
      NumericError);
}
