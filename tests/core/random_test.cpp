// SPDX-License-Identifier: MIT
#include "limn/core/random.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>

namespace {

using namespace limn;
using Words = PhiloxWords;

TEST_CASE("Philox: known answers of philox4x32-10") {
  // kat_vectors of Random123; counter words c0 c1 (index), c2 c3 (stream), key words k0 k1 (seed)
  static_assert(Philox{0, 0}(0) == Words{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U});
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  static_assert(Philox{ones, ones}(ones) ==
                Words{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU});
  static_assert(Philox{0x299f31d0a4093822U, 0x0370734413198a2eU}(0x85a308d3243f6a88U) ==
                Words{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U});
}

TEST_CASE("Philox: seeds and streams are independent numbers") {
  CHECK(Philox{1, 0}(0) != Philox{0, 0}(0));
  CHECK(Philox{0, 1}(0) != Philox{0, 0}(0));
  CHECK(Philox{0, 0}(std::uint64_t{1} << 32) != Philox{0, 0}(0));
}

TEST_CASE("Philox: uniform numbers have the moments they should") {
  const Philox philox{5, 6};
  double mean = 0, square = 0;
  constexpr std::uint64_t count = 100000;
  for (std::uint64_t i = 0; i < count; ++i) {
    const float u = philox.uniform(i);
    REQUIRE(u >= 0.0F);
    REQUIRE(u < 1.0F);
    mean += static_cast<double>(u) / count;
    square += static_cast<double>(u) * static_cast<double>(u) / count;
  }
  CHECK(std::abs(mean - 0.5) < 0.005);
  CHECK(std::abs(square - mean * mean - 1.0 / 12) < 0.002);
}

TEST_CASE("Philox: normal numbers have the moments they should") {
  const Philox philox{5, 6};
  double m1 = 0, m2 = 0, m4 = 0, neighbours = 0, before = 0;
  constexpr std::uint64_t count = 100000;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double z = static_cast<double>(philox.normal(i));
    REQUIRE(std::isfinite(z));
    m1 += z / count;
    m2 += z * z / count;
    m4 += z * z * z * z / count;
    neighbours += z * before / count;
    before = z;
  }
  CHECK(std::abs(m1) < 0.02);
  CHECK(std::abs(m2 - 1) < 0.02);
  CHECK(std::abs(m4 - 3) < 0.2);
  CHECK(std::abs(neighbours) < 0.02);
}

TEST_CASE("Philox: integers stay below their bound and reach all of it") {
  const Philox philox{7, 8};
  std::array<int, 5> seen{};
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const std::uint32_t k = philox.below(i, 5);
    REQUIRE(k < 5);
    ++seen[k];
  }
  for (const int n : seen) CHECK(std::abs(n - 1000) < 150);
  CHECK(philox.below(3, 1) == 0);
}

}  // namespace
