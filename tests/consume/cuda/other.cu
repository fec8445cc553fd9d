// SPDX-License-Identifier: MIT
#include <string>

#include "limn/cuda.hpp"

std::string other_unit(limn::Cuda& device) { return device.name(); }
