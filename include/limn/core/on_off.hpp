// SPDX-License-Identifier: MIT
// OnOff: a bool that command lines and files write as on or off.
#pragma once

#include <string>
#include <string_view>

#include "limn/core/error.hpp"

namespace limn::inline v0 {

/// A bool in all else.
struct OnOff {
  bool on = false;  ///< its value

  /// From a bool.
  constexpr OnOff(bool value = false) : on(value) {}  // NOLINT: a bool will do
  /// To a bool.
  constexpr operator bool() const { return on; }  // NOLINT: reads like one
  constexpr bool operator==(const OnOff& other) const = default;
};

/// "on" or "off".
[[nodiscard]] constexpr const char* to_string(OnOff value) { return value.on ? "on" : "off"; }

/// Throws UsageError, with the option's name, for anything else.
[[nodiscard]] inline OnOff parse_on_off(const std::string& name, std::string_view text) {
  if (text != "on" && text != "off")
    throw UsageError(name + " '" + std::string(text) + "' is neither on nor off");
  return text == "on";
}

}  // namespace limn::inline v0
