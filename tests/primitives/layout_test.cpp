// SPDX-License-Identifier: MIT
#include "limn/cpu/layout.hpp"
#include "modes_cpu.hpp"
#include "ops_layout.hpp"

namespace {

using namespace limn_test;

TEST_CASE("pad: the table") { check_operation<Cpu, PadOp>(); }
TEST_CASE("pad_backward: the table") { check_operation<Cpu, PadBackwardOp>(); }
TEST_CASE("resize: the table") { check_operation<Cpu, ResizeOp>(); }
TEST_CASE("resize_backward: the table") { check_operation<Cpu, ResizeBackwardOp>(); }
TEST_CASE("copy_channels: the table") { check_operation<Cpu, CopyChannelsOp>(); }
TEST_CASE("copy: the table") { check_operation<Cpu, CopyOp>(); }
TEST_CASE("fill: the table") { check_operation<Cpu, FillOp>(); }
TEST_CASE("cast: the table") { check_operation<Cpu, CastOp>(); }

TEST_CASE("cast: all pairs of types, exactly") { check_casts<Cpu>(); }

TEST_CASE("resize: published values of bilinear and nearest interpolation") {
  Cpu device;
  const auto x = made<float>(device, {1, 1, 3, 1}, {0, 1, 2});
  const Tensor<Cpu, float> y(device, {1, 1, 6, 1});
  primitive::resize(Interpolation::bilinear, x, y);
  // torch.nn.functional.interpolate(torch.arange(3.)[None, None], 6, mode="linear")
  CHECK(same(read(y), {0, 0.25, 0.75, 1.25, 1.75, 2}));
  primitive::resize(Interpolation::nearest, x, y);
  CHECK(same(read(y), {0, 0, 1, 1, 2, 2}));
}

TEST_CASE("pad: reflection needs a picture larger than the padding") {
  Cpu device;
  const Tensor<Cpu, float> x(device, {1, 2, 3, 1}), y(device, {1, 6, 3, 1});
  CHECK_THROWS_AS(primitive::pad(Padding::reflect, {2, 0, 2, 0}, x, y), ShapeError);
}

}  // namespace
