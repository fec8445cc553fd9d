// SPDX-License-Identifier: MIT
// Which instruction sets the tests of kernels run on: all that this processor has, or, where
// LIMN_TESTED_FROM names one, those from there on.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "limn/cpu/isa.hpp"

namespace limn_test {

#if defined(LIMN_TESTED_FROM)
inline constexpr limn::Isa tested_from = limn::Isa::LIMN_TESTED_FROM;
#else
inline constexpr limn::Isa tested_from = limn::Isa::portable;
#endif

/// Says which of them this processor lacks.
[[nodiscard]] inline std::vector<limn::Isa> tested_levels() {
  std::vector<limn::Isa> levels;
  for (const limn::Isa isa : limn::all_isas) {
    if (isa < tested_from) continue;
    if (isa <= limn::supported_isa())
      levels.push_back(isa);
    else
      MESSAGE("skipped, not in this processor: ", std::string(to_string(isa)));
  }
  return levels;
}

}  // namespace limn_test
