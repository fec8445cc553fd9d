// SPDX-License-Identifier: MIT
// What run_cpu.hpp declares: the networks are compiled where this is included.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <string>

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/run_cpu.hpp"
#include "limn/models/ugatit/run_device_on.hpp"

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

template <class Unused>
std::shared_ptr<const RunDevice> detail::open_cpu_run_device(const CpuOptions& cpu) {
  return std::make_shared<RunDeviceOn<Cpu, float, bfloat16, double>>(
      [cpu](const RunOptions& options, bool dry) {
        CpuOptions with = cpu;
        with.dry = dry;
        with.maths = options.maths;
        return std::make_unique<Cpu>(with);
      },
      [] {
        return Capacity{static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                            static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)),
                        "the machine", available_memory()};
      });
}

}  // namespace limn::inline v0::ugatit
