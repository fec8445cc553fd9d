// SPDX-License-Identifier: MIT
#include "limn/cpu/pointwise.hpp"
#include "modes_cpu.hpp"
#include "ops_pointwise.hpp"

namespace {

using namespace limn_test;

TEST_CASE("map: the table") { check_operation<Cpu, MapOp>(); }
TEST_CASE("map2: the table") { check_operation<Cpu, Map2Op>(); }
TEST_CASE("map_reduce: the table") { check_operation<Cpu, MapReduceOp>(); }
TEST_CASE("map_reduce_gradient: the table") { check_operation<Cpu, MapReduceGradientOp>(); }
TEST_CASE("reduce: the table") { check_operation<Cpu, ReduceOp>(); }

TEST_CASE("map, map2: the result may take the place of an operand") { check_maps_in_place<Cpu>(); }
TEST_CASE("map_reduce_gradient: one sum and its gradient") { check_sum_and_gradient<Cpu>(); }

}  // namespace
