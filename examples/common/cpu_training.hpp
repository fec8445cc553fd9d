// SPDX-License-Identifier: MIT
// Trainings on the CPU, in a source of their own: the program compiles without them.
#pragma once

#include <memory>

#include "limn/models/ugatit/run_device.hpp"

namespace example {

/// With so many threads; 0: as many as there are processors.
[[nodiscard]] std::shared_ptr<const limn::ugatit::RunDevice> cpu_run_device(int threads);

}  // namespace example
