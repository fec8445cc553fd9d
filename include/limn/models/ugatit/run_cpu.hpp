// SPDX-License-Identifier: MIT
// The CPU as the place of a training.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/run_device_on.hpp"
#if defined(LIMN_USE_UGATIT)
#include "limn/models/ugatit/compiled_trainings.hpp"
#endif

namespace limn::inline v0::ugatit {

namespace detail {

/// Bytes that programs can have without others being pushed out ("MemAvailable" of Linux); 0 where
/// nobody says.
[[nodiscard]] inline std::uint64_t available_memory() {
  std::ifstream info("/proc/meminfo");
  for (std::string key; info >> key; info.ignore(std::numeric_limits<std::streamsize>::max(), '\n'))
    if (std::uint64_t kibibytes = 0; key == "MemAvailable:" && info >> kibibytes)
      return 1024 * kibibytes;
  return 0;
}

}  // namespace detail

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
                        "the machine", detail::available_memory()};
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
