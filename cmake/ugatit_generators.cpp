// SPDX-License-Identifier: MIT
// limn::ugatit: generators on the CPU, compiled here.
#include "limn/models/ugatit/cpu_generators_here.hpp"

namespace limn::inline v0::ugatit {

template class LoadedGenerator<Cpu, float>;
template class LoadedGenerator<Cpu, bfloat16>;
template class LoadedGenerator<Cpu, double>;

template OpenGenerator detail::open_cpu_generators<void>(const CpuOptions&, Precision);

}  // namespace limn::inline v0::ugatit
