// SPDX-License-Identifier: MIT
// Text with commas in it, taken apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace limn::inline v0::detail {

/// What stands between the commas of a line; it may be empty, and there is one at least. Views of
/// the line.
[[nodiscard]] inline std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find(',', at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return fields;
}

}  // namespace limn::inline v0::detail
