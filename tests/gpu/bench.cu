// SPDX-License-Identifier: MIT
// limn-gpu-bench: one training step, or one translation of a batch, on the first GPU.
//   limn-gpu-bench infer|train light|full SIZE CHANNELS BATCH fp32|tf32|bf16 SECONDS
// Prints one JSON object; times are those of whole steps, waiting for the GPU, with the losses read
// as a training program does.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "limn/core/repeated.hpp"
#include "limn/cuda.hpp"
#include "limn/models/ugatit/checkpoint_options.hpp"
#include "limn/models/ugatit/step.hpp"

namespace {

using limn::Cuda;
using limn::Index;
namespace ugatit = limn::ugatit;

struct Lane {
  bool training = false;
  ugatit::ModelOptions model;
  Index batch = 1;
  std::string precision;
  double seconds = 2;
};

template <limn::Scalar T>
limn::Tensor<Cuda, T> pictures(Cuda& device, const Lane& lane, std::uint64_t stream) {
  limn::Tensor<Cuda, T> x(device, {lane.batch, lane.model.size, lane.model.size, 3});
  limn::primitive::uniform(limn::Philox{1, stream}, 0, -1, 1, x);
  return x;
}

/// Five untimed runs (as it is, recorded, replayed), then timed ones.
void measure(Cuda& device, const Lane& lane, const std::function<void()>& run) {
  using clock = std::chrono::steady_clock;
  const auto since = [](clock::time_point t) {
    return std::chrono::duration<double>(clock::now() - t).count();
  };
  for (int i = 0; i < 5; ++i) run();
  device.synchronize();
  std::vector<double> times;
  const auto start = clock::now();
  while (times.size() < 10 || since(start) < lane.seconds) {
    const auto t = clock::now();
    run();
    device.synchronize();
    times.push_back(since(t));
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"median_s\": %.9g, \"min_s\": %.9g, \"repeats\": %zu, \"peak_bytes\": %zu, "
      "\"device\": \"%s\"}\n",
      times[times.size() / 2], times.front(), times.size(), device.memory().peak,
      device.name().c_str());
}

template <limn::Scalar T>
void run(Cuda& device, const Lane& lane) {
  const auto a = pictures<T>(device, lane, 0), b = pictures<T>(device, lane, 1);
  if (!lane.training) {
    ugatit::Generator<Cuda, T> generator(lane.model);
    limn::ParameterSet<Cuda, T> parameters(device);
    parameters.add("genA2B", generator);
    parameters.allocate_for_inference();
    parameters.initialize(0);
    limn::Repeated<Cuda, ugatit::Translation<Cuda, T>> translations;
    measure(device, lane, [&] {
      static_cast<void>(
          translations(device, [&] { return generator(limn::Var<Cuda, T>(a), true); }));
    });
    return;
  }
  ugatit::TrainOptions options;
  options.batch = lane.batch;
  options.ema = 0;  // peers average nothing
  options.decay = false;
  ugatit::Model<Cuda, T> model(device, lane.model, 0);
  ugatit::Step<Cuda, T> step(model, options);
  limn::Repeated<Cuda, ugatit::Losses<Cuda, T>> steps;
  std::int64_t done = 0;
  measure(device, lane, [&] {
    step.begin(++done);
    static_cast<void>(steps(device, [&] { return step.compute(a, b); }).read());
  });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 8)
      throw limn::UsageError("infer|train light|full SIZE CHANNELS BATCH fp32|tf32|bf16 SECONDS");
    Lane lane;
    const std::string mode = argv[1];
    if (mode != "infer" && mode != "train")
      throw limn::UsageError("'" + mode + "' is neither infer nor train");
    lane.training = mode == "train";
    lane.model.variant = ugatit::parse_variant(argv[2]);
    lane.model.size = limn::parse_number<Index>("SIZE", argv[3], 16, 4096);
    lane.model.channels = limn::parse_number<Index>("CHANNELS", argv[4], 1, 1024);
    lane.batch = limn::parse_number<Index>("BATCH", argv[5], 1, 1024);
    lane.precision = argv[6];
    lane.seconds = limn::parse_number<double>("SECONDS", argv[7], 0, 1000);
    limn::CudaOptions options;
    options.maths = lane.precision == "fp32" ? limn::Maths::strict : limn::Maths::fast;
    Cuda device(options);
    if (lane.precision == "bf16")
      run<limn::bfloat16>(device, lane);
    else if (lane.precision == "fp32" || lane.precision == "tf32")
      run<float>(device, lane);
    else
      throw limn::UsageError("precision '" + lane.precision + "' is none of fp32, tf32, bf16");
    return 0;
  } catch (const limn::UsageError& error) {
    std::fprintf(stderr, "limn-gpu-bench: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limn-gpu-bench: %s\n", error.what());
    return 1;
  }
}
