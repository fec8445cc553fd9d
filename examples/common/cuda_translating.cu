// SPDX-License-Identifier: MIT
// Generators on the GPU.
#include <utility>

#include "common/cuda_translating.hpp"
#include "limn/cuda.hpp"
#include "limn/models/ugatit/generators_on.hpp"

namespace example {

limn::ugatit::OpenGenerator cuda_generators(limn::ugatit::Precision precision, limn::Maths maths) {
  limn::CudaOptions cuda;
  cuda.maths = maths;
  auto device = std::make_shared<limn::Cuda>(cuda);
  limn::gpu::open_libraries(*device);
  return limn::ugatit::generators_on<float, limn::bfloat16>(std::move(device), precision);
}

}  // namespace example
