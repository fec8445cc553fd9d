// SPDX-License-Identifier: MIT
#include "limn/cpu/affine.hpp"
#include "limn/cpu/normalization.hpp"
#include "modes_cpu.hpp"
#include "ops_affine.hpp"
#include "ops_norm_backward.hpp"

namespace {

using namespace limn_test;

TEST_CASE("moments: the table") { check_operation<Cpu, MomentsOp>(); }
TEST_CASE("affine_forward: the table") { check_operation<Cpu, AffineForwardOp>(); }
TEST_CASE("affine_backward_sums: the table") { check_operation<Cpu, AffineSumsOp>(); }
TEST_CASE("affine_backward_data: the table") { check_operation<Cpu, AffineBackwardOp>(); }
TEST_CASE("norm_coefficients: the table") { check_operation<Cpu, NormOp>(); }
TEST_CASE("norm_coefficients_backward: the table") { check_operation<Cpu, NormBackwardOp>(); }

TEST_CASE("affine: results may take the place of an operand") { check_affine_in_place<Cpu>(17); }
TEST_CASE("moments: a mean far larger than the deviation") { check_far_mean<Cpu>(5); }

}  // namespace
