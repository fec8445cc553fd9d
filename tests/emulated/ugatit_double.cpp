// SPDX-License-Identifier: MIT
#include "ugatit.hpp"

namespace limn::inline v0::ugatit {

template Translation<CudaEmulation, double> Generator<CudaEmulation, double>::operator()(
    const Var<CudaEmulation, double>&, bool);
template struct Model<CudaEmulation, double>;
template class Step<CudaEmulation, double>;
template class Training<CudaEmulation, double>;
template class LoadedGenerator<CudaEmulation, double>;
template Plan make_plan<double, CudaEmulation>(const RunOptions&, std::unique_ptr<CudaEmulation>);

}  // namespace limn::inline v0::ugatit
