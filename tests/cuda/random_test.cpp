// SPDX-License-Identifier: MIT
#include "limn/cuda/random.hpp"

#include "../primitives/ops_optimizer.hpp"
#include "limn/cpu/random.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("random on the emulated GPU: the table") { check_operation<CudaEmulation, RandomOp>(); }

template <Scalar T, class D>
std::vector<double> uniforms(std::uint64_t first, Index count) {
  D device;
  const Tensor<D, T> x(device, vector_shape(count));
  primitive::uniform(Philox{11, 5}, first, -0.3, 0.7, x);
  return read(x);
}

TEST_CASE("uniform numbers on the emulated GPU are the CPU's to the bit") {
  for (const std::uint64_t first : {0U, 1U, 3U, 4U, 4000000001U}) {
    for (const Index count : {1, 2, 1029}) {
      CAPTURE(first);
      CAPTURE(count);
      CHECK(
          same(uniforms<double, CudaEmulation>(first, count), uniforms<double, Cpu>(first, count)));
      CHECK(same(uniforms<float, CudaEmulation>(first, count), uniforms<float, Cpu>(first, count)));
      CHECK(same(uniforms<bfloat16, CudaEmulation>(first, count),
                 uniforms<bfloat16, Cpu>(first, count)));
    }
  }
}

TEST_CASE("circle: cosine and sine of turns") {
  double worst = 0;
  for (int i = 0; i < 100000; ++i) {
    const float turns = static_cast<float>(i * 167) * 0x1p-24F;
    const double angle = static_cast<double>(turns) * 2 * 3.14159265358979323846;
    worst =
        std::max(worst, std::abs(static_cast<double>(gpu::circle(turns, false)) - std::cos(angle)));
    worst =
        std::max(worst, std::abs(static_cast<double>(gpu::circle(turns, true)) - std::sin(angle)));
  }
  CHECK(worst <= 3e-7);
  CHECK(gpu::circle(0.0F, false) == 1.0F);
  CHECK(gpu::circle(0.25F, true) == 1.0F);
  CHECK(gpu::circle(0.5F, false) == -1.0F);
}

}  // namespace
