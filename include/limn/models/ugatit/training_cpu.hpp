// SPDX-License-Identifier: MIT
// Trainings, plans and loaded generators on the CPU, for programs that hold them as types. With
// limn::ugatit they are compiled there, else where this is included.
#pragma once

#include <memory>

#include "limn/models/ugatit/make_plan.hpp"
#include "limn/models/ugatit/step_cpu.hpp"
#include "limn/models/ugatit/training.hpp"
#include "limn/models/ugatit/translator.hpp"

#if defined(LIMN_USE_UGATIT)
namespace limn::inline v0::ugatit {

extern template class Training<Cpu, float>;
extern template class Training<Cpu, bfloat16>;
extern template class Training<Cpu, double>;
extern template class LoadedGenerator<Cpu, float>;
extern template class LoadedGenerator<Cpu, bfloat16>;
extern template class LoadedGenerator<Cpu, double>;
extern template Plan make_plan<float, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);
extern template Plan make_plan<bfloat16, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);
extern template Plan make_plan<double, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);

}  // namespace limn::inline v0::ugatit
#endif
