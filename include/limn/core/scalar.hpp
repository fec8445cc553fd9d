// SPDX-License-Identifier: MIT
// The scalar types: double (gradient checks), float, and bfloat16 as a storage type.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "limn/core/config.hpp"

namespace limn::inline v0 {

/// The upper half of a float. Arithmetic happens in float; storing rounds to nearest even, and NaN
/// stays NaN.
struct bfloat16 {
  std::uint16_t bits = 0;  ///< sign, 8 bits of exponent, 7 of fraction

  constexpr bfloat16() = default;
  /// Rounded to the nearest, ties to even.
  LIMN_HOST_DEVICE constexpr explicit bfloat16(float value) : bits(round(value)) {}
  /// Exactly.
  LIMN_HOST_DEVICE constexpr operator float() const {  // NOLINT: widening loses nothing
    return __builtin_bit_cast(float, std::uint32_t{bits} << 16);
  }

 private:
  LIMN_HOST_DEVICE static constexpr std::uint16_t round(float value) {
    const auto u = __builtin_bit_cast(std::uint32_t, value);
    // by bits: users compile with -ffast-math
    if ((u & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((u >> 16) | 0x40U);
    return static_cast<std::uint16_t>((u + 0x7fffU + ((u >> 16) & 1U)) >> 16);
  }
};

/// What activations may be stored in.
template <class T>
concept Scalar = std::same_as<T, double> || std::same_as<T, float> || std::same_as<T, bfloat16>;

/// Master weights, statistics, losses and arithmetic for activations of type T: float for bfloat16,
/// else T itself.
template <Scalar T>
using param_t = std::conditional_t<std::same_as<T, double>, double, float>;

/// The name users type: "fp64", "fp32", "bf16".
template <Scalar T>
[[nodiscard]] constexpr const char* precision_name() {
  if constexpr (std::same_as<T, double>) return "fp64";
  if constexpr (std::same_as<T, float>) return "fp32";
  return "bf16";
}

/// Finite, told by the exponent's bits, so that it also holds under -ffast-math.
LIMN_HOST_DEVICE constexpr bool is_finite(float x) {
  return (__builtin_bit_cast(std::uint32_t, x) & 0x7f800000U) != 0x7f800000U;
}
/// The same of a double.
LIMN_HOST_DEVICE constexpr bool is_finite(double x) {
  return (__builtin_bit_cast(std::uint64_t, x) & 0x7ff0000000000000U) != 0x7ff0000000000000U;
}

/// The value itself, rounded to its type here: users' flags neither fuse nor reorder across it. For
/// arithmetic of pictures, which their translation units share with ours.
template <class F>
requires std::same_as<F, float> || std::same_as<F, double>
[[nodiscard]] constexpr F rounded_here(F x) {
  if (!std::is_constant_evaluated()) asm("" : "+m"(x));
  return x;
}

}  // namespace limn::inline v0
