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

TEST_CASE("affine: results may take the place of an operand") {
  Cpu device;
  const Case c{.primitive = "affine_forward", .x = {2, 7, 9, 17}, .activation = relu};
  const Operands operands = AffineForwardOp::operands(c);
  const Values values = random_values<AffineForwardOp>(c, operands, 1);
  const auto t = make_tensors<float>(device, operands, values);
  AffineForwardOp::call(c, t, Write::overwrite);
  const auto expected = read(t.x(4));
  primitive::affine_forward(t.x(0), t.p(1), t.p(2), c.activation, t.x(3), t.x(0));
  CHECK(same(read(t.x(0)), expected));

  const Operands back = AffineBackwardOp::operands(c);
  const auto u = make_tensors<float>(device, back, random_values<AffineBackwardOp>(c, back, 2));
  AffineBackwardOp::call(c, u, Write::overwrite);
  const auto gradient = read(u.x(6));
  primitive::affine_backward_data(u.x(0), u.x(1), u.p(2), u.p(3), c.activation, u.p(4), u.p(5),
                                  u.x(0), Write::overwrite);
  CHECK(same(read(u.x(0)), gradient));
}

TEST_CASE("moments: a mean far larger than the deviation") {
  Cpu device;
  const Shape shape{1, 64, 64, 5};
  std::vector<double> values;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(shape.size()); ++i)
    values.push_back(widened(1e4F + Philox{3, 4}.normal(i)));
  const auto x = made<float>(device, shape, values);
  const Tensor<Cpu, float> mean(device, shape.per_channel()), m2(device, shape.per_channel());
  primitive::moments(x, mean, m2);
  for (Index c = 0; c < shape.c; ++c) {
    const Moments m = moments_of({values, shape}, 0, c);
    const auto at = static_cast<std::size_t>(c);
    CHECK(std::abs(read(mean)[at] - m.mean) <= 1e-6 * m.mean);
    CHECK(std::abs(read(m2)[at] - m.m2) <= 1e-6 * m.m2);
  }
}

}  // namespace
