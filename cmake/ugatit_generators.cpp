// SPDX-License-Identifier: MIT
// limn::ugatit: generators on the CPU, compiled here.
#include "limn/models/ugatit/cpu_generators_here.hpp"

template limn::ugatit::OpenGenerator limn::ugatit::detail::open_cpu_generators<void>(
    const limn::CpuOptions&, limn::ugatit::Precision);
