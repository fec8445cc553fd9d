// SPDX-License-Identifier: MIT
#include "limn/cuda/optimizer.hpp"

#include "../primitives/ops_optimizer.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("adam on the emulated GPU: the table") { check_operation<CudaEmulation, AdamOp>(); }
TEST_CASE("adam_outer on the emulated GPU: the table") {
  check_operation<CudaEmulation, AdamOuterOp>();
}
TEST_CASE("sum_squares on the emulated GPU: the table") {
  check_operation<CudaEmulation, SumSquaresOp>();
}
TEST_CASE("all_finite on the emulated GPU: the table") {
  check_operation<CudaEmulation, AllFiniteOp>();
}

TEST_CASE("adam_outer on the emulated GPU: more factors than a kernel takes are refused") {
  CudaEmulation device;
  const auto halves = [&] {
    return made<float>(device, matrix_shape(2, 4), std::vector<double>(8, 0.5));
  };
  const auto w = halves(), m = halves(), v = halves();
  const auto rates = adam_rates_on<float>(device);
  std::vector<primitive::Factors<CudaEmulation, float>> factors(
      128, {made<float>(device, matrix_shape(1, 4), {1, 2, 3, 4}),
            made<float>(device, matrix_shape(1, 2), {0.5, -0.25})});
  const auto call = [&] {
    primitive::adam_outer(adam_rule, rates, w,
                          std::span<const primitive::Factors<CudaEmulation, float>>(factors), m, v);
  };
  call();
  double expected = 0.5, first = 0.5, second = 0.5;
  adam_reference(expected, 128 * 0.5 * 3, first, second);
  CHECK(std::abs(read(w)[2] - expected) <= 5e-6);
  factors.push_back(factors.front());
  CHECK_THROWS_AS(call(), DeviceError);
}

}  // namespace
