// SPDX-License-Identifier: MIT
#include "limn/cuda/pooling.hpp"

#include "../primitives/ops_pooling.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("pool_average on the emulated GPU: the table") {
  check_operation<CudaEmulation, PoolAverageOp>();
}
TEST_CASE("pool_average_backward on the emulated GPU: the table") {
  check_operation<CudaEmulation, PoolAverageBackwardOp>();
}
TEST_CASE("pool_max on the emulated GPU: the table") {
  check_operation<CudaEmulation, PoolMaxOp>();
}
TEST_CASE("pool_max_backward on the emulated GPU: the table") {
  check_operation<CudaEmulation, PoolMaxBackwardOp>();
}

TEST_CASE("global pooling on the emulated GPU is cut into slices") {
  CudaEmulation device;
  const Shape shape{1, 64, 64, 256};
  CHECK(primitive::Pooling<CudaEmulation, float>::average_workspace(
            device, shape, shape.per_channel()) >= 16 * 256 * sizeof(double));
  CHECK(primitive::Pooling<CudaEmulation, bfloat16>::max_workspace(
            device, shape, shape.per_channel()) >= 16 * 256 * 2 * sizeof(float));
}

TEST_CASE("pool_max on the emulated GPU: equal maxima in several slices, the first is named") {
  CudaEmulation device;
  const Shape shape{1, 64, 64, 8};
  const auto x =
      made<float>(device, shape, std::vector<double>(static_cast<std::size_t>(shape.size()), -2.0));
  const Tensor<CudaEmulation, float> y(device, shape.per_channel());
  const Tensor<CudaEmulation, std::int32_t> index(device, shape.per_channel());
  primitive::pool_max(x, y, index);
  for (const float v : y.download()) CHECK(v == -2.0F);
  for (const std::int32_t i : index.download()) CHECK(i == 0);
}

}  // namespace
