// SPDX-License-Identifier: MIT
// A generator in use, behind which the device's type hides: who holds one compiles no network.
#pragma once

#include <algorithm>
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
  std::vector<float> change;   ///< (size,size,3): r, with ModelOptions::residual, see `retouched`
  /// Sides of the picture and of the heatmap.
  Index size = 0, heatmap_size = 0;
};

/// min(max(x + (1 - x^2) r, -1), 1): `retouched` of generator.hpp for one value, as of a picture of
/// other extents than the network's.
[[nodiscard]] constexpr float retouched(float x, float r) {
  return std::clamp(x + (1 - x * x) * r, -1.0F, 1.0F);
}

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
