// SPDX-License-Identifier: MIT
#include "limn/cuda/matrix.hpp"

#include "../primitives/ops_matrix.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("gemm on the emulated GPU: the table") { check_operation<CudaEmulation, GemmOp>(); }
TEST_CASE("gemv on the emulated GPU: the table") { check_operation<CudaEmulation, GemvOp>(); }

TEST_CASE(
    "gemm on the emulated GPU: a product that nobody split, from memory that is not aligned") {
  CudaEmulation device;
  std::vector<double> values;
  for (std::uint64_t i = 0; i < 5000; ++i)
    values.push_back(static_cast<double>(static_cast<int>(i * 7919 % 17) - 8));
  const auto memory = made<float>(device, vector_shape(5000), values);
  for (const Transpose ta : {no, yes}) {
    for (const Transpose tb : {no, yes}) {
      const Index m = 12, n = 68, k = 20;
      const Shape a = ta == no ? matrix_shape(m, k) : matrix_shape(k, m);
      const Shape b = tb == no ? matrix_shape(k, n) : matrix_shape(n, k);
      const auto x = memory.view(1, a), y = memory.view(1003, b);
      const Tensor<CudaEmulation, float> aligned_x(device, a), aligned_y(device, b);
      primitive::gemm(no, no, made<float>(device, matrix_shape(1, 1), {1}),
                      x.reshape(matrix_shape(1, a.size())),
                      aligned_x.reshape(matrix_shape(1, a.size())));
      primitive::gemm(no, no, made<float>(device, matrix_shape(1, 1), {1}),
                      y.reshape(matrix_shape(1, b.size())),
                      aligned_y.reshape(matrix_shape(1, b.size())));
      const Tensor<CudaEmulation, float> c(device, matrix_shape(m, n)), d(device, c.shape());
      primitive::gemm(ta, tb, x, y, c);
      primitive::gemm(ta, tb, aligned_x, aligned_y, d);
      const auto result = read(c), again = read(d);  // integers: exact in any order
      for (Index i = 0; i < m; ++i) {
        for (Index j = 0; j < n; ++j) {
          double sum = 0;
          for (Index l = 0; l < k; ++l)
            sum += values[static_cast<std::size_t>(1 + (ta == no ? i * k + l : l * m + i))] *
                   values[static_cast<std::size_t>(1003 + (tb == no ? l * n + j : j * k + l))];
          REQUIRE(result[static_cast<std::size_t>(i * n + j)] == sum);
          REQUIRE(again[static_cast<std::size_t>(i * n + j)] == sum);
        }
      }
    }
  }
}

TEST_CASE("gemm and gemv on the emulated GPU: nothing to add up, nothing to write") {
  CudaEmulation device;
  const auto bias = made<float>(device, vector_shape(3), {1, -2, 3});
  const Tensor<CudaEmulation, float> a(device, matrix_shape(2, 0)), b(device, matrix_shape(3, 0)),
      c(device, matrix_shape(2, 3));
  primitive::gemm(no, yes, a, b, c, Write::overwrite, bias, relu);
  CHECK(same(read(c), {1, 0, 3, 1, 0, 3}));
  const Tensor<CudaEmulation, float> none_a(device, matrix_shape(0, 600)),
      none_b(device, matrix_shape(0, 600)), none_c(device, matrix_shape(0, 0));
  CHECK_NOTHROW(primitive::gemm(no, yes, none_a, none_b, none_c));
}

TEST_CASE("products by shape: what is read once, and how k is split") {
  using Way = gpu::ProductPlan::Way;
  // the fully connected layer of the full model at 256^2: 256 x 64*64*256 weights
  const auto forward = gpu::plan_product<float, float>(false, true, 2, 256, 1048576);
  CHECK(forward.way == Way::dots);
  CHECK(forward.splits == 128);
  CHECK(forward.split_k == 8192);
  const auto data = gpu::plan_product<float, float>(false, false, 2, 1048576, 256);
  CHECK(data.way == Way::columns);
  CHECK(data.splits == 1);
  const auto small = gpu::plan_product<float, float>(false, true, 2, 256, 256);
  CHECK(small.way == Way::tiles);
  CHECK(gpu::plan_product<float, float>(true, false, 256, 256, 8).way == Way::tiles);
  CHECK(gpu::plan_product<bfloat16, bfloat16>(false, true, 2, 256, 1048576).way == Way::dots);
  CHECK(gpu::plan_product<bfloat16, float>(false, false, 2, 1048576, 256).way == Way::tiles);
  for (const Index k : {1, 2, 63, 1023, 1025, 2047, 5000}) {
    for (const bool tb : {false, true}) {
      const auto plan = gpu::plan_product<float, float>(false, tb, 3, 20, k);
      CAPTURE(k);
      CHECK(plan.splits * plan.split_k >= k);
      CHECK((plan.splits - 1) * plan.split_k < k);
    }
  }
}

}  // namespace
