// SPDX-License-Identifier: MIT
// Maths: how much rounding a device may trade for speed.
#pragma once

#include <string>
#include <string_view>

#include "limn/core/error.hpp"

namespace limn::inline v0 {

/// `strict`: every sum is made of the products that its definition names. `fast`: also algorithms
/// that are exact in real numbers but round more, as Winograd's convolution (about five times the
/// rounding of the direct one, 250 times less than TF32). Both are deterministic. double is
/// always computed strictly.
enum class Maths { fast, strict };

/// "fast" or "strict".
[[nodiscard]] constexpr const char* to_string(Maths m) {
  return m == Maths::fast ? "fast" : "strict";
}

/// Throws UsageError for another name.
[[nodiscard]] inline Maths parse_maths(std::string_view name) {
  for (const Maths m : {Maths::fast, Maths::strict})
    if (name == to_string(m)) return m;
  throw UsageError("maths '" + std::string(name) + "' is none of fast, strict");
}

}  // namespace limn::inline v0
