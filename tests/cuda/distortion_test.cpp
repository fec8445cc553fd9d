// SPDX-License-Identifier: MIT
#include "limn/cuda/distortion.hpp"

#include "../primitives/ops_distortion.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("distort on the emulated GPU: the table") { check_operation<CudaEmulation, DistortOp>(); }
TEST_CASE("distort_backward on the emulated GPU: the table") {
  check_operation<CudaEmulation, DistortBackwardOp>();
}

}  // namespace
