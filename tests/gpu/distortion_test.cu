// SPDX-License-Identifier: MIT
#include "../primitives/ops_distortion.hpp"
#include "modes_cuda.hpp"

using namespace limn;
using namespace limn_test;

TEST_CASE("distort on a GPU: the table") { check_operation<Cuda, DistortOp>(); }
TEST_CASE("distort_backward on a GPU: the table") { check_operation<Cuda, DistortBackwardOp>(); }
