// SPDX-License-Identifier: MIT
#include "ugatit.hpp"

namespace limn::inline v0::ugatit {

template Translation<CudaEmulation, bfloat16> Generator<CudaEmulation, bfloat16>::operator()(
    const Var<CudaEmulation, bfloat16>&, bool);
template struct Model<CudaEmulation, bfloat16>;
template class Step<CudaEmulation, bfloat16>;
template class Training<CudaEmulation, bfloat16>;
template class LoadedGenerator<CudaEmulation, bfloat16>;
template Plan make_plan<bfloat16, CudaEmulation>(const RunOptions&, std::unique_ptr<CudaEmulation>);

}  // namespace limn::inline v0::ugatit
