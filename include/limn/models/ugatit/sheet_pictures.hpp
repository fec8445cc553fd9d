// SPDX-License-Identifier: MIT
// The fixed test pictures that the sample sheets of a training show.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "limn/data/fit.hpp"
#include "limn/data/sheet_pictures.hpp"
#include "limn/io/read_picture.hpp"

namespace limn::inline v0::ugatit {

/// A picture of a sheet, fitted to the network's size.
struct SheetPicture {
  std::string name;  ///< path inside of its folder
  Picture picture;   ///< size x size
};
/// The fixed pictures of both domains.
struct SheetPictures {
  /// Of domain A and of domain B.
  std::vector<SheetPicture> a, b;
};

/// Of testA and testB, or of the training folders, see limn/data/sheet_pictures.hpp. Throws IoError
/// where a training folder has none either.
[[nodiscard]] inline SheetPictures load_sheet_pictures(const std::filesystem::path& data,
                                                       Index size, Fit fit,
                                                       const Messages& message) {
  const auto load = [&](const char* domain) {
    return sheet_pictures(data, domain, message, [=](const std::string& name, const auto& path) {
      return SheetPicture{name, fit_picture(read_picture(path), size, fit)};
    });
  };
  return {load("A"), load("B")};
}

}  // namespace limn::inline v0::ugatit
