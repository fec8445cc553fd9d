// SPDX-License-Identifier: MIT
#include "../primitives/ops_optimizer.hpp"
#include "modes_cuda.hpp"

using namespace limn;
using namespace limn_test;

TEST_CASE("adam on a GPU: the table") { check_operation<Cuda, AdamOp>(); }
TEST_CASE("adam_outer on a GPU: the table") { check_operation<Cuda, AdamOuterOp>(); }
TEST_CASE("sum_squares on a GPU: the table") { check_operation<Cuda, SumSquaresOp>(); }
TEST_CASE("all_finite on a GPU: the table") { check_operation<Cuda, AllFiniteOp>(); }
TEST_CASE("random on a GPU: the table") { check_operation<Cuda, RandomOp>(); }
