// SPDX-License-Identifier: MIT
#include "limn/cuda/normalization.hpp"

#include "../primitives/ops_norm_backward.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("norm_coefficients on the emulated GPU: the table") {
  check_operation<CudaEmulation, NormOp>();
}
TEST_CASE("norm_coefficients_backward on the emulated GPU: the table") {
  check_operation<CudaEmulation, NormBackwardOp>();
}

TEST_CASE("norm_coefficients_backward on the emulated GPU: shared gradients are overwritten too") {
  CudaEmulation device;
  const Case c{.primitive = "norm_coefficients_backward", .x = {3, 4, 5, 24}, .shared = true};
  const Operands operands = NormBackwardOp::operands(c);
  Values values = random_values<NormBackwardOp>(c, operands, 7);
  for (std::size_t k = 9; k < 12; ++k) std::fill(values[k].begin(), values[k].end(), 0.0);
  const auto added = make_tensors<double>(device, operands, values);
  NormBackwardOp::call(c, added, Write::overwrite);
  const auto t = make_tensors<double>(device, operands, values);
  for (std::size_t k = 9; k < 12; ++k) {
    const std::vector<double> noise(24, 5.0);
    t.p(k).upload(noise);
  }
  const primitive::NormGradients<CudaEmulation, double> gradients{
      t.p(9), t.p(10), t.p(11), Write::overwrite, Write::overwrite, Write::overwrite};
  primitive::norm_coefficients_backward(c.norm, norm_tensors(c, t), t.p(5), t.p(6), t.p(7), t.p(8),
                                        gradients);
  for (std::size_t k = 7; k < 12; ++k) CHECK(same(read(t.p(k)), read(added.p(k))));
}

}  // namespace
