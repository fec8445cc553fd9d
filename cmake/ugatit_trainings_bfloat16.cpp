// SPDX-License-Identifier: MIT
// limn::ugatit: U-GAT-IT in bfloat16 on the CPU, compiled here.
#define LIMN_USE_UGATIT  // declares what the others compile
#include "limn/models/ugatit/training_cpu.hpp"

namespace limn::inline v0::ugatit {

template Translation<Cpu, bfloat16> Generator<Cpu, bfloat16>::operator()(const Var<Cpu, bfloat16>&,
                                                                         bool);
template struct Model<Cpu, bfloat16>;
template class Step<Cpu, bfloat16>;
template class Training<Cpu, bfloat16>;
template class LoadedGenerator<Cpu, bfloat16>;
template Plan make_plan<bfloat16, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);

}  // namespace limn::inline v0::ugatit
