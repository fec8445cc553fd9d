// SPDX-License-Identifier: MIT
// limn::ugatit: trainings on the CPU in bfloat16.
#include "limn/models/ugatit/run_cpu_here.hpp"

namespace limn::inline v0::ugatit {

template Plan make_plan<bfloat16, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);
template std::unique_ptr<Trainable> detail::open_training<bfloat16, Cpu>(std::unique_ptr<Cpu>,
                                                                         const RunOptions&,
                                                                         SheetPictures);

}  // namespace limn::inline v0::ugatit
