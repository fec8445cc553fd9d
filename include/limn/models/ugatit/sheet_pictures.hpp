// SPDX-License-Identifier: MIT
// The fixed test pictures that the sample sheets of a training show.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "limn/data/fit.hpp"
#include "limn/data/image_folder.hpp"
#include "limn/io/read_picture.hpp"

namespace limn::inline v0::ugatit {

/// A picture of a sheet, fitted to the network's size.
struct SheetPicture {
  std::string name;
  Picture picture;
};
/// The fixed pictures of both domains.
struct SheetPictures {
  std::vector<SheetPicture> a, b;
};

inline constexpr Index sheet_columns = 6;

namespace detail {

/// Pictures spread evenly over a folder; what cannot be read is told and left out.
[[nodiscard]] inline std::vector<SheetPicture> spread_pictures(
    const ImageFolder& folder, Index size, Fit fit,
    const std::function<void(const std::string&)>& message) {
  std::vector<SheetPicture> pictures;
  const Index n = folder.size(), columns = std::min(n, sheet_columns);
  for (Index i = 0; i < columns; ++i) {
    const Index at = i * n / columns;
    try {
      pictures.push_back({folder.names()[static_cast<std::size_t>(at)],
                          fit_picture(read_picture(folder.path(at)), size, fit)});
    } catch (const IoError& bad) {
      if (message) message(std::string(bad.what()) + "; left out of the sheets");
    }
  }
  return pictures;
}

}  // namespace detail

/// Pictures of testA and testB, or of the training folders where there are no tests, which
/// `message` is told. Throws IoError where the training folder has none either.
[[nodiscard]] inline SheetPictures load_sheet_pictures(
    const std::filesystem::path& data, Index size, Fit fit,
    const std::function<void(const std::string&)>& message) {
  const auto load = [&](const std::string& domain) {
    try {
      auto pictures =
          detail::spread_pictures(ImageFolder(data / ("test" + domain)), size, fit, message);
      if (!pictures.empty()) return pictures;
    } catch (const IoError&) {  // missing or empty
    }
    if (message)
      message("no pictures in test" + domain + ": the sheets show some of train" + domain);
    return detail::spread_pictures(ImageFolder(data / ("train" + domain)), size, fit, message);
  };
  return {load("A"), load("B")};
}

}  // namespace limn::inline v0::ugatit
