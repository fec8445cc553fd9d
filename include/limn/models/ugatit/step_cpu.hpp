// SPDX-License-Identifier: MIT
// U-GAT-IT's networks and step on the CPU, for programs that hold them as types. With limn::ugatit
// they are compiled there, else where this is included.
#pragma once

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/model.hpp"
#include "limn/models/ugatit/step.hpp"

#if defined(LIMN_USE_UGATIT)
namespace limn::inline v0::ugatit {

extern template Translation<Cpu, float> Generator<Cpu, float>::operator()(const Var<Cpu, float>&,
                                                                          bool);
extern template struct Model<Cpu, float>;
extern template Translation<Cpu, bfloat16> Generator<Cpu, bfloat16>::operator()(
    const Var<Cpu, bfloat16>&, bool);
extern template struct Model<Cpu, bfloat16>;
extern template Translation<Cpu, double> Generator<Cpu, double>::operator()(const Var<Cpu, double>&,
                                                                            bool);
extern template struct Model<Cpu, double>;
extern template class Step<Cpu, float>;
extern template class Step<Cpu, bfloat16>;
extern template class Step<Cpu, double>;

}  // namespace limn::inline v0::ugatit
#endif
