// SPDX-License-Identifier: MIT
#include "../primitives/ops_norm_backward.hpp"
#include "modes_cuda.hpp"

using namespace limn;
using namespace limn_test;

TEST_CASE("norm_coefficients_backward on a GPU: the table") {
  check_operation<Cuda, NormBackwardOp>();
}
