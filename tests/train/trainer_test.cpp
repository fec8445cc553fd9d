// SPDX-License-Identifier: MIT
// The trainer with a model that is no network.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/train/trainer.hpp"
#include "number_state.hpp"

using namespace limn;

namespace {

/// Its state is the sum of the steps it has seen.
struct Sum final : Trainable {
  std::vector<double> sum{0};
  std::int64_t breaks_at = -1;
  bool ahead = false;
  bool broken = false;
  int sheets = 0, reads = 0;

  std::string description() const override { return "a sum"; }
  std::vector<std::string> loss_names() const override { return {"sum"}; }
  double learning_rate(std::int64_t step) const override { return 1.0 / static_cast<double>(step); }
  void train(const UnpairedBatch& batch, std::int64_t step) override {
    CHECK(batch.step == step - 1);
    broken = broken || step == breaks_at;
    sum[0] += static_cast<double>(step);
  }
  std::vector<double> losses() override {
    ++reads;
    if (broken) throw NumericError("loss term sum is not finite (nan)");
    return sum;
  }
  bool runs_ahead() const override { return ahead; }
  std::vector<StateTensor> state() override { return number_state("sum", sum[0]); }
  Metadata metadata() override { return {{"kind", "sum"}}; }
  void restore_counters(const SafetensorsFile& /*file*/) override {}
  Picture sheet(std::int64_t /*step*/) override {
    ++sheets;
    return Picture(2, 2);
  }
};

struct Counted {
  std::vector<std::int64_t> steps, saves;
  std::vector<std::string> sheets;
  TrainerEvents events;
  Counted() {
    events.on_step = [this](const StepReport& r) { steps.push_back(r.step); };
    events.on_save = [this](const auto&, std::int64_t step) { saves.push_back(step); };
    events.on_sheet = [this](const Picture&, const std::filesystem::path& path) {
      sheets.push_back(path.filename().string());
    };
  }
};

Trainer::Batches counting(Index first) {
  return [next = first]() mutable { return UnpairedBatch{next++, {}, {}, {}}; };
}

Trainer make(const TrainerOptions& options, const TrainerEvents& events, std::int64_t done = 0,
             std::int64_t breaks_at = -1, bool ahead = false) {
  auto model = std::make_unique<Sum>();
  model->breaks_at = breaks_at;
  model->ahead = ahead;
  if (done > 0) {
    const auto file = newest_checkpoint(options.out);
    CHECK(checkpoint_step(file) == done);
    read_state(file, model->state(), Surplus::refused, "");
  }
  return Trainer(std::move(model), counting(done), {{"data", "x"}}, options, events, done);
}

/// Columns 1 and 3 on: all but the time.
std::string without_time(const std::string& log) {
  std::string out;
  for (std::size_t at = 0; at < log.size();) {
    const auto end = log.find('\n', at), first = log.find(',', at),
               second = log.find(',', first + 1);
    out += log.substr(at, first - at) + log.substr(second, end + 1 - second);
    at = end + 1;
  }
  return out;
}

}  // namespace

TEST_CASE("steps, logs, sheets and checkpoints come when they are due, and at the end") {
  const ScratchFolder folder;
  Counted counted;
  auto trainer = make({folder / "run", 7, 3, 4, 5}, counted.events);
  CHECK(trainer.run() == Trainer::Ended::finished);
  CHECK(counted.steps == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7});
  CHECK(counted.saves == std::vector<std::int64_t>{5, 7});
  CHECK(counted.sheets == std::vector<std::string>{"step_0000004.png", "step_0000007.png"});
  CHECK(without_time(file_bytes(folder / "run/log.csv")) ==
        "step,lr,sum\n1,1,1\n3,0.333333333,6\n6,0.166666667,21\n7,0.142857143,28\n");
  CHECK_THROWS_AS(trainer.advance(), UsageError);
}

TEST_CASE("stopped and resumed leaves the same files as uninterrupted") {
  const ScratchFolder folder;
  make({folder / "whole", 6, 1, 0, 0}, {}).run();
  make({folder / "parts", 6, 1, 0, 0}, {}).run(2);
  {
    auto killed = make({folder / "parts", 6, 1, 0, 0}, {}, 2);
    killed.advance();  // logged, not saved
  }
  auto trainer = make({folder / "parts", 6, 1, 0, 0}, {}, 2);
  CHECK(trainer.saved_step() == 2);
  CHECK(trainer.run(4) == Trainer::Ended::reached);
  CHECK(trainer.step() == 4);
  CHECK(trainer.run() == Trainer::Ended::finished);
  CHECK(file_bytes(folder / "parts/latest.safetensors") ==
        file_bytes(folder / "whole/latest.safetensors"));
  CHECK(without_time(file_bytes(folder / "parts/log.csv")) ==
        without_time(file_bytes(folder / "whole/log.csv")));
}

TEST_CASE("a request to stop is granted after the step, and saves") {
  const ScratchFolder folder;
  std::stop_source stop;
  Counted counted;
  counted.events.on_step = [&](const StepReport& r) {
    if (r.step == 2) stop.request_stop();
  };
  auto trainer = make({folder / "run", 9, 1, 0, 0}, counted.events);
  CHECK(trainer.run(9, stop.get_token()) == Trainer::Ended::stopped);
  CHECK(trainer.step() == 2);
  CHECK(counted.saves == std::vector<std::int64_t>{2});
}

TEST_CASE("a training that breaks down says where, saves nothing more, and keeps its checkpoint") {
  const ScratchFolder folder;
  auto trainer = make({folder / "run", 9, 1, 0, 2}, {}, 0, 4);
  const auto what = message_of<NumericError>([&] { trainer.run(); });
  CHECK(contains(what, "step 4: loss term sum is not finite (nan)"));
  CHECK(contains(what, "the checkpoint of step 2 is still there"));
  CHECK_THROWS_AS(trainer.save(), UsageError);
  CHECK_THROWS_AS(trainer.advance(), UsageError);
  CHECK(SafetensorsFile(folder / "run/latest.safetensors").metadata().at("step") == "2");
}

TEST_CASE(
    "losses of a device that runs ahead are read where they are shown or kept, or else always") {
  for (const bool ahead : {false, true}) {
    const ScratchFolder folder;
    std::vector<std::int64_t> of;
    TrainerEvents events;
    events.on_step = [&](const StepReport& r) {
      REQUIRE(r.losses.size() == 1);
      CHECK(r.loss("sum") == static_cast<double>(r.losses_step * (r.losses_step + 1) / 2));
      of.push_back(r.losses_step);
    };
    auto trainer = make({folder / "run", 9, 3, 0, 4}, events, 0, -1, ahead);
    trainer.run(7);  // saves
    CHECK(dynamic_cast<Sum&>(trainer.model()).reads == (ahead ? 5 : 7));
    trainer.run();
    const std::vector<std::int64_t> all{1, 2, 3, 4, 5, 6, 7, 8, 9},
        shown{1, 1, 3, 4, 4, 6, 6, 8, 9};
    CHECK(of == (ahead ? shown : all));
    CHECK(without_time(file_bytes(folder / "run/log.csv")) ==
          "step,lr,sum\n1,1,1\n3,0.333333333,6\n6,0.166666667,21\n9,0.111111111,45\n");
  }
}

TEST_CASE("a device that runs ahead: what is spoiled is never saved") {
  const ScratchFolder folder;
  auto trainer = make({folder / "run", 9, 5, 0, 2}, {}, 0, 3, true);
  trainer.run(2);
  trainer.advance();  // breaks, and nobody looks
  CHECK(contains(message_of<NumericError>([&] { trainer.save(); }), "step 3: loss term sum"));
  CHECK_THROWS_AS(trainer.advance(), UsageError);
  CHECK(SafetensorsFile(folder / "run/latest.safetensors").metadata().at("step") == "2");
}

TEST_CASE("without a folder nothing is written, and everything is reported") {
  Counted counted;
  auto trainer = make({{}, 2, 1, 1, 1}, counted.events);
  trainer.run();
  CHECK(counted.steps.size() == 2);
  CHECK(counted.saves.empty());
  CHECK(counted.sheets == std::vector<std::string>{"", ""});
}

TEST_CASE("the state that scored best is kept, with its score") {
  const ScratchFolder folder;
  Counted counted;
  Trainer* scored = nullptr;
  counted.events.on_step = [&](const StepReport& r) {
    if (r.step == 3) scored->keep_best("kid", 0.25);
    if (r.step == 4) scored->keep_best("kid", 0.125);  // due as well: one save
  };
  const auto best = [&] {
    const auto file = open_checkpoint(best_checkpoint_path(folder / "run"));
    const auto known = best_of(file);
    REQUIRE(known);
    CHECK(known->step == checkpoint_step(file));
    CHECK(file.read<double>("sum")[0] == static_cast<double>(known->step * (known->step + 1) / 2));
    return *known;
  };
  {
    auto trainer = make({folder / "run", 9, 1, 0, 2}, counted.events);
    scored = &trainer;
    trainer.run(7);
    CHECK(counted.saves == std::vector<std::int64_t>{2, 3, 4, 6, 7});
    REQUIRE(trainer.best());
    CHECK(trainer.best()->score == 0.125);
  }
  CHECK(best().step == 4);
  CHECK(best().score == 0.125);
  const auto latest = open_checkpoint(checkpoint_path(folder / "run"));
  auto trainer = make({folder / "run", 9, 1, 0, 2}, {}, 7);
  trainer.restore_best(best_of(latest));
  REQUIRE(trainer.best());
  CHECK(trainer.best()->step == 4);
  trainer.advance();
  trainer.keep_best("kid", 0.1);
  trainer.run();
  CHECK(best().step == 8);
  CHECK(best().by == "kid");
}

TEST_CASE("what cannot be written is told, and the training goes on; at the end it must be saved") {
  const ScratchFolder folder;
  std::string news;
  Counted counted;
  counted.events.on_message = [&](const std::string& text) { news += text + "\n"; };
  auto trainer = make({folder / "run", 8, 1, 2, 2}, counted.events);
  trainer.advance();
  // a folder stands where a file must go, and a file where a folder must: also root cannot do that
  const auto blocked = folder / "run/latest.safetensors.tmp";
  std::filesystem::create_directories(blocked);
  folder.file("run/sheets", "no folder");
  for (int step = 2; step <= 5; ++step) trainer.advance();
  CHECK(counted.saves.empty());
  CHECK(counted.steps.size() == 5);
  CHECK(counted.sheets == std::vector<std::string>{"", ""});
  CHECK(contains(news, "the checkpoint of step 2 could not be saved: "));
  CHECK(contains(news, "the checkpoint of step 4 could not be saved: "));
  CHECK(contains(news, "sheets: cannot be made"));
  const auto what = message_of<IoError>([&] { trainer.run(7); });
  CHECK(contains(what, "latest.safetensors: writing failed"));
  CHECK(trainer.step() == 7);

  std::filesystem::remove(blocked);
  std::filesystem::remove(folder / "run/sheets");
  trainer.run();
  CHECK(counted.saves == std::vector<std::int64_t>{8});
  CHECK(counted.sheets == std::vector<std::string>{"", "", "", "step_0000008.png"});
  std::filesystem::create_directories(blocked);
  CHECK(contains(message_of<IoError>([&] { trainer.save(); }),
                 "; the checkpoint of step 8 is still there"));
}

TEST_CASE("where the pictures vanish, what has been trained is saved first") {
  const ScratchFolder folder;
  auto model = std::make_unique<Sum>();
  Trainer trainer(std::move(model),
                  [next = Index{0}]() mutable {
                    if (next == 3) throw IoError("data: there are no pictures");
                    return UnpairedBatch{next++, {}, {}, {}};
                  },
                  {}, {folder / "run", 9, 1, 0, 0}, {});
  CHECK(message_of<IoError>([&] { trainer.run(); }) ==
        "data: there are no pictures; the training stops after step 3; the checkpoint of step 3 is "
        "still there");
  CHECK(checkpoint_step(newest_checkpoint(folder / "run")) == 3);
}

TEST_CASE("a second training in the folder is refused while the first one lives") {
  const ScratchFolder folder;
  {
    auto first = make({folder / "run", 9, 1, 0, 1}, {});
    first.run(2);
    CHECK(contains(message_of<IoError>([&] {
                     make({folder / "run", 9, 1, 0, 1}, {}, 2);
                   }),
                   "another training is writing here (process "));
  }
  make({folder / "run", 9, 1, 0, 1}, {}, 2).run();
}

TEST_CASE("a folder that cannot be written is found before the first step") {
  const ScratchFolder folder;
  folder.file("file", "");
  CHECK_THROWS_AS(make({folder / "file", 2, 1, 1, 1}, {}), IoError);
  CHECK_THROWS_AS(make({folder / "file" / "run", 2, 1, 1, 1}, {}), IoError);
  CHECK_THROWS_AS(make({"/proc/run", 2, 1, 1, 1}, {}), IoError);
}
