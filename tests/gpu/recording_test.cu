// SPDX-License-Identifier: MIT
// Training on a GPU: recorded steps give the bytes of steps computed as they are, and the pool
// grows to what the plan says.
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "limn/cuda.hpp"
#include "limn/models/ugatit/make_plan.hpp"

using namespace limn;

namespace {

ugatit::RunOptions small(bool small_data) {
  ugatit::RunOptions options;
  options.model = {.size = 64, .channels = 8, .blocks = 1};
  options.train.steps = 100;
  if (small_data) {
    options.train.augmentation = {true, true, true};
    options.train.accumulate = 2;
  }
  return options;
}

UnpairedBatch batch_of(const ugatit::RunOptions& options, std::int64_t step) {
  const Index s = options.model.size;
  UnpairedBatch batch{step - 1, {options.train.pictures(), s, s, 3}, {}, {}};
  const auto at = static_cast<std::uint64_t>(step);
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(batch.shape.size()); ++i) {
    batch.a.push_back(2 * Philox{at, 1}.uniform(i) - 1);
    batch.b.push_back(2 * Philox{at, 2}.uniform(i) - 1);
  }
  return batch;
}

std::vector<float> trained(const ugatit::RunOptions& options, bool recorded, std::size_t* peak) {
  const Picture picture(options.model.size, options.model.size);
  ugatit::Training<Cuda, float> training(std::make_unique<Cuda>(), options,
                                         {{{"a", picture}}, {{"b", picture}}});
  if (!recorded) training.step().observe([](const auto&) {}, false);
  for (int step = 1; step <= 5; ++step) training.train(batch_of(options, step), step);
  training.require_finite_state();
  static_cast<void>(training.samples(5));
  *peak = training.device().memory().peak;
  return training.model().generators.values().download();
}

}  // namespace

TEST_CASE("recorded steps on a GPU") {
  for (const bool small_data : {false, true}) {
    CAPTURE(small_data);
    const auto options = small(small_data);
    std::size_t peak = 0, eager_peak = 0;
    CHECK((trained(options, true, &peak) == trained(options, false, &eager_peak)));
    CudaOptions dry;
    dry.dry = true;
    CHECK(ugatit::make_plan<float>(options, std::make_unique<Cuda>(dry)).peak == peak);
  }
}
