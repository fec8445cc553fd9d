// SPDX-License-Identifier: MIT
// IEEE 754 half precision, as a storage format of files that others wrote.
#pragma once

#include <bit>
#include <cstdint>

namespace limn::inline v0 {

/// The value of a half with these bits: exact.
[[nodiscard]] constexpr float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t exponent = bits >> 10 & 31U, fraction = bits & 1023U;
  if (exponent == 0) {
    const float value = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  const std::uint32_t widened = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | widened << 23 | fraction << 13);
}

}  // namespace limn::inline v0
