// SPDX-License-Identifier: MIT
// The device itself, where no card is needed: what it says without a driver, and what a dry one
// plans. With a card it is opened for real.
#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/tensor.hpp"
#include "limn/cuda/device.hpp"
#include "other_unit.hpp"

namespace {

using namespace limn;

struct Double {
  static constexpr int threads = 64;
  float* x;
  Index count;
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const Index i = block.x() * threads + thread;
      if (i < count) x[i] *= 2;
    });
  }
};

CudaOptions planned(const std::string& card) {
  CudaOptions options;
  options.dry = true;
  options.card = card;
  return options;
}

bool has_card() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_CASE("without a card: one sentence that says what is missing" * doctest::skip(has_card())) {
  const std::string said = message([] { Cuda device; });
  MESSAGE(said);
  CHECK(said.starts_with("[Cuda] "));
  CHECK((said.find("driver") != std::string_view::npos ||
         said.find("card") != std::string_view::npos));
  CHECK(said.find('\n') == std::string_view::npos);
  CudaOptions dry;
  dry.dry = true;  // and no card is described
  CHECK(message([&] { Cuda device(dry); }) == said);
}

TEST_CASE("on a card: launches, copies, recordings with branches" * doctest::skip(!has_card())) {
  Cuda device;
  MESSAGE(device.name());
  const Tensor<Cuda, float> x(device, vector_shape(1000));
  std::vector<float> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  x.upload(values);
  gpu::launch(device, {gpu::blocks_of(1000, Double::threads)}, Double{x.data(), 1000});
  CHECK(x.download()[999] == 1998.0F);
  auto recording = device.record([&] {
    gpu::launch(device, {gpu::blocks_of(1000, Double::threads)}, Double{x.data(), 1000});
  });
  CHECK(x.download()[999] == 1998.0F);  // recorded, not computed
  device.replay(recording);
  device.replay(recording);
  CHECK(x.download()[999] == 4.0F * 1998.0F);

  // three branches, each with memory of its own
  std::vector<Tensor<Cuda, float>> parts;
  for (int i = 0; i < 3; ++i) parts.emplace_back(device, vector_shape(100000));
  std::vector<std::function<void()>> work;
  for (const auto& part : parts)
    work.emplace_back([&device, part] {
      for (int i = 0; i < 3; ++i)
        gpu::launch(device, {gpu::blocks_of(part.size(), Double::threads)},
                    Double{part.data(), part.size()});
    });
  const std::vector<float> ones(100000, 1.0F);
  for (const auto& part : parts) part.upload(ones);
  recording = device.record([&] {
    device.parallel(work);
    for (const auto& part : parts)
      gpu::launch(device, {gpu::blocks_of(part.size(), Double::threads)},
                  Double{part.data(), part.size()});
  });
  device.replay(recording);
  for (const auto& part : parts) CHECK(part.download() == std::vector<float>(100000, 16.0F));

  // more than the staging ring holds
  const Tensor<Cuda, float> large(device, vector_shape(10'000'000));
  std::vector<float> many(10'000'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<float>(i % 8191);
  large.upload(many);
  CHECK(large.download() == many);

  const std::string full =
      message([&] { const Tensor<Cuda, float> too_large(device, vector_shape(Index{1} << 42)); });
  CHECK(full.find("out of memory: 17592186044416 bytes asked for") != std::string_view::npos);
  CHECK(message([&] {
          gpu::launch(device, {1, 70000}, Double{x.data(), 1000});
        }).find("Double") != std::string_view::npos);
}

TEST_CASE("a dry device of every built-in card plans without a driver") {
  for (const gpu::Card& known : gpu::known_cards) {
    Cuda device(planned(std::string(known.name)));
    CHECK(device.card().name == known.device_name);
    CHECK(device.card().version == known.architecture);
    CHECK(device.card().multiprocessors == known.multiprocessors);
    CHECK(device.card().memory == static_cast<std::uint64_t>(known.memory));
    {
      const Tensor<Cuda, float> x(device, {1, 64, 64, 256});
      CHECK(device.memory().current == std::size_t{4} * 64 * 64 * 256);
      CHECK_THROWS_AS(static_cast<void>(x.data()), DeviceError);
      CHECK_THROWS_AS(static_cast<void>(x.download()), DeviceError);
      gpu::launch(device, {1}, Double{nullptr, 0});  // nothing happens
    }
    CHECK(device.memory().current == 0);
    CHECK(device.memory().peak == std::size_t{4} * 64 * 64 * 256);
  }
  Cuda device(planned("h100"));
  CHECK(device.name() == "NVIDIA H100 80GB HBM3, sm_90, TF32");
  CudaOptions strict = planned("a100");
  strict.maths = Maths::strict;
  CHECK(Cuda(strict).name() == "NVIDIA A100-SXM4-80GB, sm_80, FP32");
}

TEST_CASE("a card that is described wrongly is refused in a sentence") {
  CHECK(message([] { Cuda device(planned("h200")); }) ==
        "[Cuda] card 'h200' is none of h100, a100, rtx4090, b200, and no property file that can be "
        "read");
  CudaOptions options;
  options.card = "h100";
  CHECK_THROWS_AS(Cuda{options}, UsageError);
  CHECK(message([] { static_cast<void>(gpu::parse_card("{}", "x.json")); }) ==
        "[Cuda] x.json describes no card: it has no \"deviceName\"");
  CHECK(message([] {
          static_cast<void>(gpu::parse_card(R"({"deviceName": "A", "deviceVer": -3})", "x.json"));
        }) == "[Cuda] x.json describes no card: it has no positive number \"deviceVer\"");
}

TEST_CASE("a recording on a dry device: the same plan, and no look at values") {
  Cuda device(planned("h100"));
  const auto work = [&device] {
    const Tensor<Cuda, float> a(device, vector_shape(1000));
    device.count({10, 20, 1});
    const std::vector<std::function<void()>> parts(3, [&device] {
      const Tensor<Cuda, float> b(device, vector_shape(5000));
      const Tensor<Cuda, float> c(device, vector_shape(7000));
    });
    device.parallel(parts);
  };
  work();
  const MemoryUse eager = device.memory();
  CHECK(eager.current == 0);
  // branches do not share memory, run one after another or side by side
  CHECK(eager.peak >= std::size_t{4} * (1000 + 3 * 12000));
  {
    const Cuda::Recording recording = device.record(work);
    CHECK(device.memory().peak == eager.peak);
    CHECK(device.memory().growths == eager.growths);
    CHECK(device.work().calls == 1);
    CHECK(recording.work().multiply_adds == 10);
    device.replay(recording);
    CHECK(device.work().calls == 2);
    const Tensor<Cuda, float> other(device, vector_shape(64));  // not where the recording writes
    CHECK(device.memory().peak == eager.peak + 256);
  }
  const Tensor<Cuda, float> other(device, vector_shape(64));
  CHECK(device.memory().peak == eager.peak + 256);

  float value = 0;
  const auto refused = [&](const std::function<void()>& inside) {
    const std::string said = message([&] { static_cast<void>(device.record(inside)); });
    CHECK_FALSE(device.recording());
    return said.find("while work is recorded") != std::string_view::npos;
  };
  CHECK(refused([&] { device.download(&value, nullptr, sizeof value); }));
  CHECK(refused([&] { device.upload(nullptr, &value, sizeof value); }));
  CHECK(refused([&] { device.synchronize(); }));
  CHECK(refused([&] { static_cast<void>(device.record([] {})); }));
  CHECK(refused([&] { device.replay(Cuda::Recording{}); }));
  CHECK_THROWS_AS(device.replay(Cuda::Recording{}), DeviceError);
  Cuda stranger(planned("h100"));
  const auto recording = stranger.record([] {});
  CHECK_THROWS_AS(device.replay(recording), DeviceError);
}

TEST_CASE("what CUDA answers becomes one sentence") {
  const auto why = [](cudaError_t error, int driver) {
    return gpu::detail::missing_driver(error, driver, 13000);
  };
  CHECK(why(cudaErrorInsufficientDriver, 0).starts_with("there is no NVIDIA driver"));
  CHECK(why(cudaErrorInsufficientDriver, 12040) ==
        "the NVIDIA driver is too old: it knows CUDA 12.4, this program was built with CUDA 13.0; "
        "install a newer driver, or build with an older toolkit");
  CHECK(why(cudaErrorNoDevice, 13000).starts_with("the NVIDIA driver sees no card"));
  CHECK(why(cudaErrorIllegalAddress, 13000).empty());

  const auto said = [](cudaError_t error) {
    return message([&] { gpu::check(error, "waiting for the card"); });
  };
  CHECK(said(cudaSuccess) == "nothing was thrown");
  CHECK(said(cudaErrorIllegalAddress)
            .starts_with("[Cuda] waiting for the card: a kernel that was launched here or earlier "
                         "failed (an illegal memory access"));
  CHECK(said(cudaErrorNoKernelImageForDevice) ==
        "[Cuda] waiting for the card: this program has no code for the card, it was compiled for " +
            gpu::compiled_architectures() + "; build it with CMAKE_CUDA_ARCHITECTURES=native");
  CHECK(gpu::compiled_architectures().starts_with("sm_"));
  CHECK(said(cudaErrorMemoryAllocation).find("--plan") != std::string_view::npos);
  CHECK(said(cudaErrorInvalidValue) ==
        "[Cuda] waiting for the card: invalid argument (cudaErrorInvalidValue)");
}

TEST_CASE("a library's state is made once, when it is asked for") {
  struct State {
    explicit State(Cuda& of) : device(&of) {}
    Cuda* device;
    int uses = 0;
  };
  struct OtherState : State {
    using State::State;
  };
  Cuda device(planned("b200"));
  ++device.state<State>().uses;
  ++device.state<State>().uses;
  CHECK(device.state<State>().uses == 2);
  CHECK(device.state<State>().device == &device);
  CHECK(device.state<OtherState>().uses == 0);
}

TEST_CASE("a kernel has a name") {
  CHECK(gpu::kernel_name<Double>().find("Double") != std::string_view::npos);
  CHECK(gpu::kernel_name<Double>().find("K = ") == std::string_view::npos);
}

TEST_CASE("two units with the device in one program") {
  Cuda device(planned("a100"));
  CHECK(peak_of_other_unit(device) == 1024);
  CHECK(device.memory().current == 0);
}

}  // namespace
