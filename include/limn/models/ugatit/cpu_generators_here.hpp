// SPDX-License-Identifier: MIT
// What cpu_generators.hpp declares: the networks are compiled where this is included.
#pragma once

#include <memory>

#include "limn/cpu/untaped.hpp"
#include "limn/models/ugatit/cpu_generators.hpp"
#include "limn/models/ugatit/generators_on.hpp"

namespace limn::inline v0::ugatit {

template <Scalar T>
OpenGenerator cpu_generators(const CpuOptions& options) {
  return generators_on<T>(std::make_shared<UntapedCpu>(options));
}

}  // namespace limn::inline v0::ugatit
