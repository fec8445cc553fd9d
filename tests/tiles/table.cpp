// SPDX-License-Identifier: MIT
// The table of products and convolutions where Isa::amx_bf16 exists, as a model.
#include "../primitives/modes_cpu.hpp"
#include "../primitives/ops_convolution.hpp"
#include "../primitives/ops_matrix.hpp"
#include "limn/cpu/convolution_primitive.hpp"
#include "limn/cpu/layout.hpp"
#include "limn/cpu/matrix_primitive.hpp"

namespace {

using namespace limn_test;

TEST_CASE("modelled tiles: the level is offered where the units for vectors are") {
  CHECK((supported_isa() == Isa::amx_bf16) == (supported_isa() >= Isa::avx512_bf16));
}
TEST_CASE("modelled tiles: products in bfloat16 take them, and no others") {
  if (supported_isa() < Isa::amx_bf16) return;
  Cpu device({.threads = 2, .isa = Isa::amx_bf16});
  const auto blocks = [&]<class T>(T) {
    const Tensor<Cpu, T> a(device, matrix_shape(64, 96)), b(device, matrix_shape(96, 48)),
        c(device, matrix_shape(64, 48));
    primitive::fill(a, T(1.0F));
    primitive::fill(b, T(2.0F));
    const int before = cpu::AmxTiles::blocks();
    primitive::gemm(no, no, a, b, c);
    CHECK(float(c.download().back()) == 192);
    return cpu::AmxTiles::blocks() - before;
  };
  CHECK(blocks(bfloat16()) == 2);
  CHECK(blocks(0.0F) == 0);
  CHECK(cpu::AmxTiles::blocks() > 0);
}
TEST_CASE("modelled tiles: gemm") { check_operation<Cpu, GemmOp>(); }
TEST_CASE("modelled tiles: conv_forward") { check_operation<Cpu, ConvForwardOp>(); }
TEST_CASE("modelled tiles: conv_backward_data") { check_operation<Cpu, ConvBackwardDataOp>(); }
TEST_CASE("modelled tiles: conv_backward_weights") {
  check_operation<Cpu, ConvBackwardWeightsOp>();
}

}  // namespace
