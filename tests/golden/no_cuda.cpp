// SPDX-License-Identifier: MIT
#include "lane.hpp"
#include "limn/core/error.hpp"

bool golden::replay_on_cuda(const std::string& /*path*/, const Lane& /*lane*/) {
  throw limn::DeviceError(
      "--device cuda: limn-golden was built without it; configure with "
      "LIMN_CUDA=ON and LIMN_GOLDEN_CUDA=ON");
}
