// SPDX-License-Identifier: MIT
// limn::ugatit: trainings on the CPU in double.
#include "limn/models/ugatit/run_cpu_here.hpp"

namespace limn::inline v0::ugatit {

template Plan make_plan<double, Cpu>(const RunOptions&, std::unique_ptr<Cpu>);
template std::unique_ptr<Trainable> detail::open_training<double, Cpu>(std::unique_ptr<Cpu>,
                                                                       const RunOptions&,
                                                                       SheetPictures);

}  // namespace limn::inline v0::ugatit
