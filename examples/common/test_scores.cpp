// SPDX-License-Identifier: MIT
// Scores of test pictures while a model trains.
#include "common/test_scores.hpp"

#include <memory>

#include "limn/metrics/feature_extractor.hpp"
#include "limn/train/test_scores.hpp"

namespace example {

limn::OpenScorer test_scores() {
  return limn::test_scores([]() -> limn::PictureFeatures {
    return [extractor = std::make_shared<limn::FeatureExtractor>()](const limn::Picture& picture) {
      return (*extractor)(picture);
    };
  });
}

}  // namespace example
