// SPDX-License-Identifier: MIT
// cuDNN's plans for a card that is not there.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../model_convolutions.hpp"
#include "limn/cuda/card.hpp"
#include "limn/cuda/cards.hpp"
#include "limn/cuda/cudnn_plans.hpp"

namespace limn_test {
namespace {

using namespace limn;
using namespace limn::gpu;

ConvProblem body_problem(ConvDirection direction, ConvType type, Maths maths) {
  ConvProblem p;
  p.direction = direction;
  p.type = type;
  p.maths = maths;
  p.x = {1, 66, 66, 256};
  p.y = {1, 64, 64, 256};
  p.kernel = 3;
  p.x_strides = packed_strides(p.x);
  p.y_strides = packed_strides(p.y);
  return p;
}

template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_CASE("cuDNN plans for each card; strictly without tensor cores, else with them") {
  for (const Card& card : known_cards) {
    CAPTURE(card.name);
    CudnnPlans plans(properties_text(card));
    for (const auto direction :
         {ConvDirection::forward, ConvDirection::backward_data, ConvDirection::backward_weights}) {
      CAPTURE(to_string(direction));
      for (const auto type : {ConvType::fp32, ConvType::bf16})
        for (const auto maths : {Maths::fast, Maths::strict}) {
          const auto& result = plans.find(body_problem(direction, type, maths));
          REQUIRE_MESSAGE(result.plan, result.why);
          CHECK(result.plan->tensor_cores == (type == ConvType::bf16 || maths == Maths::fast));
          CHECK(result.plan->workspace <= reasonable_workspace);
          CHECK_FALSE(result.plan->engine.empty());
        }
    }
  }
}

TEST_CASE("engines are refused that add in another order each time, or round more than asked for") {
  const auto fast = [](ConvType type) {
    return body_problem(ConvDirection::forward, type, Maths::fast);
  };
  const auto strict = [](ConvType type) {
    return body_problem(ConvDirection::forward, type, Maths::strict);
  };
  using gpu::detail::allowed;
  for (const auto type : {ConvType::fp32, ConvType::bf16})
    for (const auto& problem : {fast(type), strict(type)}) {
      CHECK(allowed(problem, {}));
      CHECK_FALSE(allowed(problem, {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC}));
      CHECK_FALSE(allowed(problem, {CUDNN_NUMERICAL_NOTE_TENSOR_CORE,
                                    CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION}));
    }
  CHECK(allowed(fast(ConvType::fp32), {CUDNN_NUMERICAL_NOTE_TENSOR_CORE}));
  CHECK(allowed(fast(ConvType::bf16), {CUDNN_NUMERICAL_NOTE_TENSOR_CORE}));
  CHECK(allowed(strict(ConvType::bf16), {CUDNN_NUMERICAL_NOTE_TENSOR_CORE}));
  CHECK_FALSE(allowed(strict(ConvType::fp32), {CUDNN_NUMERICAL_NOTE_TENSOR_CORE}));
  CHECK_FALSE(allowed(fast(ConvType::fp32), {CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS}));
  CHECK(allowed(fast(ConvType::fp32), {CUDNN_NUMERICAL_NOTE_WINOGRAD}));
  for (const auto note : {CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4,
                          CUDNN_NUMERICAL_NOTE_FFT})
    CHECK_FALSE(allowed(strict(ConvType::bf16), {note}));
}

TEST_CASE("a plan is made once, and the same for the same card") {
  const auto problem = body_problem(ConvDirection::forward, ConvType::bf16, Maths::fast);
  CudnnPlans plans(properties_text(card_named("h100"))),
      others(properties_text(card_named("h100")));
  const auto* first = &plans.find(problem);
  static_cast<void>(
      plans.find(body_problem(ConvDirection::backward_data, ConvType::bf16, Maths::fast)));
  CHECK(&plans.find(problem) == first);
  REQUIRE(first->plan);
  REQUIRE(others.find(problem).plan);
  CHECK(others.find(problem).plan->engine == first->plan->engine);
}

TEST_CASE("a window of a larger picture, and what no engine can do") {
  CudnnPlans plans(properties_text(card_named("h100")));
  auto window = body_problem(ConvDirection::forward, ConvType::fp32, Maths::fast);
  window.x_strides = packed_strides({1, 70, 70, 256});
  window.y_strides = {128 * 128 * 256, 2 * 128 * 256, 2 * 256};
  const auto& result = plans.find(window);
  REQUIRE_MESSAGE(result.plan, result.why);
  auto impossible = window;  // y is larger than what comes out
  impossible.y = {1, 65, 65, 256};
  const auto message = message_of([&] {
    const auto& none = plans.find(impossible);
    CHECK_FALSE(none.plan);
    throw DeviceError(none.why);
  });
  CHECK(message.size() > 10);
}

TEST_CASE("a device that only plans computes nothing") {
  CudnnPlans plans(properties_text(card_named("a100")));
  const auto problem = body_problem(ConvDirection::forward, ConvType::bf16, Maths::fast);
  const auto message = message_of([&] { plans.run(nullptr, problem, {}, nullptr); });
  CHECK(message.find("only plans") != std::string::npos);
  CHECK(message.find("x (1,66,66,256)") != std::string::npos);
}

TEST_CASE("cuDNN that is missing, no cuDNN, or too old: one sentence") {
  CHECK(message_of([] {
          static_cast<void>(CudnnLibrary::open({"libnowhere.so.9", "/nowhere/libcudnn.so.9"}));
        }).find("searched libnowhere.so.9, /nowhere/libcudnn.so.9") != std::string::npos);
  CHECK(message_of([] {
          static_cast<void>(CudnnLibrary::open({"libm.so.6"}));
        }).find("libm.so.6) has no cudnnGetVersion") != std::string::npos);
  CHECK(message_of([] { CudnnLibrary::require_version(90701, "libcudnn.so.9"); }) ==
        "[Cuda] cuDNN 9.7.1 (libcudnn.so.9) is too old: limn needs 9.8.0 or newer");
  CHECK(message_of([] { CudnnLibrary::require_version(90800, "libcudnn.so.9"); }) ==
        "nothing was thrown");
  CHECK(message_of([] {
          const CudnnPlans plans("{\"deviceName\":\"toaster\"}");
        }).find("[Cuda] cuDNN, properties of a card: ") == 0);
}

TEST_CASE("alignment that an operand has where it begins") {
  auto p = body_problem(ConvDirection::forward, ConvType::bf16, Maths::fast);
  CHECK(operand_alignment(p, ConvOperand::x) == 16);
  p.x = {2, 5, 5, 3};  // a sample is 150 bytes
  p.x_strides = packed_strides(p.x);
  CHECK(operand_alignment(p, ConvOperand::x) == 2);
  p.type = ConvType::fp32;
  CHECK(operand_alignment(p, ConvOperand::x) == 4);
  p.y = {1, 8, 8, 2};
  p.y_strides = packed_strides({1, 16, 16, 2});
  CHECK(operand_alignment(p, ConvOperand::y) == 8);
}

TEST_CASE("the recorder names each convolution of a step, with its batches") {
  ugatit::ModelOptions options;
  options.size = 64;
  options.channels = 4;
  options.blocks = 1;
  const auto calls = convolutions_of_step<bfloat16>(options, 3);
  const auto has = [&](const std::string& name, ConvDirection direction, const Shape& x) {
    for (const auto& [layers, call] : calls)
      if (layers.find(name) == 0 && call.direction == direction && call.x == x &&
          call.type == ConvType::bf16)
        return true;
    return false;
  };
  // translation and identity are one batch of six, the way back one of three
  CHECK(has("genA2B.DownBlock.1", ConvDirection::forward, {6, 64, 64, 3}));
  CHECK(has("genA2B.DownBlock.1", ConvDirection::backward_data, {3, 64, 64, 3}));
  CHECK_FALSE(has("genA2B.DownBlock.1", ConvDirection::backward_data, {6, 64, 64, 3}));
  // a map of 16 x 16 that lies there with its border of copied edges
  CHECK(has("genA2B.UpBlock2.2", ConvDirection::backward_weights, {6, 18, 18, 16}));
  CHECK(has("disLA.model.1", ConvDirection::forward, {3, 64, 64, 3}) !=
        has("disGA.model.1", ConvDirection::forward, {3, 64, 64, 3}));
  CHECK(calls.size() > 60);
}

}  // namespace
}  // namespace limn_test
