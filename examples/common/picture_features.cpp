// SPDX-License-Identifier: MIT
// The feature network that ships with limn.
#include "common/picture_features.hpp"

#include <memory>

#include "limn/metrics/feature_extractor.hpp"

namespace example {

limn::PictureFeatures shipped_features() {
  return [extractor = std::make_shared<limn::FeatureExtractor>()](const limn::Picture& picture) {
    return (*extractor)(picture);
  };
}

}  // namespace example
