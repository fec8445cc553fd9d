// SPDX-License-Identifier: MIT
// Trainings as the published TensorFlow code on the emulated GPU: as on the CPU.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "limn/cuda_emulation.hpp"
#include "limn/limn.hpp"

using namespace limn;

namespace {

/// All weights after two steps.
template <Device D>
std::vector<double> trained(D& device, const ugatit::ModelOptions& options) {
  ugatit::Model<D, double> model(device, options, 3);
  ugatit::Step<D, double> step(model, {.steps = 10, .learning_rate = 1e-3});
  const auto given = [&](std::uint64_t stream) {
    const Index size = options.size, count = options.compat.own_batches ? 2 : 1;
    Tensor<D, double> x(device, {count, size, size, 3});
    std::vector<double> values;
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(x.size()); ++i)
      values.push_back(2 * static_cast<double>(Philox{1, stream}.uniform(i)) - 1);
    x.upload(values);
    return x;
  };
  const auto a = given(1), b = given(2);
  for (int i = 1; i <= 2; ++i) static_cast<void>(step(a, b, i).read());
  auto weights = model.generators.values().download();
  const auto more = model.discriminators.values().download();
  weights.insert(weights.end(), more.begin(), more.end());
  return weights;
}

}  // namespace

TEST_CASE("every difference to the PyTorch code is computed on a GPU as on the CPU") {
  for (const bool normalized : {true, false}) {
    CAPTURE(normalized);
    ugatit::ModelOptions options{.size = 16, .channels = 2, .blocks = 1};
    options.compat = ugatit::parse_compat("tensorflow,no-initialization");
    options.adalin_smoothing = true;
    options.spectral_norm = normalized;
    Cpu cpu({.threads = 2});
    CudaEmulation gpu;
    const auto expected = trained(cpu, options), got = trained(gpu, options);
    REQUIRE(expected.size() == got.size());
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      worst = std::max(worst, std::abs(got[i] - expected[i]));
    CHECK(worst < 1e-6);  // first values agree to that, see training_test.cpp
    CHECK(std::any_of(got.begin(), got.end(), [](double w) { return w != 0; }));
  }
}
