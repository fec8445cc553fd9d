// SPDX-License-Identifier: MIT
// Whole runs of a little U-GAT-IT: the same bytes however they are cut, every refusal, the plan,
// export and translation.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/training_cpu.hpp"
#include "limn/translate.hpp"
#include "small_run.hpp"

using namespace limn;
namespace fs = std::filesystem;

TEST_CASE_FIXTURE(SmallRun, "cut, on two threads, with sheets: always the same training") {
  ugatit::start_run(options, place("whole"))->run();
  const std::string whole = checkpoint("whole");
  REQUIRE(!whole.empty());

  ugatit::start_run(options, place("cut"))->run(2);
  CHECK(checkpoint("cut") != whole);
  const auto resumed = ugatit::resume_run(place("cut"));
  CHECK(resumed->step() == 2);
  CHECK(resumed->run() == Trainer::Ended::finished);
  CHECK((checkpoint("cut") == whole));
  CHECK(log("cut") == log("whole"));

  ugatit::start_run(options, place("threads", 2))->run();
  CHECK((checkpoint("threads") == whole));

  ugatit::start_run(options, place("sheets", 1, 1))->run();
  CHECK((checkpoint("sheets") == whole));
  const auto sheet = read_picture(folder / "sheets/sheets/step_0000004.png");
  CHECK(sheet.width > 3 * 96);
  CHECK(sheet.height > 10 * 96);

  options.train.seed = 1;
  ugatit::start_run(options, place("seed"))->run();
  CHECK((checkpoint("seed") != whole));
}

TEST_CASE_FIXTURE(SmallRun, "double precision, every variant and batch resume as well") {
  options.precision = ugatit::Precision::fp64;
  options.train.batch = 2;
  for (const auto variant : {ugatit::Variant::full, ugatit::Variant::pooled}) {
    options.model.variant = variant;
    options.model.pool = 2;
    const std::string name = to_string(variant);
    ugatit::start_run(options, place(name))->run();
    ugatit::start_run(options, place(name + "-cut"))->run(3);
    ugatit::resume_run(place(name + "-cut"))->run();
    CHECK((checkpoint(name) == checkpoint(name + "-cut")));
    CHECK(log(name) == log(name + "-cut"));
  }
}

TEST_CASE_FIXTURE(SmallRun, "a checkpoint has the published names, and no path, clock or host") {
  ugatit::start_run(options, place("run"))->run(1);
  const SafetensorsFile file(folder / "run/latest.safetensors");
  for (const char* name :
       {"genA2B.DownBlock.1.weight", "genB2A.UpBlock1_1.norm1.rho", "genA2B.UpBlock2.8.gamma",
        "genB2A.FC.0.weight", "genA2B.conv1x1.bias", "disGA.model.1.weight_orig",
        "disLB.conv.weight_u", "disGB.gap_fc.weight_v", "adam.m/genA2B.gap_fc.weight",
        "adam.v/disLA.model.1.bias"})
    CHECK_MESSAGE(file.contains(name), name);
  CHECK(!file.contains("adam.m/disLB.conv.weight_u"));
  CHECK(file.info("genA2B.DownBlock.1.weight").shape == std::vector<Index>{2, 7, 7, 3});
  CHECK(file.metadata().at("step") == "1");
  CHECK(file.metadata().at("option.lr") == "0.0001");
  CHECK(file.metadata().at("data.trainA.names") == "1.png\n2.png\n3.png\n");
  for (const auto& entry : file.metadata())
    CHECK_MESSAGE(!contains(entry.second, folder.path.string()), entry.first);
}

TEST_CASE_FIXTURE(SmallRun, "starting and resuming are refused where they would spoil something") {
  const auto resume = [&](const ugatit::GivenOptions& given) {
    return message_of<UsageError>([&] { return ugatit::resume_run(place("run"), given); });
  };
  CHECK(contains(message_of<IoError>([&] { return ugatit::resume_run(place("none")); }),
                 "no such run"));
  fs::create_directories(folder / "log-only");
  folder.file("log-only/log.csv", "anything\n");
  CHECK(contains(message_of<IoError>([&] { return ugatit::resume_run(place("log-only")); }),
                 "there is no run here"));
  ugatit::start_run(options, place("log-only"))->run(1);

  ugatit::start_run(options, place("run"))->run(2);
  const std::string bytes = checkpoint("run");
  CHECK(contains(message_of<UsageError>([&] { return ugatit::start_run(options, place("run")); }),
                 "--resume"));
  CHECK(contains(resume({{"size", "32"}}), "--size 32 contradicts the run"));
  CHECK(contains(resume({{"lr", "0.1"}, {"size", "16"}}), "--lr 0.1 contradicts the run"));
  CHECK(contains(resume({{"steps", "1"}}), "--steps 1 lies before step 2"));
  CHECK(resume({{"size", "16"}, {"lr", "1e-4"}, {"steps", "4"}}).empty());

  fs::rename(data() / "trainA/2.png", data() / "trainA/4.png");
  CHECK(contains(resume({}), "'2.png' is not there any more"));
  fs::rename(data() / "trainA/4.png", data() / "trainA/2.png");
  write_png(data() / "trainB/2.png", some_picture(24, 20, 99));
  CHECK(contains(resume({}), "the contents are not"));
  CHECK((checkpoint("run") == bytes));
}

TEST_CASE_FIXTURE(SmallRun, "a finished run says so, and goes on with more steps") {
  ugatit::start_run(options, place("run"))->run();
  CHECK(ugatit::run_is_finished(folder / "run"));
  CHECK(!ugatit::run_is_finished(folder / "run", {{"steps", "6"}}));
  std::string news;
  TrainerEvents events;
  events.on_message = [&](const std::string& text) { news += text; };
  const auto trainer = ugatit::resume_run(place("run"), {{"steps", "6"}}, events);
  CHECK(contains(news, "steps goes from 4 to 6"));
  CHECK(contains(news, "learning rate"));
  trainer->run();
  const SafetensorsFile file(folder / "run/latest.safetensors");
  CHECK(file.metadata().at("step") == "6");
  CHECK(file.metadata().at("option.steps") == "6");
}

TEST_CASE_FIXTURE(SmallRun, "damaged and foreign checkpoints are refused in a sentence") {
  ugatit::start_run(options, place("run"))->run(1);
  const fs::path path = folder / "run/latest.safetensors";
  const std::string good = file_bytes(path);
  const auto refusal = [&](const std::string& bytes) {
    folder.file("run/latest.safetensors", bytes);
    return message_of<IoError>([&] { return ugatit::resume_run(place("run")); });
  };
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    REQUIRE(from.size() == to.size());
    REQUIRE(contains(bytes, from));
    return bytes.replace(bytes.find(from), from.size(), to);
  };
  // somebody changed it, and gave it the checksum of what it now is
  const auto edited = [&](const std::string& from, const std::string& to) {
    std::string bytes = changed(from, to);
    folder.file("edited", bytes);
    const SafetensorsFile file(folder / "edited");
    const std::string was = file.metadata().at("checksum");
    return refusal(bytes.replace(bytes.find(was), was.size(), computed_checksum(file)));
  };
  CHECK(contains(refusal(changed("option.channels\":\"2", "option.channels\":\"3")),
                 path.string() + ": it is damaged"));
  for (const std::size_t keep :
       {std::size_t{0}, std::size_t{5}, std::size_t{100}, good.size() / 2, good.size() - 1})
    CHECK_MESSAGE(contains(refusal(good.substr(0, keep)), path.string()), keep);
  CHECK(contains(refusal("this is no checkpoint, but some text"), "not a valid safetensors file"));
  CHECK(contains(edited("ugatit training", "ugatit trainimg"), "is of kind 'ugatit trainimg'"));
  CHECK(contains(edited("option.blocks\":\"1", "option.blocks\":\"9"), "is missing"));
  CHECK(contains(edited("option.channels\":\"2", "option.channels\":\"3"),
                 "has shape [1,1,1,8], expected is [1,1,1,12]"));
  CHECK(contains(edited("option.channels\":\"2", "option.channels\":\"x"), "damaged"));
  CHECK(contains(edited("option.precision\":\"fp32", "option.precision\":\"fp64"),
                 "is stored as F32, expected is F64"));
  CHECK(contains(edited("genA2B.gap_fc.weight", "genA2B.gap_fc.weighs"), "is missing"));
  CHECK(contains(edited("\"step\":\"1", "\"step\":\"-"), "damaged"));
  CHECK(contains(edited("\"isa\"", "\"isb\""), "no entry 'isa'"));

  write_state(path, {{"kind", "other"}, {"step", "1"}}, {});
  CHECK(contains(message_of<IoError>([&] { return ugatit::resume_run(place("run")); }),
                 "kind 'other'"));
}

TEST_CASE_FIXTURE(SmallRun, "a damaged newest checkpoint: the run goes on from the one before it") {
  auto place = this->place("run");
  place.save_every = 1;
  ugatit::start_run(options, this->place("whole"))->run();
  ugatit::start_run(options, place)->run(3);
  std::string bytes = checkpoint("run");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  folder.file("run/latest.safetensors", bytes);
  std::string news;
  TrainerEvents events;
  events.on_message = [&](const std::string& text) { news += text + "\n"; };
  CHECK(!ugatit::run_is_finished(folder / "run"));
  const auto trainer = ugatit::resume_run(place, {}, events);
  CHECK(trainer->step() == 2);
  CHECK(contains(news, "run/latest.safetensors: it is damaged"));
  CHECK(contains(news, "the checkpoint before it is used, step_0000002.safetensors of step 2"));
  trainer->run();
  CHECK((checkpoint("run") == checkpoint("whole")));
  CHECK(log("run") == log("whole"));
}

TEST_CASE_FIXTURE(SmallRun, "of another version, and a folder in use") {
  ugatit::start_run(options, place("run"))->run(1);
  const fs::path path = folder / "run/latest.safetensors";
  std::string bytes = file_bytes(path);
  const std::string entry = "\"version\":\"" LIMN_VERSION;
  REQUIRE(contains(bytes, entry));
  bytes[bytes.find(entry) + entry.size() - 1] = '!';
  folder.file("run/latest.safetensors", bytes);
  const SafetensorsFile file(path);
  const std::string was = file.metadata().at("checksum");
  folder.file("run/latest.safetensors",
              bytes.replace(bytes.find(was), was.size(), computed_checksum(file)));
  std::string news;
  TrainerEvents events;
  events.on_message = [&](const std::string& text) { news += text + "\n"; };
  const auto trainer = ugatit::resume_run(place("run"), {}, events);
  CHECK(contains(news, "this is limn " LIMN_VERSION));
  CHECK(contains(message_of<IoError>([&] { return ugatit::resume_run(place("run")); }),
                 "another training is writing here (process "));
}

TEST_CASE_FIXTURE(SmallRun,
                  "the data folder vanishes: cached pictures go on, and it is told once") {
  std::string news;
  TrainerEvents events;
  events.on_message = [&](const std::string& text) { news += text + "\n"; };
  // more than the loader has read before the folder goes
  for (std::uint64_t i = 10; i < 40; ++i)
    write_png(data() / "trainA" / (std::to_string(i) + ".png"), some_picture(24, 20, i));
  options.train.steps = 40;
  const auto trainer = ugatit::start_run(options, place("run"), events);
  trainer->run(1);
  fs::rename(data(), folder / "moved");
  CHECK(trainer->run() == Trainer::Ended::finished);
  const std::string told = "trainA: is not there any more; the training goes on";
  REQUIRE(contains(news, told));
  CHECK(news.find(told) == news.rfind(told));
  CHECK(!contains(news, "; skipped"));
}

TEST_CASE_FIXTURE(SmallRun, "a training that diverges names the term and keeps its checkpoint") {
  options.train.learning_rate = 1e3;
  auto place = this->place("run");
  place.save_every = 1;
  options.train.steps = 50;
  const auto trainer = ugatit::start_run(options, place);
  const auto what = message_of<NumericError>([&] { trainer->run(); });
  CHECK(contains(what, " is not finite ("));
  CHECK(contains(what, "is still there"));
  CHECK_NOTHROW(SafetensorsFile(folder / "run/latest.safetensors"));
}

TEST_CASE_FIXTURE(SmallRun, "the plan's peak is the pool's peak of real steps, to the byte") {
  for (const auto variant :
       {ugatit::Variant::light, ugatit::Variant::full, ugatit::Variant::pooled})
    for (const int threads : {1, 2}) {
      // both ways to keep maps, with either number of threads
      options.train.stash = (variant == ugatit::Variant::full) == (threads == 1)
                                ? StashFormat::computed
                                : StashFormat::bf16;
      options.model.variant = variant;
      options.model.pool = 2;
      options.model.size = 32;
      const bool penalized = variant == ugatit::Variant::pooled;
      options.train.gan_type = penalized ? ugatit::GanType::dragan : ugatit::GanType::lsgan;
      options.train.critic_steps = penalized ? 2 : 1;
      const auto plan = ugatit::make_plan(options, threads);
      ugatit::Training<Cpu, float> training(
          std::make_unique<Cpu>(CpuOptions{.threads = threads}), options,
          ugatit::load_sheet_pictures(data(), 32, Fit::squash, {}));
      const Index n = options.train.pictures();
      const std::vector<float> values(static_cast<std::size_t>(n) * 32 * 32 * 3, 0.5F);
      const UnpairedBatch batch{0, {n, 32, 32, 3}, values, values};
      for (int step = 1; step <= 2; ++step) training.train(batch, step);
      CHECK(training.device().memory().peak == plan.peak);
      const auto growths = training.device().memory().growths;
      static_cast<void>(training.samples(2));
      training.train(batch, 3);
      CHECK(training.device().memory().peak == plan.peak);
      CHECK(training.device().memory().growths == growths);
      CHECK(plan.weights + plan.gradients + plan.moments + plan.averages + plan.activations +
                plan.workspace ==
            plan.peak);
      CHECK(plan.multiply_adds > 0);
    }
}

TEST_CASE_FIXTURE(SmallRun, "bfloat16 stashes shape the run, need less memory, and go with float") {
  options.model = {.size = 32, .channels = 4, .blocks = 2};
  ugatit::start_run(options, place("computed"))->run(2);
  const auto computed = ugatit::make_plan(options);
  options.train.stash = StashFormat::bf16;
  const auto rounded = ugatit::make_plan(options);
  CHECK(static_cast<double>(rounded.activations) < 0.7 * static_cast<double>(computed.activations));
  CHECK(rounded.peak < computed.peak);
  ugatit::start_run(options, place("one", 1))->run(2);
  ugatit::start_run(options, place("two", 2))->run(2);
  CHECK((checkpoint("one") == checkpoint("two")));
  CHECK(log("one") != log("computed"));
  const SafetensorsFile file(folder / "one/latest.safetensors");
  CHECK(file.metadata().at("option.stash") == "bf16");
  CHECK(ugatit::options_from_metadata(file) == options);
  options.precision = ugatit::Precision::fp64;
  CHECK(contains(message_of<UsageError>([&] { options.check(); }), "stash bf16"));
}

TEST_CASE_FIXTURE(SmallRun, "the plan knows the size of the checkpoint") {
  const auto plan = ugatit::make_plan(options);
  ugatit::start_run(options, place("run"))->run(1);
  const auto real = fs::file_size(folder / "run/latest.safetensors");
  CHECK(real >= plan.checkpoint);
  CHECK(real < plan.checkpoint + 1000);  // the pictures' names and hashes, the step
  const auto text = ugatit::to_text(plan);
  CHECK(text.ends_with("\npeak " + std::to_string(plan.peak) + " bytes\n"));
}

TEST_CASE("the full light model is the published one: parameters, export, plan") {
  const auto light = ugatit::make_plan({}, 1);
  CHECK(light.parameters == 134021248);
  ugatit::RunOptions options;
  options.model.variant = ugatit::Variant::full;
  const auto full = ugatit::make_plan(options, 1);
  CHECK(full.parameters == 670761088);
}

TEST_CASE_FIXTURE(SmallRun, "export and translation, both ways") {
  options.model.size = 32;
  ugatit::start_run(options, place("run"))->run(2);
  Cpu device({.threads = 1});
  const ugatit::ModelFile run(folder / "run");
  const auto exported = folder / "a2b.safetensors";
  ugatit::export_generator(device, run, ugatit::Direction::a2b, exported);
  const SafetensorsFile file(exported);
  CHECK(file.metadata().at("direction") == "A2B");
  for (const auto& name : file.names()) CHECK(name.starts_with("genA2B."));

  const Picture input = some_picture(50, 30, 5);
  Translator from_run(folder / "run", ugatit::Direction::a2b), from_file(exported);
  for (const Fit fit : {Fit::squash, Fit::pad, Fit::crop}) {
    const Picture output = from_run.translate(input, fit);
    CHECK(output.width == 50);
    CHECK(output.height == 30);
    CHECK(output == from_file.translate(input, fit));
    const auto both = from_run.translate_with_heatmap(input, fit);
    CHECK(both.translation == output);
    CHECK(both.heatmap.width == 50);
    CHECK(both.heatmap != input);
  }
  CHECK(Translator(folder / "run", ugatit::Direction::b2a).translate(input) !=
        from_run.translate(input));
  CHECK(from_run.translate(some_picture(1, 1, 1)).width == 1);
  CHECK(contains(message_of<UsageError>([&] { Translator(exported, ugatit::Direction::b2a); }),
                 "translates A2B, not B2A"));
  CHECK(contains(message_of<UsageError>([&] { Translator(folder / "run"); }), "say which"));
  CHECK_THROWS_AS(Translator(folder / "nothing"), IoError);
  CHECK(contains(message_of<IoError>([&] { Translator(data() / "trainA/1.png"); }),
                 "not a valid safetensors file"));
}

TEST_CASE_FIXTURE(SmallRun, "a run in double precision is exported and translated in float") {
  options.precision = ugatit::Precision::fp64;
  ugatit::start_run(options, place("run"))->run(1);
  Cpu device({.threads = 1});
  ugatit::export_generator(device, ugatit::ModelFile(folder / "run"), ugatit::Direction::b2a,
                           folder / "b2a.safetensors");
  const SafetensorsFile file(folder / "b2a.safetensors");
  CHECK(file.info("genB2A.DownBlock.1.weight").type == StorageType::f32);
  CHECK(Translator(folder / "b2a.safetensors").translate(some_picture(20, 20, 1)).width == 20);
}

TEST_CASE_FIXTURE(SmallRun, "bad pictures and missing folders") {
  std::string news;
  TrainerEvents events;
  events.on_message = [&](const std::string& text) { news += text + "\n"; };
  folder.file("data/trainA/0.png", "no picture");
  ugatit::start_run(options, place("run"), events)->run();
  CHECK(contains(news, "0.png: not a picture"));
  fs::remove_all(data() / "testB");
  news.clear();
  ugatit::start_run(options, place("no-tests"), events)->run(1);
  CHECK(contains(news, "no pictures in testB: the sheets show some of trainB"));
  fs::remove_all(data() / "trainB");
  CHECK(contains(message_of<IoError>([&] { return ugatit::start_run(options, place("b")); }),
                 "trainB"));
  fs::create_directories(data() / "trainB");
  CHECK(contains(message_of<IoError>([&] { return ugatit::start_run(options, place("b")); }),
                 "holds no picture"));
  CHECK(!fs::exists(folder / "b"));
}
