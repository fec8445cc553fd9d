// SPDX-License-Identifier: MIT
// limn::ugatit: U-GAT-IT in double on the CPU, compiled here.
#define LIMN_USE_UGATIT  // declares what the others compile
#include "limn/models/ugatit/training_cpu.hpp"

namespace limn::inline v0::ugatit {

template Translation<Cpu, double> Generator<Cpu, double>::operator()(const Var<Cpu, double>&, bool);
template struct Model<Cpu, double>;
template class Step<Cpu, double>;
template class Training<Cpu, double>;
template class LoadedGenerator<Cpu, double>;
template Plan make_plan<double, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);

}  // namespace limn::inline v0::ugatit
