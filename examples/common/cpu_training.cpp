// SPDX-License-Identifier: MIT
// Trainings on the CPU.
#include "common/cpu_training.hpp"

#include "limn/models/ugatit/run_cpu.hpp"

namespace example {

std::shared_ptr<const limn::ugatit::RunDevice> cpu_run_device(int threads) {
  return limn::ugatit::cpu_run_device({.threads = threads});
}

}  // namespace example
