// SPDX-License-Identifier: MIT
// Values of options as text and back, the same in checkpoints, on command lines and in messages:
// the shortest text that gives the same value again, independent of the locale; and lists of them.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"

namespace limn::inline v0 {

/// Names and values, in the order in which a page shows them.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// The shortest text that parse_number turns into the same value.
template <std::integral T>
[[nodiscard]] std::string text_of(T value) {
  return std::to_string(value);
}
template <std::floating_point T>
[[nodiscard]] std::string text_of(T value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general).ptr};
}
/// "true" or "false".
[[nodiscard]] inline std::string text_of(bool value) { return value ? "true" : "false"; }

/// A number with so many significant digits at most: for logs and progress lines.
[[nodiscard]] inline std::string text_of(double value, int digits) {
  char text[64];
  return {text,
          std::to_chars(text, text + sizeof text, value, std::chars_format::general, digits).ptr};
}

/// The whole text as a number in [low, high]. Throws UsageError that begins with `what`.
template <class T>
[[nodiscard]] T parse_number(const std::string& what, std::string_view text, T low, T high) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  bool finite = true;
  if constexpr (std::floating_point<T>) finite = is_finite(value);
  if (whole && finite && value >= low && value <= high) return value;
  throw UsageError(what + " '" + std::string(text) + "' must be a " +
                   (std::integral<T> ? "whole number" : "number") + " from " + text_of(low) +
                   " to " + text_of(high));
}

}  // namespace limn::inline v0
