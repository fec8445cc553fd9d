// SPDX-License-Identifier: MIT
// U-GAT-IT on the emulated GPU, compiled once for all tests of it: limn_test_emulated.
#pragma once

#include <memory>

#include "limn/cuda_emulation.hpp"
#include "limn/models/ugatit/make_plan.hpp"
#include "limn/models/ugatit/training.hpp"
#include "limn/models/ugatit/translator.hpp"

namespace limn::inline v0::ugatit {

extern template Translation<CudaEmulation, float> Generator<CudaEmulation, float>::operator()(
    const Var<CudaEmulation, float>&, bool);
extern template struct Model<CudaEmulation, float>;
extern template class Step<CudaEmulation, float>;
extern template class Training<CudaEmulation, float>;
extern template class LoadedGenerator<CudaEmulation, float>;
extern template Plan make_plan<float, CudaEmulation>(const RunOptions&,
                                                     std::unique_ptr<CudaEmulation>);

extern template Translation<CudaEmulation, bfloat16> Generator<CudaEmulation, bfloat16>::operator()(
    const Var<CudaEmulation, bfloat16>&, bool);
extern template struct Model<CudaEmulation, bfloat16>;
extern template class Step<CudaEmulation, bfloat16>;
extern template class Training<CudaEmulation, bfloat16>;
extern template class LoadedGenerator<CudaEmulation, bfloat16>;
extern template Plan make_plan<bfloat16, CudaEmulation>(const RunOptions&,
                                                        std::unique_ptr<CudaEmulation>);

extern template Translation<CudaEmulation, double> Generator<CudaEmulation, double>::operator()(
    const Var<CudaEmulation, double>&, bool);
extern template struct Model<CudaEmulation, double>;
extern template class Step<CudaEmulation, double>;
extern template class Training<CudaEmulation, double>;
extern template class LoadedGenerator<CudaEmulation, double>;
extern template Plan make_plan<double, CudaEmulation>(const RunOptions&,
                                                      std::unique_ptr<CudaEmulation>);

}  // namespace limn::inline v0::ugatit
