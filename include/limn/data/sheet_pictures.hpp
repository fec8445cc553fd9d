// SPDX-License-Identifier: MIT
// The fixed pictures that sheets show: some of a folder, spread evenly over it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/data/image_folder.hpp"

namespace limn::inline v0 {

/// Gets sentences for people.
using Messages = std::function<void(const std::string&)>;

/// The most pictures of a domain that a sheet shows.
inline constexpr Index sheet_columns = 6;

/// What `read(name, path)` makes of up to `count` pictures spread evenly over a folder. One that
/// throws IoError is left out: `say` gets its sentence and `consequence`.
template <class Read>
[[nodiscard]] auto spread_pictures(const ImageFolder& folder, Index count, const char* consequence,
                                   const Messages& say, Read&& read) {
  std::vector<std::invoke_result_t<Read&, const std::string&, std::filesystem::path>> pictures;
  const Index n = folder.size(), columns = std::min(n, count);
  for (Index i = 0; i < columns; ++i) {
    const Index at = i * n / columns;
    try {
      pictures.push_back(read(folder.names()[static_cast<std::size_t>(at)], folder.path(at)));
    } catch (const IoError& bad) {
      if (say) say(bad.what() + std::string(consequence));
    }
  }
  return pictures;
}

/// Pictures of data/testDOMAIN, or of data/trainDOMAIN where there are no tests, which `say` is
/// told. Throws IoError where the training folder has none either.
template <class Read>
[[nodiscard]] auto sheet_pictures(const std::filesystem::path& data, const std::string& domain,
                                  const Messages& say, Read&& read) {
  const auto some = [&](const char* kind) {
    return spread_pictures(ImageFolder(data / (kind + domain)), sheet_columns,
                           "; left out of the sheets", say, read);
  };
  try {
    if (auto pictures = some("test"); !pictures.empty()) return pictures;
  } catch (const IoError&) {  // missing or empty
  }
  if (say) say("no pictures in test" + domain + ": the sheets show some of train" + domain);
  return some("train");
}

}  // namespace limn::inline v0
