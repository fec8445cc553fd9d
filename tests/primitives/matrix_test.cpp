// SPDX-License-Identifier: MIT
#include "ops_matrix.hpp"

namespace {

using namespace limn_test;

TEST_CASE("gemm: the table") { check_operation<GemmOp>(); }
TEST_CASE("gemv: the table") { check_operation<GemvOp>(); }

}  // namespace
