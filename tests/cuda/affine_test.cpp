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
  for (const Index channels : {17, 24}) check_affine_in_place<CudaEmulation>(channels);
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
  for (const Index channels : {5, 8}) check_far_mean<CudaEmulation>(channels, 0);  // an odd pixel
}

}  // namespace
