// SPDX-License-Identifier: MIT
// Trainings on the GPU, for a program that is itself compiled without CUDA: defined in
// cuda_training.cu, or, in a build without CUDA, in no_cuda_training.cpp.
#pragma once

#include <memory>
#include <string>

#include "limn/models/ugatit/run_device.hpp"

namespace example {

/// With the name of a card or a file with its properties: plans for one that need not be there.
/// Throws DeviceError without CUDA, a driver or a card.
[[nodiscard]] std::shared_ptr<const limn::ugatit::RunDevice> cuda_run_device(
    const std::string& card);

}  // namespace example
