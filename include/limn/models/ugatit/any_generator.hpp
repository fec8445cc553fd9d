// SPDX-License-Identifier: MIT
// A generator in use, behind which the device's type hides: who holds one compiles no network.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "limn/core/maths.hpp"
#include "limn/models/ugatit/model_file.hpp"
#include "limn/models/ugatit/translation_progress.hpp"

namespace limn::inline v0::ugatit {

/// What a translation gives, on the host.
struct TranslatedValues {
  std::vector<float> image;    ///< (size,size,3) in [-1, 1]
  std::vector<float> heatmap;  ///< (heatmap_size,heatmap_size), of any range
  /// Sides of the picture and of the heatmap.
  Index size = 0, heatmap_size = 0;
};

/// A generator on a device of any type: values (size,size,3) in [-1, 1] to a translation.
struct AnyGenerator {
  /// Computes one picture, waiting for it.
  std::function<TranslatedValues(const std::vector<float>&, const TranslationProgress&)> translate;
  std::string device;         ///< its name
  Maths maths = Maths::fast;  ///< that the device computes with
};
/// Loads one.
using OpenGenerator = std::function<AnyGenerator(const ModelFile&, Direction)>;

}  // namespace limn::inline v0::ugatit
