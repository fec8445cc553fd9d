// SPDX-License-Identifier: MIT
// Whole runs as the published TensorFlow code trains: checkpoints, exported generators, and what
// was saved before there was a choice.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/training_cpu.hpp"
#include "limn/translate.hpp"
#include "older_checkpoint.hpp"
#include "small_run.hpp"

using namespace limn;
namespace fs = std::filesystem;

TEST_CASE_FIXTURE(SmallRun, "a training with --compat tensorflow resumes to the byte") {
  for (const bool normalized : {true, false}) {
    CAPTURE(normalized);
    const std::string run = normalized ? "on" : "off";
    for (const auto& [name, text] : {std::pair{"compat", "tensorflow"},
                                     {"adalin-smoothing", "on"},
                                     {"spectral-norm", run.c_str()}})
      ugatit::set_option(options, name, text);
    options.train.critic_steps = normalized ? 2 : 1;
    ugatit::start_run(options, place("whole" + run))->run();
    ugatit::start_run(options, place("cut" + run, 2))->run(2);
    ugatit::resume_run(place("cut" + run))->run();
    CHECK((checkpoint("cut" + run) == checkpoint("whole" + run)));
    CHECK(log("cut" + run) == log("whole" + run));
    const SafetensorsFile file(folder / ("whole" + run) / "latest.safetensors");
    CHECK(ugatit::options_from_metadata(file) == options);
    CHECK(file.metadata().at("option.spectral-norm") == run);
    CHECK(file.contains("disGA.conv.weight_u") == normalized);
    CHECK(file.contains("disGA.conv.bias"));
    CHECK(file.contains("genA2B.fc.bias"));
    CHECK(!file.contains("genA2B.gmp_fc.weight"));
    CHECK_THROWS_WITH_AS(static_cast<void>(ugatit::resume_run(
                             place("cut" + run), {{"compat", "tensorflow,no-padding"}})),
                         doctest::Contains("contradicts the run"), UsageError);
  }
}

TEST_CASE_FIXTURE(SmallRun, "an exported generator carries the differences, and translates alike") {
  options.model.compat = ugatit::parse_compat("tensorflow");
  options.model.adalin_smoothing = true;
  options.model.residual = true;
  ugatit::start_run(options, place("run"))->run();
  Cpu device({.threads = 1});
  const fs::path exported = folder / "a2b.safetensors";
  ugatit::export_generator(device, ugatit::ModelFile(folder / "run"), ugatit::Direction::a2b,
                           exported);
  const ugatit::ModelFile alone(exported), run(folder / "run");
  CHECK(alone.options.model == options.model);
  ugatit::LoadedGenerator<Cpu, float> first(device, run, ugatit::Direction::a2b),
      second(device, alone, ugatit::Direction::a2b);
  std::vector<float> values(16 * 16 * 3);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17) / 8 - 1;
  const auto image = first.translate(values).image;
  CHECK(second.translate(values).image == image);
  // the differences are computed, not only remembered
  ugatit::RunOptions other = options;
  other.model.compat.biased_variance = false;
  Metadata metadata = options_to_metadata(other);
  for (const auto& [key, value] : alone.file.metadata())
    if (!metadata.contains(key)) metadata[key] = value;
  std::vector<StateTensor> tensors;
  append_values(second.parameters(), tensors);
  write_state(folder / "other.safetensors", metadata, tensors);
  ugatit::LoadedGenerator<Cpu, float> third(device, ugatit::ModelFile(folder / "other.safetensors"),
                                            ugatit::Direction::a2b);
  CHECK(third.translate(values).image != image);
}

TEST_CASE_FIXTURE(SmallRun, "a checkpoint without these options goes on as the PyTorch code") {
  ugatit::start_run(options, place("run"))->run(2);
  ugatit::start_run(options, place("other"))->run(2);
  const fs::path path = folder / "run/latest.safetensors";
  forget_options(path, {"spectral-norm", "adalin-smoothing", "compat", "residual"});
  ugatit::resume_run(place("run"))->run();
  ugatit::resume_run(place("other"))->run();
  CHECK((checkpoint("run") == checkpoint("other")));
  CHECK(SafetensorsFile(path).metadata().at("option.compat") == "torch");
}
