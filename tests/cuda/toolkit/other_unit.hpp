// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "limn/cuda/device.hpp"

/// From another translation unit: the peak after 1024 bytes were in use.
std::size_t peak_of_other_unit(limn::Cuda& device);
