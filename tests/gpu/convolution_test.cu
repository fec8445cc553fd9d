// SPDX-License-Identifier: MIT
#include "../primitives/ops_convolution.hpp"
#include "modes_cuda.hpp"

using namespace limn;
using namespace limn_test;

TEST_CASE("conv_forward on a GPU: the table") { check_operation<Cuda, ConvForwardOp>(); }
TEST_CASE("conv_backward_data on a GPU: the table") { check_operation<Cuda, ConvBackwardDataOp>(); }
TEST_CASE("conv_backward_weights on a GPU: the table") {
  check_operation<Cuda, ConvBackwardWeightsOp>();
}
