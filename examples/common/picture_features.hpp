// SPDX-License-Identifier: MIT
// The feature network that ships with limn, in a source of its own: programs compile without it.
#pragma once

#include "limn/metrics/evaluation.hpp"

namespace example {

/// One caller at a time.
[[nodiscard]] limn::PictureFeatures shipped_features();

}  // namespace example
