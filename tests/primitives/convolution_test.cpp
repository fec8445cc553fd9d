// SPDX-License-Identifier: MIT
#include "ops_convolution.hpp"

namespace {

using namespace limn_test;

TEST_CASE("conv_forward: the table") { check_operation<ConvForwardOp>(); }
TEST_CASE("conv_backward_data: the table") { check_operation<ConvBackwardDataOp>(); }
TEST_CASE("conv_backward_weights: the table") { check_operation<ConvBackwardWeightsOp>(); }

}  // namespace
