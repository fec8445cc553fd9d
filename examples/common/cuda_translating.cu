// SPDX-License-Identifier: MIT
// Generators on the GPU.
#include "common/cuda_translating.hpp"
#include "limn/cuda.hpp"

namespace example {

limn::ugatit::OpenGenerator cuda_generators(limn::ugatit::Precision precision, limn::Maths maths) {
  limn::CudaOptions cuda;
  cuda.maths = maths;
  return limn::ugatit::generators_on(std::make_shared<limn::Cuda>(cuda), precision);
}

}  // namespace example
