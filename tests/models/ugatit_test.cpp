// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "limn/limn.hpp"

using namespace limn;

namespace {

using ugatit::ModelOptions;
using ugatit::Variant;

template <class T>
Tensor<Cpu, T> picture(Cpu& device, Index n, Index size, std::uint64_t stream) {
  Tensor<Cpu, T> x(device, {n, size, size, 3});
  primitive::uniform(Philox{1, stream}, 0, -1, 1, x);
  return x;
}

template <class T>
std::vector<T> flat(const ugatit::Model<Cpu, T>& model) {
  return model.generators.values().download();
}

}  // namespace

TEST_CASE("discriminators halve as published from 96 pixels on, and less below") {
  CHECK(ugatit::fitting_halvings(256, ugatit::global_halvings) == 5);
  CHECK(ugatit::fitting_halvings(96, ugatit::global_halvings) == 5);
  CHECK(ugatit::fitting_halvings(64, ugatit::global_halvings) == 4);
  CHECK(ugatit::fitting_halvings(64, ugatit::local_halvings) == 3);
  CHECK(ugatit::fitting_halvings(32, ugatit::global_halvings) == 3);
  CHECK(ugatit::fitting_halvings(16, ugatit::local_halvings) == 2);
}

TEST_CASE("pooled equals light with one bin, and full with as many bins as pixels") {
  Cpu device({.threads = 2});
  const auto trained = [&](Variant variant, Index pool) {
    ugatit::Model<Cpu, double> model(
        device, {.variant = variant, .pool = pool, .size = 16, .channels = 2, .blocks = 1}, 7);
    ugatit::Step<Cpu, double> step(model, {.steps = 100, .learning_rate = 1e-3});
    for (int i = 1; i <= 2; ++i)
      static_cast<void>(
          step(picture<double>(device, 1, 16, 1), picture<double>(device, 1, 16, 2), i));
    return flat(model);
  };
  const auto close = [](const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
    return worst;
  };
  CHECK(close(trained(Variant::light, 8), trained(Variant::pooled, 1)) < 1e-12);
  CHECK(close(trained(Variant::full, 8), trained(Variant::pooled, 4)) < 1e-12);
}

TEST_CASE(
    "a residual generator begins with the picture, and changes it by what a painting one puts "
    "through tanh") {
  Cpu device({.threads = 2});
  const ModelOptions painting{.size = 16, .channels = 2, .blocks = 1};
  ModelOptions changing = painting;
  changing.residual = true;
  ugatit::Model<Cpu, double> paints(device, painting, 7), changes(device, changing, 7);
  const auto x = picture<double>(device, 2, 16, 1);
  const auto given = x.download();
  CHECK(changes.a2b(Var<Cpu, double>(x)).image.value().download() == given);  // so it begins

  changes.generators.values().upload(flat(paints));
  const auto painted = paints.a2b(Var<Cpu, double>(x)).image.value().download(),
             changed = changes.a2b(Var<Cpu, double>(x)).image.value().download();
  double worst = 0;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    const double r = std::atanh(painted[i]),
                 y = std::clamp(given[i] + (1 - given[i] * given[i]) * r, -1.0, 1.0);
    worst = std::max(worst, std::abs(changed[i] - y));
  }
  CHECK(worst < 1e-12);

  // white and black stay, whatever r is
  primitive::fill(x, 1.0);
  CHECK(changes.a2b(Var<Cpu, double>(x)).image.value().download() ==
        std::vector<double>(given.size(), 1.0));
  primitive::fill(x, -1.0);
  CHECK(changes.a2b(Var<Cpu, double>(x)).image.value().download() ==
        std::vector<double>(given.size(), -1.0));
  x.upload(given);

  // no change: the picture, and the whole gradient goes through
  primitive::fill(changes.a2b.decode.last.weight.value, 0.0);
  Tape<Cpu> tape;
  const auto input = tape.input(x);
  const auto same = changes.a2b(input).image;
  CHECK(same.value().download() == given);
  const auto t = picture<double>(device, 2, 16, 2);
  tape.backward(l1(same, t));
  const auto target = t.download(), gradient = input.gradient().tensor().download();
  for (std::size_t i = 0; i < gradient.size(); ++i)
    CHECK(gradient[i] == (given[i] > target[i] ? 1.0 : -1.0) / static_cast<double>(x.size()));
}

TEST_CASE(
    "a step translates six times forwards, and computes no weight gradient of a frozen "
    "discriminator") {
  Cpu device({.dry = true});
  const ModelOptions options{.size = 32, .channels = 8, .blocks = 2};
  ugatit::Model<Cpu, float> model(device, options, 0);
  const auto work = [&](auto&& f) {
    const auto before = device.work().multiply_adds;
    f();
    return static_cast<double>(device.work().multiply_adds - before);
  };
  const auto x = picture<float>(device, 1, 32, 1);
  const double g = work([&] { static_cast<void>(model.a2b(Var<Cpu, float>(x))); });
  const double d = work([&] {
    for (auto* net : {&model.global_a, &model.global_b, &model.local_a, &model.local_b})
      static_cast<void>((*net)(Var<Cpu, float>(x)));
  });
  ugatit::Step<Cpu, float> step(model, {.steps = 10});
  const double total = work([&] { static_cast<void>(step(x, x, 1)); });
  // 6 forwards and 12 half-backwards of generators (the first convolutions of four passes need no
  // dx), and of discriminators 2 + 1 forwards, 2 weight gradients, 2 + 1 dx; power iterations and
  // small products are a few per cent
  CHECK(total < 1.02 * (18 * g + 8 * d));
  CHECK(total > 0.9 * (18 * g + 7.5 * d));
}

TEST_CASE("a dry step asks for exactly the memory of a real one, and the second step for none") {
  const ModelOptions options{.variant = Variant::full, .size = 32, .channels = 4, .blocks = 1};
  MemoryUse uses[2];
  for (const bool dry : {true, false}) {
    Cpu device({.threads = 2, .dry = dry});
    ugatit::Model<Cpu, float> model(device, options, 0);
    ugatit::Step<Cpu, float> step(model, {.batch = 2, .steps = 10});
    const auto a = picture<float>(device, 2, 32, 1), b = picture<float>(device, 2, 32, 2);
    static_cast<void>(step(a, b, 1));
    const auto after_first = device.memory();
    static_cast<void>(step(a, b, 2));
    CHECK(device.memory().growths == after_first.growths);
    uses[dry ? 0 : 1] = device.memory();
  }
  CHECK(uses[0].peak == uses[1].peak);
  CHECK(uses[0].current == uses[1].current);
  CHECK(uses[0].requests == uses[1].requests);
}

TEST_CASE(
    "gradients exist while their networks learn, and after a step only where it is observed") {
  Cpu device({.threads = 2});
  ugatit::Model<Cpu, float> model(device, {.size = 32, .channels = 4, .blocks = 1}, 3);
  ugatit::Step<Cpu, float> step(model, {.steps = 10});
  const auto x = picture<float>(device, 1, 32, 1);
  const auto learning = [&] {
    std::size_t parts = 0;
    for (const auto* set : {&model.generators, &model.discriminators})
      for (const auto& part : set->parts()) parts += part.gradients.defined() ? 1 : 0;
    return parts;
  };
  std::vector<std::size_t> seen;
  step.observe([&](auto&&...) { seen.push_back(learning()); }, false);
  static_cast<void>(step(x, x, 1));
  // six translated pictures and logits; four discriminators, one at a time; two cycles
  std::vector<std::size_t> expected(6, 0);
  expected.resize(6 + 4 * 4, 1);
  expected.resize(6 + 4 * 4 + 2, 2);
  CHECK(seen == expected);
  CHECK(learning() == 0);

  step.observe([](auto&&...) {});
  static_cast<void>(step(x, x, 2));
  CHECK(learning() == 6);
  step.observe(nullptr);
  static_cast<void>(step(x, x, 3));
  CHECK(learning() == 0);
}

TEST_CASE("the same seed gives the same bytes with one and two threads") {
  std::vector<float> results[2];
  for (const int threads : {1, 2}) {
    Cpu device({.threads = threads});
    ugatit::Model<Cpu, float> model(device, {.size = 32, .channels = 4, .blocks = 1}, 3);
    ugatit::Step<Cpu, float> step(model, {.steps = 10});
    for (int i = 1; i <= 2; ++i)
      static_cast<void>(
          step(picture<float>(device, 1, 32, 1), picture<float>(device, 1, 32, 2), i));
    results[threads - 1] = flat(model);
  }
  CHECK(results[0] == results[1]);
}

TEST_CASE("inference keeps nothing but its result") {
  Cpu device({.threads = 2});
  ugatit::Model<Cpu, float> model(device, {.size = 32, .channels = 4, .blocks = 1}, 3);
  const auto x = picture<float>(device, 1, 32, 1);
  const auto before = device.memory().current;
  {
    const auto translation = model.a2b(Var<Cpu, float>(x));
    CHECK(translation.image.shape() == Shape{1, 32, 32, 3});
    CHECK(device.memory().current <= before + translation.image.value().bytes() + 128);
  }
  CHECK(device.memory().current == before);
}

TEST_CASE("the learning rate is constant for half of the run and reaches zero at its end") {
  CHECK(linear_decay(1e-4, 1, 100) == 1e-4);
  CHECK(linear_decay(1e-4, 50, 100) == 1e-4);
  CHECK(linear_decay(1e-4, 75, 100) == doctest::Approx(0.5e-4));
  CHECK(linear_decay(1e-4, 100, 100) == 0);
  CHECK(linear_decay(1e-4, 101, 101) == 0);
}

TEST_CASE("options that do not work are refused by name") {
  CHECK_THROWS_WITH_AS((ModelOptions{.size = 30}.check()), doctest::Contains("size 30"),
                       UsageError);
  CHECK_THROWS_WITH_AS((ModelOptions{.variant = Variant::pooled, .pool = 9, .size = 32}.check()),
                       doctest::Contains("pool 9"), UsageError);
  CHECK_THROWS_WITH_AS(static_cast<void>(ugatit::parse_variant("heavy")),
                       doctest::Contains("heavy"), UsageError);
}
