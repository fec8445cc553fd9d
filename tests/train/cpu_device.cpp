// SPDX-License-Identifier: MIT
#include "cpu_device.hpp"

#include "limn/models/ugatit/run_cpu.hpp"

std::shared_ptr<const limn::ugatit::RunDevice> cpu_device(const limn::CpuOptions& cpu) {
  return limn::ugatit::cpu_run_device(cpu);
}
