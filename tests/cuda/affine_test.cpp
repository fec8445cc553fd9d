// SPDX-License-Identifier: MIT
#include "limn/cuda/affine.hpp"

#include "../primitives/ops_affine.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("moments on the emulated GPU: the table") { check_operation<CudaEmulation, MomentsOp>(); }
TEST_CASE("affine_forward on the emulated GPU: the table") {
  check_operation<CudaEmulation, AffineForwardOp>();
}
TEST_CASE("affine_backward_sums on the emulated GPU: the table") {
  check_operation<CudaEmulation, AffineSumsOp>();
}
TEST_CASE("affine_backward_data on the emulated GPU: the table") {
  check_operation<CudaEmulation, AffineBackwardOp>();
}

TEST_CASE("affine on the emulated GPU: results may take the place of an operand") {
  CudaEmulation device;
  for (const Index channels : {17, 24}) {
    const Case c{.primitive = "affine_forward", .x = {2, 7, 9, channels}, .activation = relu};
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
}

TEST_CASE("affine on the emulated GPU: a view that is not aligned is read value by value") {
  CudaEmulation device;
  const Shape shape{1, 20, 21, 8};
  const auto values = random_values<MomentsOp>({}, {{{1, 1, 1, shape.size() + 1}}}, 5)[0];
  const std::vector<double> later(values.begin() + 1, values.end());
  const auto aligned = made<float>(device, shape, later);
  const auto view = made<float>(device, vector_shape(shape.size() + 1), values).view(1, shape);
  const Shape k = shape.per_channel();
  Tensor<CudaEmulation, float> mean[2], m2[2], y[2];
  for (const std::size_t i : {0U, 1U}) {
    const auto& x = i == 0 ? aligned : view;
    mean[i] = m2[i] = y[i] = {};
    mean[i] = {device, k};
    m2[i] = {device, k};
    y[i] = {device, shape};
    primitive::moments(x, mean[i], m2[i]);
    primitive::affine_forward(x, mean[0], m2[0], relu_activation, {}, y[i]);
  }
  CHECK(same(read(y[0]), read(y[1])));
  for (Index c = 0; c < shape.c; ++c) {
    const auto at = static_cast<std::size_t>(c);
    CHECK(read(mean[0])[at] == doctest::Approx(read(mean[1])[at]).epsilon(1e-6));
    CHECK(read(m2[0])[at] == doctest::Approx(read(m2[1])[at]).epsilon(1e-6));
  }
}

TEST_CASE("moments on the emulated GPU: a mean far larger than the deviation") {
  CudaEmulation device;
  for (const Index channels : {5, 8}) {
    const Shape shape{1, 64, 64, channels};
    std::vector<double> values;
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(shape.size()); ++i)
      values.push_back(widened(1e4F + Philox{3, 4}.normal(i)));
    values[0] = 0;  // an unusual first pixel
    const auto x = made<float>(device, shape, values);
    const Tensor<CudaEmulation, float> mean(device, shape.per_channel());
    const Tensor<CudaEmulation, float> m2(device, shape.per_channel());
    primitive::moments(x, mean, m2);
    for (Index c = 0; c < shape.c; ++c) {
      const Moments m = moments_of({values, shape}, 0, c);
      const auto at = static_cast<std::size_t>(c);
      CHECK(std::abs(read(mean)[at] - m.mean) <= 1e-6 * m.mean);
      CHECK(std::abs(read(m2)[at] - m.m2) <= 1e-6 * m.m2);
    }
  }
}

}  // namespace
