// SPDX-License-Identifier: MIT
#include "limn/cpu/pooling.hpp"
#include "modes_cpu.hpp"
#include "ops_pooling.hpp"

namespace {

using namespace limn_test;

TEST_CASE("pool_average: the table") { check_operation<Cpu, PoolAverageOp>(); }
TEST_CASE("pool_average_backward: the table") { check_operation<Cpu, PoolAverageBackwardOp>(); }
TEST_CASE("pool_max: the table") { check_operation<Cpu, PoolMaxOp>(); }
TEST_CASE("pool_max_backward: the table") { check_operation<Cpu, PoolMaxBackwardOp>(); }

}  // namespace
