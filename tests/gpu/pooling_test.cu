// SPDX-License-Identifier: MIT
#include "../primitives/ops_pooling.hpp"
#include "modes_cuda.hpp"

using namespace limn;
using namespace limn_test;

TEST_CASE("pool_average on a GPU: the table") { check_operation<Cuda, PoolAverageOp>(); }
TEST_CASE("pool_average_backward on a GPU: the table") {
  check_operation<Cuda, PoolAverageBackwardOp>();
}
TEST_CASE("pool_max on a GPU: the table") { check_operation<Cuda, PoolMaxOp>(); }
TEST_CASE("pool_max_backward on a GPU: the table") { check_operation<Cuda, PoolMaxBackwardOp>(); }
