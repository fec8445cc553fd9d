// SPDX-License-Identifier: MIT
#include "limn/cpu/optimizer.hpp"
#include "limn/cpu/random.hpp"
#include "modes_cpu.hpp"
#include "ops_optimizer.hpp"

namespace {

using namespace limn_test;

TEST_CASE("adam: the table") { check_operation<Cpu, AdamOp>(); }
TEST_CASE("adam_outer: the table") { check_operation<Cpu, AdamOuterOp>(); }
TEST_CASE("sum_squares: the table") { check_operation<Cpu, SumSquaresOp>(); }
TEST_CASE("all_finite: the table") { check_operation<Cpu, AllFiniteOp>(); }
TEST_CASE("random: the table") { check_operation<Cpu, RandomOp>(); }

}  // namespace
