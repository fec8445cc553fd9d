// SPDX-License-Identifier: MIT
// Scores of test pictures while a model trains, in a source of its own: the program compiles
// without them.
#pragma once

#include "limn/train/best.hpp"

namespace example {

/// On the feature network that ships with limn.
[[nodiscard]] limn::OpenScorer test_scores();

}  // namespace example
