// SPDX-License-Identifier: MIT
// How maps wait between forward and backward.
#pragma once

#include <string>
#include <string_view>

#include "limn/core/error.hpp"

namespace limn::inline v0 {

/// computed: maps wait as they were computed. bf16: float maps wait rounded to bfloat16, which is
/// half the memory; results do not change, gradients get the rounding (2^-9 of each kept value).
enum class StashFormat { computed, bf16 };

/// "computed" or "bf16".
[[nodiscard]] constexpr const char* to_string(StashFormat f) {
  return f == StashFormat::computed ? "computed" : "bf16";
}

/// Throws UsageError for another name.
[[nodiscard]] inline StashFormat parse_stash_format(std::string_view name) {
  for (const StashFormat f : {StashFormat::computed, StashFormat::bf16})
    if (name == to_string(f)) return f;
  throw UsageError("stash '" + std::string(name) + "' is none of computed, bf16");
}

}  // namespace limn::inline v0
