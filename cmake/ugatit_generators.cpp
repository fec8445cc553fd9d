// SPDX-License-Identifier: MIT
// limn::ugatit: generators on the CPU, compiled here.
#include "limn/models/ugatit/cpu_generators_here.hpp"

namespace limn::inline v0::ugatit {

template OpenGenerator cpu_generators<float>(const CpuOptions&);
template OpenGenerator cpu_generators<bfloat16>(const CpuOptions&);
template OpenGenerator cpu_generators<double>(const CpuOptions&);

}  // namespace limn::inline v0::ugatit
