// SPDX-License-Identifier: MIT
// --precision: what trains in bfloat16 is resumed to the bit, planned to the byte, close to float,
// and float wherever a few values decide. --maths: checkpoints store it, resuming compares it, and
// every device of a run computes with it.
#include <doctest/doctest.h>

#include <cmath>
#include <concepts>
#include <memory>
#include <string>
#include <vector>

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/training_cpu.hpp"
#include "limn/translate.hpp"
#include "small_run.hpp"

using namespace limn;
using ugatit::Precision;
using ugatit::Variant;

namespace {

constexpr Precision all_precisions[]{Precision::fp32, Precision::bf16, Precision::fp64};

/// Mean absolute difference of two pictures, in levels.
double difference(const Picture& a, const Picture& b) {
  REQUIRE(a.pixels.size() == b.pixels.size());
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    sum += std::abs(static_cast<double>(a.pixels[i]) - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

Maths maths_of(Trainable& training) {
  return dynamic_cast<ugatit::Training<Cpu, float>&>(training).device().maths();
}

}  // namespace

// What is small is float, in value and gradient.
static_assert(
    std::same_as<decltype(ugatit::Judgement<Cpu, bfloat16>::cam_logits), Var<Cpu, float>>);
static_assert(
    std::same_as<decltype(ugatit::Translation<Cpu, bfloat16>::cam_logits), Var<Cpu, float>>);
static_assert(std::same_as<decltype(average_pool(std::declval<const Var<Cpu, bfloat16>&>())),
                           Var<Cpu, float>>);
static_assert(std::same_as<decltype(std::declval<Linear<Cpu, bfloat16>&>()(
                               std::declval<const Var<Cpu, float>&>())),
                           Var<Cpu, float>>);
static_assert(std::same_as<decltype(least_squares(std::declval<const Var<Cpu, bfloat16>&>(), 1)),
                           Var<Cpu, float>>);

TEST_CASE("a precision that is not compiled for a device is refused, the others are taken") {
  const auto bytes = [](Precision p) {
    return ugatit::with_precision_among<float, bfloat16>(p, []<Scalar T>() { return sizeof(T); });
  };
  CHECK(bytes(Precision::fp32) == 4);
  CHECK(bytes(Precision::bf16) == 2);
  CHECK_THROWS_WITH_AS(bytes(Precision::fp64),
                       "precision fp64 is not compiled for this device in this program",
                       UsageError);
}

TEST_CASE_FIXTURE(SmallRun, "bf16: cut, on two threads: always the same training") {
  options.precision = Precision::bf16;
  for (const auto variant : {Variant::light, Variant::full, Variant::pooled}) {
    options.model.variant = variant;
    options.model.pool = 2;
    options.train.batch = variant == Variant::light ? 1 : 2;
    const std::string name = to_string(variant);
    ugatit::start_run(options, place(name))->run();
    ugatit::start_run(options, place(name + "-cut", 2))->run(2);
    ugatit::resume_run(place(name + "-cut"))->run();
    CHECK((checkpoint(name) == checkpoint(name + "-cut")));
    CHECK(log(name) == log(name + "-cut"));
  }
  const SafetensorsFile file(folder / "light/latest.safetensors");
  CHECK(file.metadata().at("option.precision") == "bf16");
  for (const auto& name : file.names()) CHECK(file.info(name).type == StorageType::f32);
  CHECK(contains(message_of<UsageError>([&] {
                   return ugatit::resume_run(place("light"), {{"precision", "fp32"}});
                 }),
                 "--precision fp32 contradicts the run"));
  CHECK(contains(message_of<UsageError>([&] {
                   return ugatit::resume_run(place("light"), {{"precision", "fp16"}});
                 }),
                 "precision 'fp16' is none of fp32, bf16, fp64"));
}

TEST_CASE_FIXTURE(SmallRun, "bf16: the plan's peak is the pool's, to the byte, and below float's") {
  options.model.size = 32;
  options.model.pool = 2;
  for (const auto variant : {Variant::light, Variant::full, Variant::pooled})
    for (const int threads : {1, 2}) {
      options.model.variant = variant;
      options.precision = Precision::fp32;
      const auto wide = ugatit::make_plan(options, threads);
      options.precision = Precision::bf16;
      const auto plan = ugatit::make_plan(options, threads);
      CHECK(plan.activations < wide.activations);
      CHECK(plan.parameters == wide.parameters);
      CHECK(plan.weights + plan.moments == wide.weights + wide.moments);
      ugatit::Training<Cpu, bfloat16> training(
          std::make_unique<Cpu>(CpuOptions{.threads = threads}), options,
          ugatit::load_sheet_pictures(data(), 32, Fit::squash, {}));
      const std::vector<float> values(32 * 32 * 3, 0.5F);
      const UnpairedBatch batch{0, {1, 32, 32, 3}, values, values};
      for (int step = 1; step <= 2; ++step) training.train(batch, step);
      CHECK(training.device().memory().peak == plan.peak);
      static_cast<void>(training.sheet(2));
      training.train(batch, 3);
      CHECK(training.device().memory().peak == plan.peak);
    }
}

TEST_CASE_FIXTURE(SmallRun, "bf16: losses are those of float, within bfloat16's rounding") {
  std::vector<std::vector<double>> losses;
  for (const auto precision : {Precision::fp32, Precision::bf16}) {
    options.precision = precision;
    const auto training = ugatit::make_training(options);
    std::vector<float> a, b;
    for (std::uint64_t i = 0; i < 16 * 16 * 3; ++i) {
      a.push_back(2 * Philox{1, 1}.uniform(i) - 1);
      b.push_back(2 * Philox{1, 2}.uniform(i) - 1);
    }
    training->train({0, {1, 16, 16, 3}, a, b}, 1);
    losses.push_back(training->losses());
  }
  for (std::size_t i = 0; i < losses[0].size(); ++i) {
    CAPTURE(ugatit::loss_names()[i]);
    CHECK(std::abs(losses[1][i] - losses[0][i]) <= 2e-2 * losses[0][i]);
    CHECK(losses[1][i] != losses[0][i]);  // else it was not computed in another precision
  }
}

TEST_CASE_FIXTURE(SmallRun, "a run of any precision is translated in any precision") {
  options.model.size = 32;
  for (const auto trained : all_precisions) {
    options.precision = trained;
    const std::string name = to_string(trained);
    ugatit::start_run(options, place(name))->run(1);
    const auto translate = [&](Precision precision) {
      return Translator(folder / name, ugatit::Direction::a2b, {.precision = precision})
          .translate(some_picture(32, 32, 5));
    };
    const Picture fp32 = translate(Precision::fp32), bf16 = translate(Precision::bf16);
    CHECK(difference(fp32, translate(Precision::fp64)) < 0.01);
    CHECK(difference(fp32, bf16) < 3);
    CHECK(fp32 != bf16);
  }
}

TEST_CASE_FIXTURE(SmallRun,
                  "a CPU without tapes translates to the same bytes, in every precision") {
  options.model = {.variant = Variant::full, .size = 96, .channels = 4, .blocks = 1};
  options.train.steps = 1;
  ugatit::start_run(options, place("learnt"))->run();
  const ugatit::ModelFile file(folder / "learnt");
  std::vector<float> picture(std::size_t{96} * 96 * 3);
  for (std::size_t i = 0; i < picture.size(); ++i)
    picture[i] = static_cast<float>(std::sin(0.37 * static_cast<double>(i)));
  for (const Precision precision : all_precisions)
    ugatit::with_precision(precision, [&]<Scalar T>() {
      CAPTURE(to_string(precision));
      Cpu device({.threads = 2});
      ugatit::LoadedGenerator<Cpu, T> with_tapes(device, file, ugatit::Direction::a2b);
      const auto expected = with_tapes.translate(picture);
      const auto without = ugatit::cpu_generators<T>({.threads = 2})(file, ugatit::Direction::a2b);
      const auto got = without.translate(picture, {});
      CHECK(got.image == expected.image);
      CHECK(got.heatmap == expected.heatmap);
      CHECK(without.device == device.name());
    });
}

TEST_CASE_FIXTURE(SmallRun, "bf16: a loaded full model has its large layer in half the memory") {
  options.model = {.variant = Variant::full, .size = 96, .channels = 4, .blocks = 1};
  options.train.steps = 1;
  for (const auto trained : {Precision::fp32, Precision::fp64}) {
    options.precision = trained;
    const auto name = std::string("full-") + to_string(trained);
    ugatit::start_run(options, place(name))->run();
    const ugatit::ModelFile file(folder / name);
    Cpu one({.threads = 1}), other({.threads = 2});
    ugatit::LoadedGenerator<Cpu, float> wide(one, file, ugatit::Direction::a2b);
    ugatit::LoadedGenerator<Cpu, bfloat16> narrow(other, file, ugatit::Direction::a2b);
    const auto& layer = (*narrow).style.hidden1.weight;
    const auto master = (*wide).style.hidden1.weight.value.download();
    CHECK_FALSE(layer.value.defined());
    const auto stored = layer.narrow.download();
    REQUIRE(stored.size() == master.size());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < stored.size(); ++i)
      wrong += stored[i].bits != bfloat16(master[i]).bits;
    CHECK(wrong == 0);
    // the device never had both
    const auto saved = 2 * static_cast<std::size_t>(layer.shape.size());
    CHECK(one.memory().peak - other.memory().peak > saved - 8192);
    CHECK(one.memory().current - other.memory().current > saved - 8192);

    const auto translate = [&](Precision precision) {
      return Translator(folder / name, ugatit::Direction::a2b, {.precision = precision})
          .translate(some_picture(96, 96, 5));
    };
    CHECK(difference(translate(Precision::fp32), translate(Precision::bf16)) < 3);
  }
}

TEST_CASE_FIXTURE(SmallRun, "maths: fast unless asked, on every device of a run") {
  CHECK(options.maths == Maths::fast);
  for (const Maths maths : {Maths::fast, Maths::strict, Maths::split}) {
    options.maths = maths;
    CHECK(maths_of(*ugatit::make_training(options)) == maths);
    // the options decide, not the place
    CHECK(maths_of(*ugatit::make_training(options, {.maths = Maths::fast})) == maths);
    const std::string name = to_string(maths);
    {
      const auto trainer = ugatit::start_run(options, place(name));
      CHECK(maths_of(trainer->model()) == maths);
      CHECK(contains(trainer->model().description(), name + " maths"));
      trainer->run(2);
    }
    CHECK(SafetensorsFile(folder / name / "latest.safetensors").metadata().at("option.maths") ==
          name);
    CHECK(maths_of(ugatit::resume_run(place(name))->model()) == maths);
    const Translator translator(folder / name, ugatit::Direction::a2b, {.maths = maths});
    CHECK(translator.maths() == maths);
  }
  CHECK(Translator(folder / "strict", ugatit::Direction::a2b).maths() == Maths::fast);
  CHECK(contains(message_of<UsageError>([&] {
                   return ugatit::resume_run(place("strict"), {{"maths", "fast"}});
                 }),
                 "--maths fast contradicts the run"));
  CHECK(contains(message_of<UsageError>([&] {
                   return ugatit::resume_run(place("strict"), {{"maths", "loose"}});
                 }),
                 "maths 'loose' is none of fast, strict, split"));
  const std::string refusal = "maths split is for precision fp32, not bf16";
  options.precision = Precision::bf16;
  options.maths = Maths::split;
  CHECK(message_of<UsageError>([&] { options.check(); }) == refusal);
  CHECK(message_of<UsageError>([&] {
          return Translator(folder / "split", ugatit::Direction::a2b,
                            {.precision = Precision::bf16, .maths = Maths::split});
        }) == refusal);
}

TEST_CASE_FIXTURE(SmallRun, "maths: a checkpoint from before there was a choice goes on strictly") {
  options.maths = Maths::strict;
  ugatit::start_run(options, place("strict"))->run();
  ugatit::start_run(options, place("older"))->run(2);
  std::string bytes = checkpoint("older");
  const std::string entry = "option.maths";
  REQUIRE(contains(bytes, entry));
  bytes.replace(bytes.find(entry), 6, "absent");
  // nor had it a checksum, or said which version wrote it
  for (const char* newer : {"\"checksum\"", "\"version\""}) {
    REQUIRE(contains(bytes, newer));
    bytes.replace(bytes.find(newer) + 1, 6, "absent");
  }
  folder.file("older/latest.safetensors", bytes);
  CHECK(ugatit::ModelFile(folder / "older").options.maths == Maths::strict);
  CHECK(contains(message_of<UsageError>([&] {
                   return ugatit::resume_run(place("older"), {{"maths", "fast"}});
                 }),
                 "--maths fast contradicts the run"));
  ugatit::resume_run(place("older"))->run();
  CHECK((checkpoint("older") == checkpoint("strict")));
}
