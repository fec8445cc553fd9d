// SPDX-License-Identifier: MIT
#include "ops_pointwise.hpp"

namespace {

using namespace limn_test;

TEST_CASE("map: the table") { check_operation<MapOp>(); }
TEST_CASE("map2: the table") { check_operation<Map2Op>(); }
TEST_CASE("map_reduce: the table") { check_operation<MapReduceOp>(); }
TEST_CASE("reduce: the table") { check_operation<ReduceOp>(); }

}  // namespace
