// SPDX-License-Identifier: MIT
// The table on the CPU: every instruction set, with one thread and with two.
#pragma once

#include <array>

#include "../cpu/tested_levels.hpp"
#include "limn/cpu/device.hpp"
#include "run.hpp"

namespace limn_test {

/// Every instruction set has kernels of its own and therefore a group.
inline constexpr std::array tested_isas{Isa::portable, Isa::avx2, Isa::avx512, Isa::avx512_bf16,
                                        Isa::amx_bf16};

template <>
struct Modes<Cpu> {
  static std::vector<ModeGroup<Cpu>> groups() {
    std::vector<ModeGroup<Cpu>> groups;
    for (const Isa isa : tested_isas) {
      if (isa > supported_isa() || isa < tested_from) continue;
      ModeGroup<Cpu> group{to_string(isa), {}};
      for (const int threads : {1, 2})
        group.modes.push_back({std::to_string(threads) + " thread(s)", [=](bool dry) {
                                 CpuOptions options;
                                 options.threads = threads;
                                 options.dry = dry;
                                 options.isa = isa;
                                 return std::make_unique<Cpu>(options);
                               }});
      groups.push_back(std::move(group));
    }
    return groups;
  }
  static std::vector<std::string> missing() {
    std::vector<std::string> names;
    for (const Isa isa : tested_isas)
      if (isa > supported_isa())
        names.push_back(std::string(to_string(isa)) + " (this processor lacks it)");
    return names;
  }
};

}  // namespace limn_test
