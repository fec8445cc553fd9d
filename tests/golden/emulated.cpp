// SPDX-License-Identifier: MIT
#include <thread>

#include "../emulated/ugatit.hpp"
#include "judge.hpp"

bool golden::replay_emulated(const std::string& path, const Lane& lane) {
  limn::CudaEmulationOptions options;
  options.threads = lane.threads > 0
                        ? lane.threads
                        : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  options.maths = lane.maths;
  limn::CudaEmulation device(options);
  return replay(path, lane, device);
}
