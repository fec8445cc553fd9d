// SPDX-License-Identifier: MIT
// The CPU as the place of a training.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/run_device_on.hpp"

namespace limn::inline v0::ugatit {

/// The CPU; the options' maths is the device's.
[[nodiscard]] inline std::shared_ptr<const RunDevice> cpu_run_device(CpuOptions cpu = {}) {
  return std::make_shared<RunDeviceOn<Cpu>>(
      [cpu](const RunOptions& options, bool dry) {
        CpuOptions with = cpu;
        with.dry = dry;
        with.maths = options.maths;
        return std::make_unique<Cpu>(with);
      },
      [] {
        return Capacity{static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                            static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)),
                        "the machine"};
      });
}

/// Plans a training on the CPU with so many threads (0: all). Throws UsageError for options that do
/// not work.
[[nodiscard]] inline Plan make_plan(const RunOptions& options, int threads = 0) {
  return cpu_run_device({.threads = threads})->plan(options);
}

/// A training on the CPU. Throws UsageError, DeviceError.
[[nodiscard]] inline std::unique_ptr<Trainable> make_training(const RunOptions& options,
                                                              CpuOptions cpu = {},
                                                              SheetPictures pictures = {}) {
  return cpu_run_device(cpu)->training(options, std::move(pictures));
}

}  // namespace limn::inline v0::ugatit
