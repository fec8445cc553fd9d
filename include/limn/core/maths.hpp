// SPDX-License-Identifier: MIT
// Maths: how much rounding a device may trade for speed.
#pragma once

#include <string>
#include <string_view>

#include "limn/core/error.hpp"

namespace limn::inline v0 {

/// `strict`: every sum is made of the products that its definition names. `fast`: also algorithms
/// that are exact in real numbers but round more, as Winograd's convolution (about five times the
/// rounding of the direct one, 250 times less than TF32). `split`: as fast, and what convolutions
/// of floats multiply directly, they multiply as sums of two bfloat16 (x = high + low, three
/// products, each wrong by at most 2^-15): faster than fast on matrix tiles, slower without
/// bfloat16 units; a GPU computes strictly instead. All are deterministic. double is always
/// computed strictly, and bfloat16 has nothing to split.
enum class Maths { fast, strict, split };

/// "fast", "strict" or "split".
[[nodiscard]] constexpr const char* to_string(Maths m) {
  return m == Maths::fast ? "fast" : m == Maths::strict ? "strict" : "split";
}

/// Throws UsageError for another name.
[[nodiscard]] inline Maths parse_maths(std::string_view name) {
  for (const Maths m : {Maths::fast, Maths::strict, Maths::split})
    if (name == to_string(m)) return m;
  throw UsageError("maths '" + std::string(name) + "' is none of fast, strict, split");
}

/// Throws UsageError for floats' parts where no floats are multiplied: `precision` is what the
/// network computes in.
inline void check_maths(Maths maths, std::string_view precision) {
  if (maths == Maths::split && precision != "fp32")
    throw UsageError("maths split is for precision fp32, not " + std::string(precision));
}

}  // namespace limn::inline v0
