// SPDX-License-Identifier: MIT
// Generators on the GPU, for a program that is itself compiled without CUDA: defined in
// cuda_translating.cu, or, in a build without CUDA, in no_cuda_translating.cpp.
#pragma once

#include "limn/models/ugatit/any_generator.hpp"

namespace example {

/// Throws DeviceError without CUDA, a driver or a card.
[[nodiscard]] limn::ugatit::OpenGenerator cuda_generators(limn::ugatit::Precision precision,
                                                          limn::Maths maths);

}  // namespace example
