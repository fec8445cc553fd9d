// SPDX-License-Identifier: MIT
// Steps that accumulate batches, and steps whose discriminators see distorted pictures.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "limn/limn.hpp"

using namespace limn;

namespace {

using ugatit::ModelOptions;
using ugatit::TrainOptions;
using ugatit::Variant;

Tensor<Cpu, double> pictures(Cpu& device, Index n, Index size, std::uint64_t stream) {
  Tensor<Cpu, double> x(device, {n, size, size, 3});
  primitive::uniform(Philox{1, stream}, 0, -1, 1, x);
  return x;
}

/// All weights and vectors of spectral normalization, losses, and the pool's peak of a step.
struct Trained {
  std::map<std::string, std::vector<double>> values;
  std::vector<std::pair<std::string, double>> losses;
  std::size_t peak = 0;
};

Trained trained(const ModelOptions& model_options, const TrainOptions& options, int steps = 2) {
  Cpu device({.threads = 2});
  ugatit::Model<Cpu, double> model(device, model_options, 7);
  ugatit::Step<Cpu, double> step(model, options);
  Trained result;
  for (int i = 1; i <= steps; ++i) {
    const auto stream = static_cast<std::uint64_t>(10 * i);
    const auto losses =
        step(pictures(device, options.pictures(), model_options.size, stream),
             pictures(device, options.pictures(), model_options.size, stream + 1), i);
    for (const auto& loss : losses.read()) result.losses.push_back(loss);
  }
  for (const auto* set : {&model.generators, &model.discriminators})
    for (const auto* p : set->parameters()) result.values[p->name] = p->value.download();
  result.peak = device.memory().peak;
  return result;
}

/// Largest distance of weights, and of losses relative to their size.
std::pair<double, double> distance(const Trained& a, const Trained& b) {
  double weights = 0, losses = 0;
  REQUIRE(a.values.size() == b.values.size());
  for (const auto& [name, values] : a.values)
    for (std::size_t i = 0; i < values.size(); ++i)
      weights = std::max(weights, std::abs(values[i] - b.values.at(name)[i]));
  REQUIRE(a.losses.size() == b.losses.size());
  for (std::size_t i = 0; i < a.losses.size(); ++i) {
    REQUIRE(a.losses[i].first == b.losses[i].first);
    losses = std::max(losses, std::abs(a.losses[i].second - b.losses[i].second) /
                                  (1 + std::abs(a.losses[i].second)));
  }
  return {weights, losses};
}

}  // namespace

TEST_CASE("accumulated batches equal one that is as large, in less memory") {
  for (const Variant variant : {Variant::light, Variant::full}) {
    const ModelOptions model{.variant = variant, .size = 16, .channels = 2, .blocks = 1};
    TrainOptions options;
    options.steps = 10;
    options.learning_rate = 1e-3;
    options.augmentation = {true, true, true};
    options.batch = 4;
    const auto whole = trained(model, options);
    for (const Index batch : {2, 1}) {
      options.batch = batch;
      options.accumulate = 4 / batch;
      CAPTURE(batch);
      const auto parts = trained(model, options);
      const auto [weights, losses] = distance(whole, parts);
      CHECK(weights < 1e-8);
      CHECK(losses < 1e-10);
      CHECK(parts.peak < whole.peak);
    }
    options.batch = 1;
    options.accumulate = 1;
    CHECK(distance(whole, trained(model, options)).first > 1e-4);
  }
}

TEST_CASE("parts whose power iterations are held give them back, and nothing else is accepted") {
  Cpu device({.threads = 1});
  SpectralConvolution<Cpu, double> layer(3, 4, reflect_conv(4, 2, 1));
  ParameterSet<Cpu, double> set(device);
  set.add("layer", layer).allocate(false);
  set.initialize(1);
  const auto x = Var<Cpu, double>(pictures(device, 2, 8, 1));
  CHECK_THROWS_AS((void)layer(x, {1, PowerIteration::use}), ShapeError);
  const auto first = layer(x, {2, PowerIteration::hold}).value().download();
  const auto u = layer.u.value.download();
  CHECK_THROWS_AS((void)layer(x, {1, PowerIteration::use}), ShapeError);
  CHECK(layer(x, {2, PowerIteration::use}).value().download() == first);
  CHECK(layer(x, {2, PowerIteration::finish}).value().download() == first);
  CHECK(layer.u.value.download() == u);
  CHECK_THROWS_AS((void)layer(x, {2, PowerIteration::finish}), ShapeError);
  CHECK(layer(x, 2).value().download() != first);
}

TEST_CASE("distortions are those of seed and step, and shape what is learned") {
  const ModelOptions model{.size = 16, .channels = 2, .blocks = 1};
  TrainOptions options;
  options.steps = 10;
  const auto without = trained(model, options);
  options.augmentation.translation = true;
  const auto with = trained(model, options);
  CHECK(distance(with, trained(model, options)).first == 0);
  CHECK(distance(with, without).first > 1e-6);
  options.augmentation = {false, false, true};
  CHECK(distance(with, trained(model, options)).first > 1e-6);
  // the seed of the options is that of the distortions here; the weights come from the model's
  options.augmentation = {false, true, false};
  options.seed = 1;
  CHECK(distance(with, trained(model, options)).first > 1e-6);
}
