// SPDX-License-Identifier: MIT
// For tests: pictures in tests/fixtures, and what is said of those that are refused.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "limn/core/error.hpp"
#include "scratch_folder.hpp"

inline std::filesystem::path fixtures() {
  return std::filesystem::path(__FILE__).parent_path().parent_path() / "fixtures" / "images";
}

/// What f() says in an IoError: one line, with the path.
template <class F>
std::string refusal_of(const std::filesystem::path& path, F&& f) {
  const auto message = message_of<limn::IoError>(f);
  CHECK(contains(message, path.string()));
  CHECK_FALSE(contains(message, "\n"));
  return message;
}
