// SPDX-License-Identifier: MIT
#include "limn/cpu/convolution_primitive.hpp"
#include "limn/cpu/layout.hpp"
#include "modes_cpu.hpp"
#include "ops_convolution.hpp"

namespace {

using namespace limn_test;

TEST_CASE("conv_forward: the table") { check_operation<Cpu, ConvForwardOp>(); }
TEST_CASE("conv_backward_data: the table") { check_operation<Cpu, ConvBackwardDataOp>(); }
TEST_CASE("conv_backward_weights: the table") { check_operation<Cpu, ConvBackwardWeightsOp>(); }

}  // namespace
