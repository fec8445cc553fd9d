// SPDX-License-Identifier: MIT
// Features that any extractor made, as a safetensors file: one tensor, pictures x numbers. In
// Python: safetensors.numpy.save_file({"features": f}, "real.safetensors").
#pragma once

#include <filesystem>
#include <string>

#include "limn/io/safetensors.hpp"
#include "limn/metrics/features.hpp"

namespace limn::inline v0 {

/// Throws IoError for anything but one tensor of two extents, finite numbers in F64, F32, F16 or
/// BF16, and at least 3 rows.
[[nodiscard]] inline Features read_features(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  const auto fail = [&](const std::string& what) {
    return IoError(path.string() + ": " + what +
                   "; a file of features has one tensor, as many rows as pictures and as many "
                   "columns as numbers for each");
  };
  const auto names = file.names();
  if (names.size() != 1) throw fail("has " + std::to_string(names.size()) + " tensors");
  const auto& info = file.info(names.front());
  if (info.shape.size() != 2)
    throw fail("tensor '" + names.front() + "' has shape " + to_string(info.shape));
  Features features{info.shape[0], info.shape[1], {}};
  if (features.count < 3 || features.width < 1)
    throw fail("tensor '" + names.front() + "' has shape " + to_string(info.shape) +
               ", which is too little");
  features.values = file.read<double>(names.front());
  for (std::size_t i = 0; i < features.values.size(); ++i)
    if (!is_finite(features.values[i]))
      throw fail("number " + std::to_string(static_cast<Index>(i) % features.width) +
                 " of picture " + std::to_string(static_cast<Index>(i) / features.width) +
                 " is not finite");
  return features;
}

}  // namespace limn::inline v0
