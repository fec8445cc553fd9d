// SPDX-License-Identifier: MIT
#include "limn/cpu/matrix_primitive.hpp"
#include "modes_cpu.hpp"
#include "ops_matrix.hpp"

namespace {

using namespace limn_test;

TEST_CASE("gemm: the table") { check_operation<Cpu, GemmOp>(); }
TEST_CASE("gemv: the table") { check_operation<Cpu, GemvOp>(); }

}  // namespace
