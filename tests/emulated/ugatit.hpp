// SPDX-License-Identifier: MIT
// U-GAT-IT on the emulated GPU, compiled once for all tests of it: limn_test_emulated.
#pragma once

#include <memory>

#include "limn/cuda_emulation.hpp"
#include "limn/models/ugatit/make_plan.hpp"
#include "limn/models/ugatit/training.hpp"
#include "limn/models/ugatit/translator.hpp"

#define LIMN_EMULATED_UGATIT(keyword, type)           \
  keyword struct Model<CudaEmulation, type>;          \
  keyword class Step<CudaEmulation, type>;            \
  keyword class Training<CudaEmulation, type>;        \
  keyword class LoadedGenerator<CudaEmulation, type>; \
  keyword Plan make_plan<type, CudaEmulation>(const RunOptions&, std::unique_ptr<CudaEmulation>);

namespace limn::inline v0::ugatit {

LIMN_EMULATED_UGATIT(extern template, float)
LIMN_EMULATED_UGATIT(extern template, bfloat16)
LIMN_EMULATED_UGATIT(extern template, double)

}  // namespace limn::inline v0::ugatit
