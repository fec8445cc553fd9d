// SPDX-License-Identifier: MIT
// limn::ugatit: trainings on the CPU, compiled here.
#include "limn/models/ugatit/run_cpu_here.hpp"

template std::shared_ptr<const limn::ugatit::RunDevice>
limn::ugatit::detail::open_cpu_run_device<void>(const limn::CpuOptions&);
