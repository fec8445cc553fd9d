// SPDX-License-Identifier: MIT
// What cpu_generators.hpp declares: the networks are compiled where this is included.
#pragma once

#include <memory>

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/cpu_generators.hpp"
#include "limn/models/ugatit/generators_on.hpp"

namespace limn::inline v0::ugatit {

template <class Unused>
OpenGenerator detail::open_cpu_generators(const CpuOptions& cpu, Precision precision) {
  return generators_on(std::make_shared<Cpu>(cpu), precision);
}

}  // namespace limn::inline v0::ugatit
