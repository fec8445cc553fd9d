// SPDX-License-Identifier: MIT
// limn::ugatit: trainings on the CPU, compiled here; those of other types than float in
// ugatit_trainings_TYPE.cpp, beside this one.
#include "limn/models/ugatit/run_cpu_here.hpp"

namespace limn::inline v0::ugatit {

extern template Plan make_plan<double, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);
extern template Plan make_plan<bfloat16, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);
extern template std::unique_ptr<Trainable> detail::open_training<double, Cpu>(std::unique_ptr<Cpu>,
                                                                              const RunOptions&,
                                                                              SheetPictures);
extern template std::unique_ptr<Trainable> detail::open_training<bfloat16, Cpu>(
    std::unique_ptr<Cpu>, const RunOptions&, SheetPictures);

template std::shared_ptr<const RunDevice> detail::open_cpu_run_device<void>(const CpuOptions&);

}  // namespace limn::inline v0::ugatit
