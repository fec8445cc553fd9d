// SPDX-License-Identifier: MIT
// Rho clipping: after each update of a generator, the rho of every LIN and AdaLIN goes back into
// [0, 1] (published code: RhoClipper).
#pragma once

#include <string_view>

#include "limn/nn/parameter_set.hpp"

namespace limn::inline v0 {

/// Clamps every parameter whose path ends in ".rho".
template <Device D, Scalar T>
void clip_rho(ParameterSet<D, T>& parameters, double low = 0, double high = 1) {
  for (const auto* p : parameters.parameters())
    if (std::string_view(p->name).ends_with(".rho")) primitive::clamp(p->value, low, high);
}

}  // namespace limn::inline v0
