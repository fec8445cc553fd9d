// SPDX-License-Identifier: MIT
// limn::ugatit: U-GAT-IT in float on the CPU, and the CPU as the place of a training; other types
// in ugatit_trainings_TYPE.cpp, beside this one.
#define LIMN_USE_UGATIT  // declares what the others compile
#include "limn/models/ugatit/run_cpu_here.hpp"
#include "limn/models/ugatit/training_cpu.hpp"

namespace limn::inline v0::ugatit {

template Translation<Cpu, float> Generator<Cpu, float>::operator()(const Var<Cpu, float>&, bool);
template struct Model<Cpu, float>;
template class Step<Cpu, float>;
template class Training<Cpu, float>;
template class LoadedGenerator<Cpu, float>;
template Plan make_plan<float, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);

template std::shared_ptr<const RunDevice> detail::open_cpu_run_device<void>(const CpuOptions&);

}  // namespace limn::inline v0::ugatit
