// SPDX-License-Identifier: MIT
#include "judge.hpp"
#include "limn/cuda.hpp"

bool golden::replay_on_cuda(const std::string& path, const Lane& lane) {
  limn::CudaOptions options;
  options.maths = lane.maths;
  limn::Cuda device(options);
  return replay(path, lane, device);
}
