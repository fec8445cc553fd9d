// SPDX-License-Identifier: MIT
// How a reference run is replayed, and one function per device: each device's is compiled by
// itself, and that of a device that this build does not have says so.
#pragma once

#include <string>

#include "limn/core/maths.hpp"

namespace golden {

struct Lane {
  std::string precision = "fp64";  ///< or fp32, bf16
  limn::Maths maths = limn::Maths::fast;
  int threads = 0;         ///< of the host; 0: all
  std::string torch_bf16;  ///< the table of PyTorch's distances in bfloat16
};

/// Prints one file's table; true if every group keeps its rule. Throws IoError, DeviceError.
bool replay_on_cpu(const std::string& path, const Lane& lane);
bool replay_emulated(const std::string& path, const Lane& lane);
bool replay_on_cuda(const std::string& path, const Lane& lane);

}  // namespace golden
