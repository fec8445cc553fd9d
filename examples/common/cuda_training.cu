// SPDX-License-Identifier: MIT
// Trainings on the GPU.
#include "common/cuda_training.hpp"
#include "limn/cuda.hpp"
#include "limn/models/ugatit/run_device_on.hpp"

namespace example {

std::shared_ptr<const limn::ugatit::RunDevice> cuda_run_device(const std::string& card) {
  using limn::Cuda;
  const auto open = [card](const limn::ugatit::RunOptions& options, bool dry) {
    limn::CudaOptions cuda;
    cuda.dry = dry;
    cuda.card = card;
    cuda.maths = options.maths;
    auto device = std::make_unique<Cuda>(cuda);
    limn::gpu::open_libraries(*device);
    return device;
  };
  const auto capacity = [open] {
    return limn::ugatit::Capacity{open({}, true)->card().memory, "the card"};
  };
  return std::make_shared<limn::ugatit::RunDeviceOn<Cuda, float, limn::bfloat16>>(open, capacity);
}

}  // namespace example
