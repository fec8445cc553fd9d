// SPDX-License-Identifier: MIT
// Trainings on the emulated GPU that break down or go back: a recorded step is forgotten where
// values were not finite, and recorded anew; where they were finite it is replayed on what was
// restored. The files are those of a run that was cut, and memory stays within the plan.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../emulated/ugatit.hpp"
#include "../train/planted.hpp"
#include "../train/small_run.hpp"
#include "limn/train/unpaired_batches.hpp"

using namespace limn;

namespace {

using Training = ugatit::Training<CudaEmulation, float>;
using Plant = limn_test::Plant<CudaEmulation>;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Whether each step asked the device for memory: one that is replayed does not.
using Asked = std::vector<std::pair<std::int64_t, bool>>;

struct PlantedRun : SmallRun {
  std::string news;
  std::vector<Problem> problems;

  PlantedRun() { options.train.steps = 8; }

  [[nodiscard]] static std::shared_ptr<ugatit::RunDevice> device(Plant before, Plant after = {}) {
    return std::make_shared<limn_test::PlantedDevice<CudaEmulation>>(
        [](bool dry) { return std::make_unique<CudaEmulation>(CudaEmulationOptions{.dry = dry}); },
        std::move(before), std::move(after));
  }
  /// Plants, and notes what each step asked for.
  [[nodiscard]] static std::shared_ptr<ugatit::RunDevice> device(const Plant& before,
                                                                 Asked& asked) {
    const auto requests = std::make_shared<std::uint64_t>();
    return device(
        [before, requests](Training& training, UnpairedBatch& batch, std::int64_t step) {
          if (before) before(training, batch, step);
          *requests = training.device().memory().requests;
        },
        [&asked, requests](Training& training, UnpairedBatch&, std::int64_t step) {
          asked.emplace_back(step, training.device().memory().requests > *requests);
        });
  }
  [[nodiscard]] ugatit::RunPlace on(const std::string& run,
                                    std::shared_ptr<ugatit::RunDevice> device,
                                    OnProblem on_problem = OnProblem::rollback) const {
    auto where = place(run, 1, 2);
    where.device = std::move(device);
    where.save_every = 3;
    where.on_problem = on_problem;
    return where;
  }
  [[nodiscard]] TrainerEvents events() {
    TrainerEvents events;
    events.on_problem = [this](const Problem& problem) { problems.push_back(problem); };
    events.on_message = [this](const std::string& text) { news += text + "\n"; };
    return events;
  }
  [[nodiscard]] static Training& training_of(Trainer& trainer) {
    return dynamic_cast<limn_test::Planted<CudaEmulation>&>(trainer.model()).training();
  }
};

/// A NaN in the pictures of this step, once.
Plant spoiled_picture(std::int64_t at) {
  return [at, done = std::make_shared<bool>(false)](Training&, UnpairedBatch& batch,
                                                    std::int64_t step) {
    if (step == at && !std::exchange(*done, true)) batch.a[3] = nan;
  };
}

/// Finds on its fifth step that a first course has been wrong from the fourth one on.
struct Late final : WatchRule {
  explicit Late(bool first) : WatchRule("late", true), first_course(first) {}
  bool first_course;
  void see(const StepReport& report) override {
    judge(std::exchange(first_course, first_course && report.step < 5) && report.step == 5
              ? std::optional(Finding{"late", 4})
              : std::nullopt);
  }
  void remember(const std::function<void(double&)>& /*f*/) override {}
};

}  // namespace

TEST_CASE_FIXTURE(PlantedRun, "a NaN on a device that records: rolled back, and recorded anew") {
  Asked asked;
  const auto whole =
      ugatit::start_run(options, on("whole", device(spoiled_picture(5), asked)), events());
  CHECK(whole->run() == Trainer::Ended::finished);
  CHECK(whole->recovery() == Recovery{1, 0.5, 1});
  REQUIRE(problems.size() == 1);
  CHECK(contains(problems[0].text, "the pictures of A in its batch hold values that are not"));
  CHECK(contains(news, "rolled back from step 5 to the checkpoint of step 3 (not-finite)"));
  CHECK(asked == Asked{{1, true},
                       {2, true},
                       {3, false},
                       {4, false},
                       {5, false},
                       {4, true},  // as it is, recorded, replayed
                       {5, true},
                       {6, false},
                       {7, false},
                       {8, false}});
  // sheets, averages, checks and two recordings: still the plan
  CHECK(training_of(*whole).step().generator_adam().averages().defined());
  const auto plan = ugatit::plan_run(options, on("whole", device({})));
  CHECK(plan.sheets > 0);
  CHECK(training_of(*whole).device().memory().peak == plan.peak);

  // stopped after it, and killed right after it
  ugatit::start_run(options, on("stopped", device(spoiled_picture(5))))->run(6);
  ugatit::resume_run(on("stopped", device({})))->run();
  CHECK((checkpoint("stopped") == checkpoint("whole")));
  {
    const auto killed = ugatit::start_run(options, on("killed", device(spoiled_picture(5))));
    while (killed->recovery().rollbacks == 0) killed->advance();
    CHECK(killed->step() == 3);
  }
  ugatit::resume_run(on("killed", device({})))->run();
  CHECK((checkpoint("killed") == checkpoint("whole")));
  CHECK(log("killed") == log("whole"));
}

TEST_CASE_FIXTURE(PlantedRun, "a NaN that is run past is found where the state is to be saved") {
  const auto run = [&](const char* name, std::int64_t until) {
    auto where = on(name, device(spoiled_picture(4)));
    where.log_every = where.sheet_every = 0;
    auto trainer = ugatit::start_run(options, where, events());
    trainer->run(until);
    return trainer;
  };
  const auto whole = run("whole", 8);
  CHECK(whole->recovery() == Recovery{1, 0.5, 1});
  CHECK(contains(news, "rolled back from step 6 to the checkpoint of step 3 (not-finite)"));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].step == 6);
  CHECK(contains(problems[0].text, "are in the weights "));
  run("cut", 7);
  auto where = on("cut", device({}));
  where.log_every = where.sheet_every = 0;
  ugatit::resume_run(where)->run();
  CHECK((checkpoint("cut") == checkpoint("whole")));
}

TEST_CASE_FIXTURE(PlantedRun, "a problem that is finite: what is replayed is what was restored") {
  // a trainer of one course; `from`: the checkpoint that it goes on from
  Asked asked;
  const auto open = [&](const std::string& run) {
    const auto out = folder / run;
    auto model = device({}, asked)->training(options, {});
    std::int64_t done = 0;
    Guard guard;
    if (!checkpoint_files(out).empty()) {
      const auto file = newest_checkpoint(out);
      done = checkpoint_step(file);
      read_state(file, model->state(), Surplus::refused, "");
      model->restore_counters(file);
      guard.recovery = recovery_from_metadata(file);
    }
    Watch::Rules rules;
    rules.push_back(std::make_unique<Late>(guard.recovery == Recovery()));
    guard.watch = Watch(std::move(rules));
    guard.on_problem = OnProblem::rollback;
    const auto make = unpaired_batches(
        {.folder_a = data() / "trainA", .folder_b = data() / "trainB", .size = options.model.size},
        [](const std::string&) {});
    guard.batches = [=](const Recovery& recovery, std::int64_t after) {
      return make(recovery.data_seed(0), after);
    };
    auto first = guard.batches(guard.recovery, done);
    return std::make_unique<Trainer>(std::move(model), std::move(first), Metadata(),
                                     TrainerOptions{out, 8, 1, 0, 3, 2}, events(), done,
                                     std::nullopt, std::move(guard));
  };
  const auto whole = open("whole");
  whole->run();
  CHECK(contains(news, "rolled back from step 5 to the checkpoint of step 3 (late)"));
  CHECK(asked == Asked{{1, true},
                       {2, true},
                       {3, false},
                       {4, false},
                       {5, false},
                       {4, false},
                       {5, false},
                       {6, false},
                       {7, false},
                       {8, false}});
  {
    const auto killed = open("killed");
    while (killed->recovery().rollbacks == 0) killed->advance();
  }
  asked.clear();
  open("killed")->run();
  CHECK(asked == Asked{{4, true}, {5, true}, {6, false}, {7, false}, {8, false}});
  CHECK((checkpoint("killed") == checkpoint("whole")));
}

TEST_CASE_FIXTURE(PlantedRun, "features that overflow among borders are named by their layer") {
  Training training(std::make_unique<CudaEmulation>(), options);
  const Shape shape{1, options.model.size, options.model.size, 3};
  const std::vector<float> values(static_cast<std::size_t>(shape.size()), 0.5F);
  training.train({0, shape, values, values}, 1);
  CHECK(training.diagnose().where.empty());
  for (const auto* p : training.model().generators.parameters())
    if (p->name == "genA2B.DownBlock.1.weight") {
      auto weights = p->value.download();
      weights.back() = 3e38F;
      p->value.upload(weights);
    }
  const auto where = training.diagnose().where;
  CAPTURE(where);
  // of its normalization: a channel of the map, whose border is not counted
  CHECK(contains(where, "come out of what follows layer genA2B.DownBlock.1 (256 of 512)"));
  CHECK(contains(where, "whose own weights are finite"));
}
