// SPDX-License-Identifier: MIT
// Steps that accumulate batches, and steps whose discriminators see distorted pictures.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "limn/limn.hpp"
#include "limn/models/ugatit/run_facts.hpp"

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

TEST_CASE("adversarial losses of every type are those of the logits, for maps and CAM alike") {
  const ModelOptions model_options{.size = 16, .channels = 2, .blocks = 1};
  const auto softplus = [](double x) { return std::log1p(std::exp(x)); };
  const auto hinge = [](double x) { return std::max(0.0, 1 - x); };
  std::vector<Trained> all;
  for (const auto type : {ugatit::GanType::lsgan, ugatit::GanType::gan, ugatit::GanType::hinge}) {
    TrainOptions options;
    options.steps = 10;
    options.gan_type = type;
    Cpu device({.threads = 1});
    ugatit::Model<Cpu, double> model(device, model_options, 7);
    ugatit::Step<Cpu, double> step(model, options);
    std::map<std::string, std::vector<double>> seen;
    step.observe([&](const auto& what) { seen[std::string(what.name)] = what.values(); });
    const auto losses = step(pictures(device, 1, 16, 10), pictures(device, 1, 16, 11), 1).read();
    const std::map<std::string, double> named(losses.begin(), losses.end());
    const auto mean = [&](const std::string& logits, auto&& f) {
      double sum = 0;
      for (const double x : seen.at(logits)) sum += f(x);
      return sum / static_cast<double>(seen.at(logits).size());
    };
    for (const std::string judge : {"GA", "LA", "GB", "LB"})
      for (const bool cam : {false, true}) {
        const std::string kind = cam ? "_cam_logit_" : "_logit_";
        const double expected = mean("real" + kind + judge,
                                     [&](double x) {
                                       return type == ugatit::GanType::lsgan ? (x - 1) * (x - 1)
                                              : type == ugatit::GanType::gan ? softplus(-x)
                                                                             : hinge(x);
                                     }) +
                                mean("fake" + kind + judge, [&](double y) {
                                  return type == ugatit::GanType::lsgan ? y * y
                                         : type == ugatit::GanType::gan ? softplus(y)
                                                                        : hinge(-y);
                                });
        CHECK(named.at((cam ? "D_ad_cam_loss_" : "D_ad_loss_") + judge) ==
              doctest::Approx(expected).epsilon(1e-12));
      }
    all.push_back(trained(model_options, options));
    options.batch = 2;
    const auto whole = trained(model_options, options);
    options.batch = 1;
    options.accumulate = 2;
    const auto [weights, terms] = distance(trained(model_options, options), whole);
    CHECK(weights < 1e-9);
    CHECK(terms < 1e-9);
  }
  CHECK(distance(all[0], all[1]).first > 1e-6);
  CHECK(distance(all[1], all[2]).first > 1e-6);
}

TEST_CASE("the report's levels are the losses where nothing has been learned") {
  const auto level = [](ugatit::GanType type, const std::string& key) {
    for (const auto& family : ugatit::loss_families(type))
      if (family.key == key) return family.level;
    return -1.0;
  };
  using enum ugatit::GanType;
  const double ln2 = std::log(2.0);
  CHECK(level(lsgan, "D_ad_loss") == 0.5);
  CHECK(level(lsgan, "G_ad_cam_loss") == 0.25);
  CHECK(level(gan, "D_ad_cam_loss") == doctest::Approx(2 * ln2));
  CHECK(level(gan, "G_ad_loss") == doctest::Approx(ln2));
  CHECK(level(hinge, "D_ad_loss") == 2);
  CHECK(level(hinge, "G_ad_loss") == 0);
}
