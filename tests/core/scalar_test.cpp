// SPDX-License-Identifier: MIT
#include "limn/core/scalar.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace {

using namespace limn;

TEST_CASE("bfloat16: to nearest, ties to even") {
  static_assert(bfloat16(1.0F).bits == 0x3f80);
  // one bfloat16 step above 1 is 2^-7
  static_assert(bfloat16(1.0F + 0x1p-8F).bits == 0x3f80);             // tie: even below
  static_assert(bfloat16(1.0F + 0x1p-7F + 0x1p-8F).bits == 0x3f82);   // tie: even above
  static_assert(bfloat16(1.0F + 0x1p-8F + 0x1p-20F).bits == 0x3f81);  // above the tie
  static_assert(bfloat16(1.0F + 0x1p-8F - 0x1p-20F).bits == 0x3f80);  // below the tie
  static_assert(bfloat16(-1.0F - 0x1p-7F).bits == 0xbf81);
  CHECK(float(bfloat16(3.140625F)) == 3.140625F);
}

TEST_CASE("bfloat16: the ends of the range") {
  CHECK(bfloat16(0.0F).bits == 0x0000);
  CHECK(bfloat16(-0.0F).bits == 0x8000);
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(bfloat16(infinity).bits == 0x7f80);
  CHECK(bfloat16(-infinity).bits == 0xff80);
  CHECK(bfloat16(std::numeric_limits<float>::max()).bits == 0x7f80);  // rounds up to infinity
  CHECK(bfloat16(std::numeric_limits<float>::denorm_min()).bits == 0);
  CHECK(bfloat16(std::bit_cast<float>(0x00008001U)).bits == 0x0001);  // a subnormal
}

TEST_CASE("bfloat16: NaN stays NaN, whatever its payload") {
  for (const std::uint32_t payload : {0x7fc00000U, 0x7f800001U, 0xffffffffU, 0x7fbfffffU}) {
    const bfloat16 b(std::bit_cast<float>(payload));
    CHECK((b.bits & 0x7f80U) == 0x7f80U);
    CHECK((b.bits & 0x007fU) != 0);
  }
}

TEST_CASE("bfloat16: every value survives the way to float and back") {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    bfloat16 b;
    b.bits = static_cast<std::uint16_t>(bits);
    const bool nan = (bits & 0x7fffU) > 0x7f80U;
    if (!nan && bfloat16(float(b)).bits != b.bits) FAIL("changed: ", bits);
  }
}

TEST_CASE("is_finite goes by bits") {
  CHECK(is_finite(1.0F));
  CHECK(is_finite(std::numeric_limits<float>::max()));
  CHECK(!is_finite(std::bit_cast<float>(0x7f800000U)));
  CHECK(!is_finite(std::bit_cast<float>(0x7fc00000U)));
  CHECK(is_finite(std::numeric_limits<double>::max()));
  CHECK(!is_finite(std::bit_cast<double>(std::uint64_t{0xfff0000000000000U})));
}

}  // namespace
