// SPDX-License-Identifier: MIT
#include "ops_pooling.hpp"

namespace {

using namespace limn_test;

TEST_CASE("pool_average: the table") { check_operation<PoolAverageOp>(); }
TEST_CASE("pool_average_backward: the table") { check_operation<PoolAverageBackwardOp>(); }
TEST_CASE("pool_max: the table") { check_operation<PoolMaxOp>(); }
TEST_CASE("pool_max_backward: the table") { check_operation<PoolMaxBackwardOp>(); }

}  // namespace
