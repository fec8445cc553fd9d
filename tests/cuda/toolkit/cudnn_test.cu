// SPDX-License-Identifier: MIT
// cuDNN as the library of class Cuda, on a device that plans for a card that is not there.
#include <doctest/doctest.h>

#include <string>

#include "limn/cuda/cards.hpp"
#include "limn/cuda/conv_choice.hpp"
#include "limn/cuda/cudnn_convolution.hpp"

namespace limn_test {
namespace {

using namespace limn;

TEST_CASE("a dry Cuda chooses cuDNN with the workspace of its plan") {
  for (const gpu::Card& card : gpu::known_cards) {
    CAPTURE(card.name);
    Cuda device({.dry = true, .card = std::string(card.name)});
    gpu::CudnnPlans plans(gpu::properties_text(card));
    const auto geometry = reflect_conv(3, 1, 1);
    for (const auto direction : {gpu::ConvDirection::forward, gpu::ConvDirection::backward_data,
                                 gpu::ConvDirection::backward_weights}) {
      const auto choice = gpu::conv_choice<bfloat16>(device, direction, "test", geometry,
                                                     {2, 64, 64, 256}, {256, 3, 3, 256});
      REQUIRE(choice.library);
      CHECK(choice.plan.problem.x == Shape{2, 66, 66, 256});
      const auto& result = plans.find(choice.plan.problem);
      REQUIRE(result.plan);
      CHECK(result.plan->workspace == *choice.library);
    }
  }
}

TEST_CASE("double is limn's own, and a dry Cuda runs nothing") {
  Cuda device({.dry = true, .card = "h100"});
  const auto own = gpu::conv_choice<double>(device, gpu::ConvDirection::forward, "test",
                                            reflect_conv(3, 1, 1), {1, 8, 8, 8}, {8, 3, 3, 8});
  CHECK_FALSE(own.library);
  const auto choice = gpu::conv_choice<float>(device, gpu::ConvDirection::forward, "test",
                                              reflect_conv(3, 1, 1), {1, 8, 8, 8}, {8, 3, 3, 8});
  REQUIRE(choice.library);
  CHECK_THROWS_WITH_AS(
      gpu::ConvLibrary<Cuda>::run(device, choice.plan.problem, nullptr, nullptr, nullptr, nullptr),
      doctest::Contains("only plans"), DeviceError);
}

TEST_CASE("a strict Cuda multiplies float as it is") {
  for (const auto maths : {Maths::fast, Maths::strict}) {
    Cuda device({.dry = true, .card = "a100", .maths = maths});
    const auto choice =
        gpu::conv_choice<float>(device, gpu::ConvDirection::forward, "test", reflect_conv(3, 1, 1),
                                {1, 64, 64, 256}, {256, 3, 3, 256});
    REQUIRE(choice.library);
    const auto& result = device.state<gpu::CudnnState>().plans.find(choice.plan.problem);
    REQUIRE(result.plan);
    CHECK(result.plan->tensor_cores == (maths == Maths::fast));
  }
}

}  // namespace
}  // namespace limn_test
