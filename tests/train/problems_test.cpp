// SPDX-License-Identifier: MIT
// Faults planted in real little trainings: each is found and named; a run rolls back and goes on,
// to the same bytes however it is cut; a sound run is told nothing.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/io/write_picture.hpp"
#include "limn/models/ugatit/run.hpp"
#include "limn/models/ugatit/training_cpu.hpp"
#include "planted.hpp"

using namespace limn;

namespace {

using Training = ugatit::Training<Cpu, float>;
using Plant = limn_test::Plant<Cpu>;

struct PlantingDevice final : limn_test::PlantedDevice<Cpu> {
  explicit PlantingDevice(Plant before, Plant after = {})
      : PlantedDevice(
            [](bool dry) { return std::make_unique<Cpu>(CpuOptions{.threads = 1, .dry = dry}); },
            std::move(before), std::move(after)) {}
};

/// Smooth pictures, brighter ones in the second domain.
Picture picture_of(std::uint64_t number, bool second) {
  Picture p(24, 20);
  const Philox random{number, 1};
  for (Index y = 0; y < 20; ++y)
    for (Index x = 0; x < 24; ++x)
      for (Index c = 0; c < 3; ++c) {
        const auto at = static_cast<std::uint64_t>(((y / 5) * 8 + x / 5) * 3 + c);
        p.at(x, y)[c] = static_cast<std::uint8_t>((second ? 90 : 0) + 160 * random.uniform(at));
      }
  return p;
}

struct Planting {
  ScratchFolder folder;
  ugatit::RunOptions options;
  std::vector<Problem> problems;
  std::string news;

  Planting() {
    std::uint64_t number = 0;
    for (const char* kind : {"trainA", "trainB", "testA", "testB"}) {
      std::filesystem::create_directories(folder / "data" / kind);
      for (const char* name : {"1.png", "2.png", "3.png"})
        write_png(folder / "data" / kind / name,
                  picture_of(++number, kind[4 + (kind[1] == 'r')] == 'B'));
    }
    options.model = {.size = 16, .channels = 4, .blocks = 1};
    options.train.steps = 8;
  }
  [[nodiscard]] ugatit::RunPlace place(const std::string& run, Plant plant,
                                       OnProblem on_problem = OnProblem::warn) const {
    ugatit::RunPlace place;
    place.data = folder / "data";
    place.out = folder / run;
    place.device = std::make_shared<PlantingDevice>(std::move(plant));
    place.log_every = 1;
    place.sheet_every = 0;
    place.save_every = 3;
    place.on_problem = on_problem;
    return place;
  }
  [[nodiscard]] TrainerEvents events() {
    TrainerEvents events;
    events.on_problem = [this](const Problem& problem) { problems.push_back(problem); };
    events.on_message = [this](const std::string& text) { news += text + "\n"; };
    return events;
  }
  [[nodiscard]] std::unique_ptr<Trainer> start(const ugatit::RunPlace& place) {
    return ugatit::start_run(options, place, events());
  }
  /// The sentence of a run that breaks down, which is also told as a problem.
  [[nodiscard]] std::string breakdown(const std::string& run, Plant plant) {
    const auto trainer = start(place(run, std::move(plant)));
    const auto what = message_of<NumericError>([&] { trainer->run(); });
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].kind == "not-finite");
    CHECK(problems[0].grave);
    CHECK(problems[0].step == 5);
    CHECK(contains(what, "step 5: "));
    problems.clear();
    return what;
  }
  [[nodiscard]] std::string checkpoint(const std::string& run) const {
    return file_bytes(folder / run / "latest.safetensors");
  }
};

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// A value of this in the weights of this name, in one step.
Plant weight(const std::string& name, float value, std::int64_t at = 5) {
  return [=](Training& training, UnpairedBatch& /*batch*/, std::int64_t step) {
    if (step != at) return;
    for (auto* set : {&training.model().generators, &training.model().discriminators})
      for (const auto* p : set->parameters())
        if (p->name == name) {
          auto values = p->value.download();
          values.back() = value;
          p->value.upload(values);
          return;
        }
    FAIL("no weight of that name");
  };
}

}  // namespace

TEST_CASE_FIXTURE(Planting, "a NaN in a weight is named with its layer, and never saved") {
  for (const char* name : {"genA2B.DownBlock.12.conv_block.5.weight", "genB2A.FC.2.weight",
                           "genB2A.UpBlock1_1.norm1.rho", "genA2B.gmp_fc.weight",
                           "disGA.model.1.weight_orig", "disLB.conv.weight_u"}) {
    const auto what = breakdown(name, weight(name, nan));
    CAPTURE(what);
    CHECK(contains(what, std::string("are in the weights ") + name + " (1 of "));
    CHECK(contains(what, "the checkpoint of step 3 is still there"));
    CHECK(SafetensorsFile(folder / name / "latest.safetensors").metadata().at("step") == "3");
  }
}

TEST_CASE_FIXTURE(Planting, "weights that a step's own update spoils are not saved") {
  const auto spoil = [](Training& training, UnpairedBatch&, std::int64_t step) {
    if (step != 6) return;
    auto values = training.model().discriminators.values().download();
    values[7] = nan;
    training.model().discriminators.values().upload(values);
  };
  auto with = place("run", {});
  with.device = std::make_shared<PlantingDevice>(Plant(), spoil);
  const auto trainer = start(with);
  const auto what = message_of<NumericError>([&] { trainer->run(); });
  CHECK(contains(what, "step 6: "));
  CHECK(contains(what, "are in the weights dis"));
  CHECK(contains(what, "the checkpoint of step 3 is still there"));
  CHECK(SafetensorsFile(folder / "run/latest.safetensors").metadata().at("step") == "3");
  CHECK_THROWS_AS(trainer->save(), UsageError);
}

TEST_CASE_FIXTURE(Planting, "vectors of spectral normalization that are spoiled are not saved") {
  for (const char* name : {"disGA.model.1.weight_u", "disLB.conv.weight_v"}) {
    auto with = place(name, {});
    with.device = std::make_shared<PlantingDevice>(Plant(), weight(name, nan, 6));
    const auto trainer = start(with);
    const auto what = message_of<NumericError>([&] { trainer->run(); });
    CAPTURE(what);
    CHECK(contains(what, "step 6: "));
    CHECK(contains(what, std::string("are in the weights ") + name + " (1 of "));
    CHECK(contains(what, "the checkpoint of step 3 is still there"));
    CHECK(SafetensorsFile(folder / name / "latest.safetensors").metadata().at("step") == "3");
  }
}

TEST_CASE_FIXTURE(Planting,
                  "a moment is looked at, too, where a NaN in a picture ends a training") {
  auto with = place("run", {});
  with.device = std::make_shared<PlantingDevice>(
      [](Training&, UnpairedBatch& batch, std::int64_t step) {
        if (step == 5) batch.b[7] = nan;
      },
      [](Training& training, UnpairedBatch&, std::int64_t step) {
        if (step != 4) return;
        auto moments = training.step().discriminator_adam().second_moments().download();
        moments[7] = std::numeric_limits<float>::infinity();
        training.step().discriminator_adam().second_moments().upload(moments);
      });
  const auto trainer = start(with);
  const auto what = message_of<NumericError>([&] { trainer->run(); });
  CHECK(contains(what, "the checkpoint of step 3 is still there"));
  CHECK(SafetensorsFile(folder / "run/latest.safetensors").metadata().at("step") == "3");
}

TEST_CASE_FIXTURE(Planting, "features that overflow are named by the layer that they come out of") {
  const auto what = breakdown("run", weight("genA2B.DownBlock.1.weight", 3e38F));
  CHECK(contains(what, "come out of"));
  CHECK(contains(what, "genA2B.DownBlock.1 "));
  CHECK(contains(what, "whose own weights are finite"));
}

TEST_CASE_FIXTURE(Planting, "a NaN in a picture: the state before it is sound, and is saved") {
  start(place("whole", {}))->run(4);
  const auto what = breakdown("run", [](Training&, UnpairedBatch& batch, std::int64_t step) {
    if (step == 5) batch.b[7] = nan;
  });
  CHECK(
      contains(what, "the pictures of B in its batch hold values that are not finite (1 of 768)"));
  CHECK(contains(what, "the checkpoint of step 4 is still there"));
  CHECK((checkpoint("run") == checkpoint("whole")));
}

TEST_CASE_FIXTURE(Planting, "attention that stays dead is found: the weights of the CAM are 0") {
  options.train.steps = 340;
  const auto dead = [](Training& training, UnpairedBatch&, std::int64_t) {
    auto& attention = training.model().a2b.attention;
    for (auto* p : {&attention.average.weight, &attention.maximum.weight})
      primitive::fill(p->value, 0.0F);
  };
  start(place("run", dead))->run();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].kind == "dead-cam");
  CHECK(problems[0].step <= 302);
  CHECK(contains(problems[0].text, "generator A2B is dead"));
}

TEST_CASE_FIXTURE(Planting, "a frozen generator is found, and ends a run that shall stop") {
  options.train.steps = 200;
  const auto frozen = [first = std::make_shared<std::vector<float>>()](
                          Training& training, UnpairedBatch&, std::int64_t) {
    const auto& values = training.model().generators.values();
    if (first->empty()) *first = values.download();
    values.upload(*first);
  };
  auto with = place("run", {}, OnProblem::stop);
  with.device = std::make_shared<PlantingDevice>(Plant(), frozen);
  with.save_every = 0;
  const auto trainer = start(with);
  CHECK(trainer->run() == Trainer::Ended::problem);
  REQUIRE(trainer->stopped_by());
  CHECK(trainer->stopped_by()->kind == "nothing-learns");
  CHECK(contains(trainer->stopped_by()->text, "nothing learns in gen"));
  CHECK(trainer->step() < 120);
  CHECK(trainer->saved_step() == trainer->step());
  CHECK(trainer->run(trainer->step() + 5) == Trainer::Ended::reached);  // who wants to may go on
}

TEST_CASE_FIXTURE(Planting, "a learning rate that is far too high is found") {
  options.train.steps = 200;
  const auto broke = [this](const std::string& run) {
    const auto trainer = start(place(run, {}, OnProblem::stop));
    try {
      return trainer->run() == Trainer::Ended::problem;
    } catch (const NumericError&) {
      return true;
    }
  };
  const auto found_before = [this](std::int64_t step) {
    REQUIRE(!problems.empty());
    CHECK(problems[0].step < step);
    CHECK((problems[0].kind == "diverging" || problems[0].kind == "not-finite"));
  };
  SUBCASE("a thousand times") {
    options.train.learning_rate = 0.1;
    // some such runs settle instead of breaking down, which ones is a chance of rounding: about two
    // seeds of six
    bool any = false;
    for (options.train.seed = 0; !any && options.train.seed < 6; ++options.train.seed)
      any = broke("run" + std::to_string(options.train.seed));
    CHECK(any);
    found_before(150);
  }
  SUBCASE("ten thousand times") {
    options.train.learning_rate = 1;
    CHECK(broke("run"));
    found_before(50);
  }
}

TEST_CASE_FIXTURE(Planting, "a sound run is told nothing") {
  options.train.steps = 400;
  auto with = place("run", {});
  with.sheet_every = 20;
  with.save_every = 0;
  start(with)->run();
  for (const auto& problem : problems) CHECK_MESSAGE(false, problem.text);
}

TEST_CASE_FIXTURE(Planting, "rolled back: half the rate, other pictures, the same bytes if cut") {
  const auto once = [](std::int64_t at) {
    return [at, done = std::make_shared<bool>(false)](Training&, UnpairedBatch& batch,
                                                      std::int64_t step) {
      if (step == at && !std::exchange(*done, true)) batch.a[3] = nan;
    };
  };
  const auto whole = start(place("whole", once(5), OnProblem::rollback));
  CHECK(whole->run() == Trainer::Ended::finished);
  CHECK(problems.size() == 1);
  CHECK(whole->recovery() == Recovery{1, 0.5, 1});
  CHECK(contains(news, "rolled back from step 5 to the checkpoint of step 3 (not-finite)"));
  const SafetensorsFile file(folder / "whole/latest.safetensors");
  CHECK(file.metadata().at("step") == "8");
  CHECK(file.metadata().at("recovery.rollbacks") == "1");
  const std::string log = file_bytes(folder / "whole/log.csv");
  CHECK(std::count(log.begin(), log.end(), '\n') == 9);
  const auto rate_of = [&log](int step) {
    const auto line = log.find("\n" + std::to_string(step) + ",") + 1;
    const auto rate = log.find(',', log.find(',', line) + 1) + 1;
    return log.substr(rate, log.find(',', rate) - rate);
  };
  CHECK(rate_of(3) == "0.0001");
  CHECK(rate_of(4) == "5e-05");

  // stopped after it, killed right after it, and killed before it
  start(place("stopped", once(5), OnProblem::rollback))->run(6);
  ugatit::resume_run(place("stopped", {}, OnProblem::rollback))->run();
  CHECK((checkpoint("stopped") == checkpoint("whole")));
  {
    const auto killed = start(place("killed", once(5), OnProblem::rollback));
    while (killed->recovery().rollbacks == 0) killed->advance();
    CHECK(killed->step() == 3);
  }
  ugatit::resume_run(place("killed", {}, OnProblem::rollback))->run();
  CHECK((checkpoint("killed") == checkpoint("whole")));
  const auto plant = once(5);
  {
    const auto killed = start(place("early", {}, OnProblem::rollback));
    for (int step = 1; step <= 4; ++step) killed->advance();
  }
  ugatit::resume_run(place("early", plant, OnProblem::rollback))->run();
  CHECK((checkpoint("early") == checkpoint("whole")));
}

TEST_CASE_FIXTURE(Planting, "a rollback keeps the best state, and tells that it went back") {
  {
    const auto trainer = start(place("run", {}, OnProblem::rollback));
    trainer->run(4);
    trainer->keep_best("kid", 0.5);
    trainer->run(5);
  }
  const std::string best = file_bytes(folder / "run/best.safetensors");
  auto with = place("run", [done = std::make_shared<bool>(false)](Training&, UnpairedBatch& batch,
                                                                  std::int64_t step) {
    if (step == 7 && !std::exchange(*done, true)) batch.a[3] = nan;
  });
  std::vector<WentBack> back;
  with.on_problem = OnProblem::rollback;
  with.keep = 5;
  auto attended = events();
  attended.on_back = [&](const WentBack& went) {
    back.push_back(went);
    // the checkpoint that knows of it is not there yet, and the log is whole
    CHECK(SafetensorsFile(folder / "run/latest.safetensors").metadata().at("step") == "6");
    CHECK(contains(file_bytes(folder / "run/log.csv"), "\n6,"));
  };
  const auto resumed = ugatit::resume_run(with, {}, attended);
  REQUIRE(resumed->best());
  CHECK(resumed->best()->step == 4);
  resumed->run();
  REQUIRE(back.size() == 1);
  CHECK(back[0].from == 7);
  CHECK(back[0].to == 6);
  CHECK(back[0].why == "not-finite");
  CHECK((file_bytes(folder / "run/best.safetensors") == best));
  CHECK(best_of(SafetensorsFile(folder / "run/latest.safetensors"))->score == 0.5);
  const auto journal = file_bytes(folder / "run/events.jsonl");
  CHECK(contains(journal, R"({"kind":"back","step":6,"from":7,"times":1,"why":"not-finite"})"));
}

TEST_CASE_FIXTURE(Planting, "a rollback past the best state does not make another one the best") {
  const auto plant = [done = std::make_shared<bool>(false)](Training&, UnpairedBatch& batch,
                                                            std::int64_t step) {
    if (step == 6 && !std::exchange(*done, true)) batch.a[3] = nan;
  };
  auto with = place("run", plant, OnProblem::rollback);
  Trainer* scored = nullptr;
  bool kept = false;
  auto attended = events();
  attended.on_step = [&](const StepReport& r) {
    if (r.step == 5 && !std::exchange(kept, true)) scored->keep_best("kid", 0.5);
  };
  attended.on_back = [&](const WentBack& went) { CHECK(went.to == 3); };
  const auto trainer = ugatit::start_run(options, with, attended);
  scored = trainer.get();
  trainer->run(5);
  const std::string best = file_bytes(folder / "run/best.safetensors");
  std::filesystem::remove(folder / "run/latest.safetensors");  // a second name of the best one
  std::ofstream(folder / "run/latest.safetensors") << "damaged";
  trainer->run();
  CHECK(trainer->recovery().rollbacks == 1);
  CHECK(contains(news, "an older checkpoint is looked for"));
  CHECK((file_bytes(folder / "run/best.safetensors") == best));
  CHECK(trainer->best()->score == 0.5);
}

TEST_CASE_FIXTURE(Planting, "without a checkpoint to go back to the training says so, and ends") {
  const auto spoil = [](Training&, UnpairedBatch& batch, std::int64_t step) {
    if (step == 2) batch.a[3] = nan;
  };
  const auto trainer = start(place("run", spoil, OnProblem::rollback));
  std::filesystem::create_directory(folder / "run/latest.safetensors.tmp");  // nothing can be saved
  trainer->advance();
  const auto what = message_of<NumericError>([&] { trainer->run(); });
  CHECK(contains(what, "step 2: "));
  CHECK(contains(news, "the checkpoint of step 0 could not be saved"));
  CHECK(contains(news, "the training cannot be rolled back: "));
}

TEST_CASE_FIXTURE(Planting, "what a listener throws passes through, and the training can go on") {
  auto with = place("run", {});
  with.sheet_every = 2;
  auto attended = events();
  attended.on_sheet = [](const Picture&, const std::filesystem::path&) {
    throw std::runtime_error("the window is closed");
  };
  const auto trainer = ugatit::start_run(options, with, attended);
  CHECK(message_of<std::runtime_error>([&] { trainer->run(); }) == "the window is closed");
  CHECK(trainer->step() == 2);
  trainer->save();
  trainer->advance();
  CHECK(trainer->step() == 3);
}

TEST_CASE_FIXTURE(Planting, "what is told while a run is resumed is in its journal") {
  start(place("run", {}))->run(6);
  std::ofstream(folder / "run/latest.safetensors", std::ios::trunc) << "damaged";
  ugatit::resume_run(place("run", {}), {}, events())->run();
  CHECK(contains(news, "the checkpoint before it is used"));
  CHECK(contains(file_bytes(folder / "run/events.jsonl"), "the checkpoint before it is used"));
}

TEST_CASE_FIXTURE(Planting,
                  "before the first save a rollback goes to the start; after three it ends") {
  const auto always = [](Training&, UnpairedBatch& batch, std::int64_t step) {
    if (step == 2) batch.a[3] = nan;
  };
  auto trainer = start(place("run", always, OnProblem::rollback));
  const auto what = message_of<NumericError>([&] { trainer->run(); });
  CHECK(contains(what, "step 2: "));
  CHECK(problems.size() == 4);
  CHECK(trainer->recovery() == Recovery{3, 0.125, 3});
  CHECK(contains(news, "rolled back from step 2 to the checkpoint of step 0"));
  CHECK(contains(news, "it ends here"));
  const SafetensorsFile file(folder / "run/latest.safetensors");
  CHECK(file.metadata().at("recovery.data_order") == "3");
  trainer.reset();  // it holds the log
  CHECK(ugatit::resume_run(place("run", {}))->run() == Trainer::Ended::finished);
}
