// SPDX-License-Identifier: MIT
#include "../primitives/ops_matrix.hpp"
#include "modes_cuda.hpp"

using namespace limn;
using namespace limn_test;

TEST_CASE("gemm on a GPU: the table") { check_operation<Cuda, GemmOp>(); }
TEST_CASE("gemv on a GPU: the table") { check_operation<Cuda, GemvOp>(); }
