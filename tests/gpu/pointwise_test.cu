// SPDX-License-Identifier: MIT
#include "../primitives/ops_pointwise.hpp"
#include "modes_cuda.hpp"

using namespace limn;
using namespace limn_test;

TEST_CASE("map on a GPU: the table") { check_operation<Cuda, MapOp>(); }
TEST_CASE("map2 on a GPU: the table") { check_operation<Cuda, Map2Op>(); }
TEST_CASE("map_reduce on a GPU: the table") { check_operation<Cuda, MapReduceOp>(); }
TEST_CASE("map_reduce_gradient on a GPU: the table") {
  check_operation<Cuda, MapReduceGradientOp>();
}
TEST_CASE("reduce on a GPU: the table") { check_operation<Cuda, ReduceOp>(); }
