// SPDX-License-Identifier: MIT
// What helps where pictures are few, in whole runs: averaged weights, distorted discriminators,
// accumulated batches, warm starts. All of it resumes to the byte and is in the plan.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/training_cpu.hpp"
#include "limn/models/ugatit/warm_start.hpp"
#include "limn/train/samples.hpp"
#include "limn/translate.hpp"
#include "older_checkpoint.hpp"
#include "small_run.hpp"

using namespace limn;
namespace fs = std::filesystem;

namespace {

/// Events that gather the messages.
TrainerEvents telling(std::string& news) {
  TrainerEvents events;
  events.on_message = [&news](const std::string& text) { news += text + "\n"; };
  return events;
}

std::vector<float> tensor(const fs::path& file, const std::string& name) {
  return SafetensorsFile(file).read<float>(name);
}

}  // namespace

TEST_CASE_FIXTURE(SmallRun, "averages, distortions and accumulated batches resume to the byte") {
  options.train.augmentation = {true, true, true};
  options.train.accumulate = 3;
  options.train.batch = 2;
  ugatit::start_run(options, place("whole"))->run();
  ugatit::start_run(options, place("cut", 2))->run(1);
  ugatit::resume_run(place("cut"))->run(3);
  ugatit::resume_run(place("cut", 1, 1))->run();
  CHECK((checkpoint("cut") == checkpoint("whole")));
  CHECK(log("cut") == log("whole"));
  const SafetensorsFile file(folder / "whole/latest.safetensors");
  CHECK(file.metadata().at("option.ema") == "0.999");
  CHECK(file.metadata().at("option.diff-augment") == "color,translation,cutout");
  CHECK(file.metadata().at("option.accumulate") == "3");
  CHECK(ugatit::options_from_metadata(file) == options);
}

TEST_CASE_FIXTURE(SmallRun, "a checkpoint from before there was a choice goes on as it was") {
  options.train.ema = 0;
  ugatit::start_run(options, place("run"))->run(2);
  const fs::path path = folder / "run/latest.safetensors";
  ugatit::start_run(options, place("other"))->run(2);
  forget_options(path, {"ema", "diff-augment", "accumulate", "stash"});
  ugatit::resume_run(place("run"))->run();
  ugatit::resume_run(place("other"))->run();
  CHECK((checkpoint("run") == checkpoint("other")));
  const SafetensorsFile file(path);
  CHECK(!file.contains("ema/genA2B.gap_fc.weight"));
  CHECK(file.metadata().at("option.ema") == "0");
}

TEST_CASE_FIXTURE(SmallRun, "averages are those of the steps, and are what is translated with") {
  options.train.learning_rate = 1e-2;
  const std::string name = "genA2B.DownBlock.1.weight", kept = "ema/" + name;
  auto place = this->place("run");
  const auto trainer = ugatit::start_run(options, place);
  std::vector<float> expected;
  double t = 0;
  for (const std::int64_t step : {1, 2, 3, 4}) {
    trainer->run(step);
    const auto now = tensor(folder / "run/latest.safetensors", name);
    t += 1;
    const double decay = std::min(0.999, (1 + t) / (10 + t));
    if (step > 1) {
      for (std::size_t i = 0; i < now.size(); ++i)
        expected[i] += static_cast<float>(1 - decay) * (now[i] - expected[i]);
      const auto average = tensor(folder / "run/latest.safetensors", kept);
      double worst = 0;
      for (std::size_t i = 0; i < now.size(); ++i)
        worst = std::max(worst, static_cast<double>(std::abs(average[i] - expected[i])));
      CHECK(worst < 1e-6);
    } else {
      expected = tensor(folder / "run/latest.safetensors", kept);
    }
  }

  const fs::path run = folder / "run";
  const Picture input = some_picture(20, 20, 7);
  const auto translate = [&](const fs::path& from, std::optional<ugatit::Weights> weights) {
    return Translator(from, ugatit::Direction::a2b, {.threads = 1, .weights = weights})
        .translate(input);
  };
  using ugatit::Weights;
  CHECK(translate(run, {}) == translate(run, Weights::averaged));
  CHECK(translate(run, {}) != translate(run, Weights::last));
  Cpu device({.threads = 1});
  for (const Weights weights : {Weights::averaged, Weights::last}) {
    const auto file = folder / (std::string(to_string(weights)) + ".safetensors");
    const ugatit::ModelFile model(run, weights);
    ugatit::export_generator(device, model, ugatit::Direction::a2b, file);
    CHECK(SafetensorsFile(file).metadata().at("weights") == to_string(weights));
    CHECK(translate(file, {}) == translate(run, weights));
    CHECK(tensor(file, name) ==
          tensor(run / "latest.safetensors", weights == Weights::averaged ? kept : name));
    const Weights other = weights == Weights::last ? Weights::averaged : Weights::last;
    CHECK(contains(message_of<UsageError>([&] { return translate(file, other); }),
                   std::string("with ") + to_string(weights) + " weights"));
  }
  options.train.ema = 0;
  ugatit::start_run(options, this->place("plain"))->run(1);
  CHECK(contains(
      message_of<UsageError>([&] { return translate(folder / "plain", Weights::averaged); }),
      "has no averaged weights"));
  CHECK(translate(folder / "plain", {}) == translate(folder / "plain", Weights::last));
  options.train.ema = 1;
  CHECK(contains(message_of<UsageError>([&] { options.check(); }), "ema must be"));
}

TEST_CASE_FIXTURE(SmallRun, "sheets show the averages and leave the weights as they are") {
  options.train.decay = false;
  options.train.learning_rate = 1e-2;
  ugatit::Training<Cpu, float> training(std::make_unique<Cpu>(CpuOptions{.threads = 1}), options,
                                        ugatit::load_sheet_pictures(data(), 16, Fit::squash, {}));
  const std::vector<float> values(16 * 16 * 3, 0.5F);
  const UnpairedBatch batch{0, {1, 16, 16, 3}, values, values};
  for (int step = 1; step <= 3; ++step) training.train(batch, step);
  auto& set = training.model().generators;
  const auto weights = set.values().download();
  const auto averages = training.step().generator_adam().averages();
  const auto averaged = averages.download();
  CHECK(averaged != weights);
  const Picture sheet = draw_samples(training.samples(3));
  CHECK(set.values().download() == weights);
  CHECK(averages.download() == averaged);
  set.values().upload(averaged);
  CHECK(draw_samples(training.samples(3)) == sheet);
  averages.upload(weights);
  CHECK(draw_samples(training.samples(3)) != sheet);
  training.train(batch, 4);  // learns with its own weights
  CHECK(set.values().download() != averaged);
}

TEST_CASE_FIXTURE(SmallRun,
                  "the plan counts averages, and of accumulated batches one and pictures") {
  options.model.size = 32;
  options.train.augmentation = {true, true, true};
  const auto planned = [&](Index batch, Index accumulate, double ema) {
    options.train.batch = batch;
    options.train.accumulate = accumulate;
    options.train.ema = ema;
    return ugatit::make_plan(options, 1);
  };
  const auto plain = planned(1, 1, 0), averaged = planned(1, 1, 0.999);
  CHECK(plain.averages == 0);
  CHECK(averaged.averages > 0);
  CHECK(averaged.peak >= plain.peak + averaged.averages);
  CHECK(averaged.peak <= plain.peak + averaged.averages + averaged.peak / 20);
  CHECK(averaged.checkpoint > plain.checkpoint + averaged.averages / 2);
  CHECK(contains(ugatit::to_text(averaged), "averages"));
  const auto parts = planned(1, 4, 0.999), whole = planned(4, 1, 0.999);
  // real and translated pictures of both domains
  const std::uint64_t pictures = 4 * 4 * 32 * 32 * 3 * sizeof(float);
  CHECK(parts.peak < whole.peak / 2);
  CHECK(parts.peak < averaged.peak + 2 * pictures);

  const auto training = ugatit::make_training(options, {.threads = 1});
  options.train.batch = 1;
  options.train.accumulate = 4;
  ugatit::Training<Cpu, float> real(std::make_unique<Cpu>(CpuOptions{.threads = 1}), options,
                                    ugatit::load_sheet_pictures(data(), 32, Fit::squash, {}));
  const std::vector<float> values(4 * 32 * 32 * 3, 0.5F);
  const UnpairedBatch batch{0, {4, 32, 32, 3}, values, values};
  for (int step = 1; step <= 3; ++step) {
    real.train(batch, step);
    static_cast<void>(real.samples(step));
  }
  CHECK(real.device().memory().peak == parts.peak);
}

TEST_CASE_FIXTURE(SmallRun, "a warm start takes what fits, says what does not, and resumes alone") {
  options.train.learning_rate = 1e-2;
  ugatit::start_run(options, place("first"))->run(3);
  const fs::path first = folder / "first/latest.safetensors";
  std::string news;
  options.train.seed = 5;
  {  // the same model: everything, as it was
    options.train.learning_rate = 0;
    const auto trainer = ugatit::start_run(options, place("same"), telling(news), first);
    trainer->save();
    const fs::path same = folder / "same/latest.safetensors";
    CHECK(contains(news, "averaged weights"));
    CHECK(!contains(news, "afresh"));
    const SafetensorsFile was(first), is(same);
    for (const auto& name : was.names()) {
      CAPTURE(name);
      if (name.starts_with("adam."))
        for (const float v : is.read<float>(name)) REQUIRE(v == 0);
      else if (name.starts_with("genA2B"))
        CHECK(is.read<float>(name) == was.read<float>("ema/" + name));
      else if (name.starts_with("ema/") || name.starts_with("dis"))
        CHECK(is.read<float>(name) == was.read<float>(name));
    }
    CHECK(is.metadata().at("init.step") == "3");
    CHECK(is.metadata().at("init.weights") == "averaged");
  }
  options.train.learning_rate = 1e-2;
  ugatit::start_run(options, place("whole"), {}, first)->run();
  ugatit::start_run(options, place("cut"), {}, folder / "first")->run(2);
  ugatit::start_run(options, place("cold"))->run();
  fs::remove_all(folder / "first");
  ugatit::resume_run(place("cut"))->run();
  CHECK((checkpoint("cut") == checkpoint("whole")));
  CHECK((checkpoint("cut") != checkpoint("cold")));
  CHECK(SafetensorsFile(folder / "cut/latest.safetensors").metadata().contains("init.contents"));
}

TEST_CASE_FIXTURE(SmallRun,
                  "a warm start from other models: size, variant, blocks, one direction") {
  options.model.variant = ugatit::Variant::full;
  options.train.steps = 2;
  ugatit::start_run(options, place("full"))->run();
  const fs::path full = folder / "full/latest.safetensors";
  const auto start = [&](const char* run, const fs::path& from) {
    std::string news;
    const auto trainer = ugatit::start_run(options, place(run), telling(news), from);
    trainer->save();
    return news;
  };
  const auto head = [&](const char* run) {
    return tensor(folder / run / "latest.safetensors", "genB2A.FC.0.weight");
  };
  const auto total = [](const std::vector<float>& values, std::size_t channels) {
    std::vector<double> sums(channels);  // of the first row's weights, over its grid
    for (std::size_t i = 0; i < values.size() / 8; ++i) sums[i % channels] += values[i];
    return sums;
  };
  // 4 x 4 bins become 8 x 8, and then one; constant features give what they gave
  const auto was = total(tensor(full, "ema/genB2A.FC.0.weight"), 8);
  options.model.size = 32;
  CHECK(contains(start("large", full), "resampled from 4 x 4 to 8 x 8"));
  options.model.variant = ugatit::Variant::light;
  CHECK(contains(start("light", full), "resampled from 4 x 4 to 1 x 1"));
  const auto large = total(head("large"), 8), light = total(head("light"), 8);
  double mean_error = 0, size = 0;
  for (std::size_t k = 0; k < 8; ++k) {
    size += std::abs(was[k]);
    mean_error += std::abs(light[k] - was[k]);
    CHECK(std::abs(large[k] - was[k]) < 0.5 * std::abs(was[k]) + 0.2);
  }
  CHECK(mean_error < 0.8 * size);

  options.model.blocks = 2;
  const std::string more = start("blocks", full);
  CHECK(contains(more, "afresh"));
  CHECK(contains(more, "genA2B.UpBlock1_2, genA2B.DownBlock.13, genB2A.UpBlock1_2"));
  CHECK(!contains(more, "genA2B.gamma"));
  options.model.blocks = 1;

  Cpu device({.threads = 1});
  const fs::path one = folder / "one.safetensors";
  ugatit::export_generator(device, ugatit::ModelFile(full), ugatit::Direction::a2b, one);
  const std::string half = start("half", one);
  CHECK(contains(half, ": genB2A, disGA, disGB, disLA, disLB"));
  CHECK(tensor(folder / "half/latest.safetensors", "genA2B.DownBlock.1.weight") ==
        tensor(one, "genA2B.DownBlock.1.weight"));

  // a layer that painted, as one that changes the picture
  options.model.residual = true;
  CHECK(contains(start("changes", full), "begin by changing nothing, because those in it paint"));
  const fs::path changes = folder / "changes/latest.safetensors";
  for (const float v : tensor(changes, "genA2B.UpBlock2.11.weight")) REQUIRE(v == 0);
  for (const float v : tensor(changes, "ema/genB2A.UpBlock2.11.weight")) REQUIRE(v == 0);
  CHECK(tensor(changes, "genA2B.UpBlock2.7.weight") ==
        tensor(full, "ema/genA2B.UpBlock2.7.weight"));
  CHECK(!contains(start("changes more", changes), "last layers"));
  options.model.residual = false;
  CHECK(contains(start("paints", changes), "begin afresh, because those in it change"));
  CHECK(tensor(folder / "paints/latest.safetensors", "genA2B.UpBlock2.11.weight").at(0) != 0);

  options.model.channels = 3;
  CHECK(contains(message_of<UsageError>([&] { return start("other", full); }),
                 "nothing in it fits this model"));
  CHECK(!fs::exists(folder / "other/latest.safetensors"));
  CHECK(contains(message_of<IoError>([&] { return start("none", folder / "no.safetensors"); }),
                 "no such run or file"));
  folder.file("text", "no model");
  CHECK(contains(message_of<IoError>([&] { return start("none", folder / "text"); }),
                 "not a valid safetensors file"));
}

TEST_CASE("a grid of weights is resampled bilinearly, and a constant one stays what it says") {
  using limn::ugatit::detail::resample_grid;
  const std::vector<double> ramp{0, 1, 2, 3};  // (1,4,1)
  std::vector<double> wide(8);
  resample_grid(ramp, 1, 4, 1, wide, 1, 8, 1.0);
  const std::vector<double> expected{0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3};
  for (std::size_t i = 0; i < 8; ++i) CHECK(wide[i] == doctest::Approx(expected[i]));
  const std::vector<float> constant(4 * 4 * 2, 3.0F);
  std::vector<float> other(7 * 9 * 2);
  resample_grid(constant, 4, 4, 2, other, 7, 9, 16.0 / 63);
  float sum = 0;
  for (const float v : other) sum += v;
  CHECK(sum == doctest::Approx(4 * 4 * 2 * 3.0F));
}
