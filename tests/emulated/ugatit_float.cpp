// SPDX-License-Identifier: MIT
#include "ugatit.hpp"

namespace limn::inline v0::ugatit {

template Translation<CudaEmulation, float> Generator<CudaEmulation, float>::operator()(
    const Var<CudaEmulation, float>&, bool);
template struct Model<CudaEmulation, float>;
template class Step<CudaEmulation, float>;
template class Training<CudaEmulation, float>;
template class LoadedGenerator<CudaEmulation, float>;
template Plan make_plan<float, CudaEmulation>(const RunOptions&, std::unique_ptr<CudaEmulation>);

}  // namespace limn::inline v0::ugatit
