// SPDX-License-Identifier: MIT
#include "../primitives/ops_affine.hpp"
#include "modes_cuda.hpp"

using namespace limn;
using namespace limn_test;

TEST_CASE("moments on a GPU: the table") { check_operation<Cuda, MomentsOp>(); }
TEST_CASE("affine_forward on a GPU: the table") { check_operation<Cuda, AffineForwardOp>(); }
TEST_CASE("affine_backward_sums on a GPU: the table") { check_operation<Cuda, AffineSumsOp>(); }
TEST_CASE("affine_backward_data on a GPU: the table") { check_operation<Cuda, AffineBackwardOp>(); }
TEST_CASE("norm_coefficients on a GPU: the table") { check_operation<Cuda, NormOp>(); }
