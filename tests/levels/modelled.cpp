// SPDX-License-Identifier: MIT
// That the tests beside this, which are those of the processor's own levels, ran on the model.
#include <doctest/doctest.h>

#include "limn/core/primitives/convolution.hpp"
#include "limn/core/primitives/matrix.hpp"
#include "limn/cpu/cpu.hpp"

namespace {

using namespace limn;

TEST_CASE("modelled levels: a processor with AVX2 has them all") {
  CHECK((supported_isa() == Isa::amx_bf16) == (supported_isa() >= Isa::avx2));
}

TEST_CASE("modelled levels: tiles take products of bfloat16, and no others") {
  if (supported_isa() < Isa::amx_bf16) return;
  Cpu device({.threads = 2, .isa = Isa::amx_bf16});
  const auto blocks = [&]<class T>(T) {
    const Tensor<Cpu, T> a(device, matrix_shape(64, 96)), b(device, matrix_shape(96, 48)),
        c(device, matrix_shape(64, 48));
    primitive::fill(a, T(1.0F));
    primitive::fill(b, T(2.0F));
    const int before = cpu::AmxTiles::blocks();
    primitive::gemm(primitive::Transpose::no, primitive::Transpose::no, a, b, c);
    CHECK(float(c.download().back()) == 192);
    return cpu::AmxTiles::blocks() - before;
  };
  CHECK(blocks(bfloat16()) == 2);
  CHECK(blocks(0.0F) == 0);
}

TEST_CASE("modelled levels: tiles take all directions of a convolution, and floats in parts") {
  if (supported_isa() < Isa::amx_bf16) return;
  const ConvGeometry g = reflect_conv(3, 2, 1);
  const auto directions = [&]<class T>(T, Maths maths) {
    Cpu device({.threads = 2, .isa = Isa::amx_bf16, .maths = maths});
    const Tensor<Cpu, T> x(device, {1, 16, 16, 64});
    const Tensor<Cpu, float> w(device, {64, 3, 3, 64});
    const Tensor<Cpu, T> y(device, g.output(x.shape(), w.shape()));
    primitive::uniform(Philox{1, 0}, 0, -1, 1, x);
    primitive::uniform(Philox{1, 1}, 0, -1, 1, w);
    std::vector<int> blocks;
    const auto count = [&](auto&& run) {
      const int before = cpu::AmxTiles::blocks();
      run();
      blocks.push_back(cpu::AmxTiles::blocks() - before);
    };
    count([&] { primitive::conv_forward(g, x, w, {}, y); });
    count([&] { primitive::conv_backward_data(g, y, w, x, Write::overwrite); });
    count([&] { primitive::conv_backward_weights(g, x, y, w, Write::overwrite); });
    return blocks;
  };
  for (const int blocks : directions(bfloat16(), Maths::fast)) CHECK(blocks > 0);
  for (const int blocks : directions(0.0F, Maths::split)) CHECK(blocks > 0);
  for (const int blocks : directions(0.0F, Maths::fast)) CHECK(blocks == 0);
}

}  // namespace
