// SPDX-License-Identifier: MIT
#include "ops_optimizer.hpp"

namespace {

using namespace limn_test;

TEST_CASE("adam: the table") { check_operation<AdamOp>(); }
TEST_CASE("adam_outer: the table") { check_operation<AdamOuterOp>(); }
TEST_CASE("ema: the table") { check_operation<EmaOp>(); }
TEST_CASE("clamp: the table") { check_operation<ClampOp>(); }
TEST_CASE("sum_squares: the table") { check_operation<SumSquaresOp>(); }
TEST_CASE("all_finite: the table") { check_operation<AllFiniteOp>(); }
TEST_CASE("random: the table") { check_operation<RandomOp>(); }

}  // namespace
