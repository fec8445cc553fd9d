// SPDX-License-Identifier: MIT
#include "ops_affine.hpp"
#include "ops_norm_backward.hpp"

namespace {

using namespace limn_test;

TEST_CASE("moments: the table") { check_operation<MomentsOp>(); }
TEST_CASE("affine_forward: the table") { check_operation<AffineForwardOp>(); }
TEST_CASE("affine_backward_sums: the table") { check_operation<AffineSumsOp>(); }
TEST_CASE("affine_backward_data: the table") { check_operation<AffineBackwardOp>(); }
TEST_CASE("norm_coefficients: the table") { check_operation<NormOp>(); }
TEST_CASE("norm_coefficients_backward: the table") { check_operation<NormBackwardOp>(); }

}  // namespace
