// SPDX-License-Identifier: MIT
#include "common/cuda_training.hpp"
#include "common/no_cuda.hpp"

std::shared_ptr<const limn::ugatit::RunDevice> example::cuda_run_device(
    const std::string& /*card*/) {
  refuse_cuda();
}
