// SPDX-License-Identifier: MIT
// The trainings on the CPU that limn::ugatit has compiled.
#pragma once

#include <memory>

#include "limn/core/config.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/run_device_on.hpp"

namespace limn::inline v0::ugatit {

LIMN_UGATIT_TEMPLATE std::unique_ptr<Trainable> any_training<Cpu, float>(std::unique_ptr<Cpu>,
                                                                         const RunOptions&,
                                                                         SheetPictures);
LIMN_UGATIT_TEMPLATE Plan make_plan<float, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);
LIMN_UGATIT_TEMPLATE std::unique_ptr<Trainable> any_training<Cpu, bfloat16>(std::unique_ptr<Cpu>,
                                                                            const RunOptions&,
                                                                            SheetPictures);
LIMN_UGATIT_TEMPLATE Plan make_plan<bfloat16, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);
LIMN_UGATIT_TEMPLATE std::unique_ptr<Trainable> any_training<Cpu, double>(std::unique_ptr<Cpu>,
                                                                          const RunOptions&,
                                                                          SheetPictures);
LIMN_UGATIT_TEMPLATE Plan make_plan<double, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);

}  // namespace limn::inline v0::ugatit
