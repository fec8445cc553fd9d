// SPDX-License-Identifier: MIT
#include "limn/cuda/convolution.hpp"

#include "../primitives/ops_convolution.hpp"
#include "library_device.hpp"
#include "limn/cuda/affine.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("conv_forward on the emulated GPU: the table") {
  check_operation<CudaEmulation, ConvForwardOp>();
}
TEST_CASE("conv_backward_data on the emulated GPU: the table") {
  check_operation<CudaEmulation, ConvBackwardDataOp>();
}
TEST_CASE("conv_backward_weights on the emulated GPU: the table") {
  check_operation<CudaEmulation, ConvBackwardWeightsOp>();
}

TEST_CASE("conv_forward around a library: the table") {
  check_operation<LibraryDevice, ConvForwardOp>();
}
TEST_CASE("conv_backward_data around a library: the table") {
  check_operation<LibraryDevice, ConvBackwardDataOp>();
}
TEST_CASE("conv_backward_weights around a library: the table") {
  check_operation<LibraryDevice, ConvBackwardWeightsOp>();
}

template <class T>
Tensor<LibraryDevice, T> noise(LibraryDevice& device, const Shape& shape) {
  std::vector<double> values;
  for (Index i = 0; i < shape.size(); ++i)
    values.push_back(static_cast<double>(Philox{1, 2}.normal(static_cast<std::uint64_t>(i))));
  return made<T>(device, shape, values);
}

TEST_CASE("what a library has a plan for, it computes; the rest limn's own kernels") {
  const ConvGeometry plain = reflect_conv(3, 1, 1), up = reflect_conv(3, 1, 1, 2);
  for (const bool plans : {true, false}) {
    LibraryDevice device({}, {true, plans, plans});
    const auto x = noise<float>(device, {1, 4, 5, 4}), w = noise<float>(device, {8, 3, 3, 4});
    const Tensor<LibraryDevice, float> y(device, {1, 4, 5, 8}), doubled(device, {1, 8, 10, 8});
    primitive::conv_forward(plain, x, w, {}, y);
    CHECK(device.runs == 1);
    primitive::conv_forward(up, x, w, {}, doubled);
    CHECK(device.runs == 2);  // all phases at once
    primitive::conv_backward_data(up, doubled, w, x, Write::overwrite);
    CHECK(device.runs == (plans ? 3 : 2));
    primitive::conv_backward_weights(plain, x, y, w, Write::overwrite);
    CHECK(device.runs == (plans ? 4 : 2));
    const auto x64 = noise<double>(device, {1, 4, 5, 4}), w64 = noise<double>(device, {8, 3, 3, 4});
    const Tensor<LibraryDevice, double> y64(device, {1, 4, 5, 8});
    primitive::conv_forward(plain, x64, w64, {}, y64);
    CHECK(device.runs == (plans ? 4 : 2));
  }
}

TEST_CASE("the list of what a call asks a library for") {
  using gpu::ConvDirection, gpu::ConvType, gpu::conv_problems;
  const Shape x{2, 64, 48, 3}, w{64, 7, 7, 3};
  const auto first = conv_problems(ConvDirection::forward, ConvType::bf16, Maths::fast,
                                   reflect_conv(7, 1, 3), x, w);
  REQUIRE(first.size() == 1);
  CHECK(first[0].x == Shape{2, 70, 54, 8});  // the border is in it, the channels are filled up
  CHECK(first[0].y == Shape{2, 64, 48, 64});
  CHECK(first[0].zeros == Sides{});
  const auto zeros =
      conv_problems(ConvDirection::backward_data, ConvType::fp32, Maths::fast,
                    {3, 2, Padding::zero, Sides::all(1)}, {1, 8, 8, 4}, {8, 3, 3, 4});
  REQUIRE(zeros.size() == 1);
  CHECK(zeros[0].x == Shape{1, 8, 8, 4});  // no copy
  CHECK(zeros[0].zeros == Sides::all(1));
  const auto up = [](ConvDirection d) {
    return conv_problems(d, ConvType::bf16, Maths::fast, reflect_conv(3, 1, 1, 2), {1, 64, 64, 256},
                         {128, 3, 3, 256});
  };
  for (const auto d :
       {ConvDirection::forward, ConvDirection::backward_data, ConvDirection::backward_weights}) {
    REQUIRE(up(d).size() == 1);
    const gpu::ConvProblem phases = up(d)[0];
    CHECK(phases.direction == d);
    CHECK(phases.kernel == 2);
    CHECK(phases.x == Shape{1, 66, 66, 256});
    CHECK(phases.y == Shape{1, 65, 65, 4 * 128});
    CHECK(phases.x_strides == gpu::packed_strides(phases.x));
    CHECK(phases.y_strides == gpu::packed_strides(phases.y));
  }
}

TEST_CASE("a picture in its border is the same problem, and is not copied") {
  using gpu::ConvDirection, gpu::ConvType, gpu::conv_plan;
  const Shape x{2, 8, 6, 16};
  for (const ConvGeometry& g : {reflect_conv(3, 1, 1), reflect_conv(7, 1, 3), reflect_conv(4, 2, 1),
                                reflect_conv(3, 1, 1, 2)}) {
    const Shape w{8, g.kernel, g.kernel, 16};
    for (const auto d :
         {ConvDirection::forward, ConvDirection::backward_data, ConvDirection::backward_weights}) {
      const auto plan = [&](const ConvGeometry& geometry, const Shape& in_memory) {
        return conv_plan(d, ConvType::fp32, Maths::fast, geometry, in_memory, w, 4);
      };
      const auto alone = plan(g, x), within = plan(g.within(), g.border().around(x));
      CHECK(alone.copies_x);
      CHECK(!within.copies_x);
      CHECK(within.problem == alone.problem);
      CHECK(within.y == alone.y);
    }
  }
}

TEST_CASE("shapes that a launch cannot count are refused when the workspace is asked for") {
  CudaEmulationOptions options;
  options.dry = true;
  CudaEmulation device(options);
  const Tensor<CudaEmulation, float> x(device, {70000, 1, 1, 8}), w(device, {8, 1, 1, 8});
  const Tensor<CudaEmulation, float> y(device, {70000, 1, 1, 8});
  const std::string said = [&]() -> std::string {
    try {
      primitive::conv_forward({}, x, w, {}, y);
    } catch (const ShapeError& error) {
      return error.what();
    }
    return "nothing";
  }();
  CAPTURE(said);
  CHECK(said.find("[conv_forward]") != std::string::npos);
  CHECK(said.find("(70000,1,1,8)") != std::string::npos);
}

}  // namespace
