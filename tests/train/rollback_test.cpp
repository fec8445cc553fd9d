// SPDX-License-Identifier: MIT
// Trainings that go back, with a model that is no network: whenever one is killed, what it leaves
// resumes to the files of one that was left alone; scores, failing disks, pictures and listeners.
#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/train/record.hpp"
#include "limn/train/trainer.hpp"
#include "number_state.hpp"

using namespace limn;
namespace fs = std::filesystem;

namespace {

/// Adds up what its pictures are; some spoil it.
struct ScriptedSum final : Trainable {
  double sum = 0, rate = 1;
  bool ahead = false;
  /// In the update of this step, which its own losses do not show.
  std::int64_t spoilt_after = -1;
  std::int64_t done = 0;

  std::string description() const override { return "a sum"; }
  std::vector<std::string> loss_names() const override { return {"sum"}; }
  double learning_rate(std::int64_t /*step*/) const override { return rate; }
  void scale_learning_rate(double factor) override { rate *= factor; }
  void train(const UnpairedBatch& batch, std::int64_t step) override {
    sum += rate * static_cast<double>(batch.a.at(0));
    if (batch.b.at(0) != 0) sum = std::numeric_limits<double>::quiet_NaN();
    loss = sum;
    done = step;
  }
  std::vector<double> losses() override {
    if (!std::isfinite(loss)) throw NumericError("loss term sum is not finite");
    return {loss};
  }
  void require_finite_state() override {
    if (done == spoilt_after) throw NumericError("the sum is spoilt");
  }
  bool runs_ahead() const override { return ahead; }
  std::vector<StateTensor> state() override { return number_state("sum", sum); }
  Metadata metadata() override { return {{"kind", "sum"}}; }
  void restore_counters(const SafetensorsFile& file) override { done = checkpoint_step(file); }
  Picture sheet(std::int64_t /*step*/) override { return Picture(2, 2); }

 private:
  double loss = 0;
};

/// Finds on its seventh step that a first course has been wrong from the fourth one on.
struct Late final : WatchRule {
  Late() : WatchRule("late", true) {}
  void see(const StepReport& report) override {
    const bool first_course = report.loss("sum") == static_cast<double>(report.losses_step);
    judge(first_course && report.losses_step >= 7 ? std::optional(Finding{"late", 4})
                                                  : std::nullopt);
  }
  void remember(const std::function<void(double&)>& /*f*/) override {}
};

struct Way {
  bool nan = false;    ///< the pictures of step 7 are, else the rule finds fault
  bool ahead = false;  ///< the device runs ahead
};

struct Rolling {
  ScratchFolder folder;
  Way way;
  std::int64_t steps = 12, spoilt_after = -1;
  OnProblem on_problem = OnProblem::rollback;
  std::string news;
  int reopened = 0;
  /// Called when the pictures are opened in another order.
  std::function<void()> reopening;

  /// Begins, or goes on; `attended` is told before the record is, and after.
  std::unique_ptr<Trainer> open(const std::string& run, const TrainerEvents& attended = {}) {
    const fs::path out = folder / run;
    auto model = std::make_unique<ScriptedSum>();
    model->ahead = way.ahead;
    model->spoilt_after = spoilt_after;
    Guard guard;
    Watch::Rules rules;
    if (!way.nan) rules.push_back(std::make_unique<Late>());
    guard.watch = Watch(std::move(rules));
    guard.on_problem = on_problem;
    guard.batches = [this](const Recovery& recovery, std::int64_t done) -> Batches {
      if (recovery.data_order > 0 && reopening) reopening();
      return [this, order = recovery.data_order, step = done]() mutable {
        ++step;
        const float spoils = way.nan && order == 0 && step == 7 ? 1 : 0;
        return UnpairedBatch{
            step - 1, {1, 1, 1, 1}, {1.0F + 2 * static_cast<float>(order)}, {spoils}};
      };
    };
    std::int64_t done = 0;
    std::optional<Best> best;
    if (!checkpoint_files(out).empty()) {
      const auto file = newest_checkpoint(out);
      done = checkpoint_step(file);
      read_state(file, model->state(), Surplus::refused, "");
      model->restore_counters(file);
      guard.recovery = recovery_from_metadata(file);
      guard.watch.recall(file.metadata());
      best = best_of(file);
    }
    TrainerEvents told;
    told.on_message = [this](const std::string& text) { news += text + "\n"; };
    const auto record = std::make_shared<Record>(out, false, told.on_message);
    auto first = guard.batches(guard.recovery, done);
    RecordFacts facts{{}, {}, {}, steps, 1};
    facts.rollbacks = guard.recovery.rollbacks;
    auto trainer =
        std::make_unique<Trainer>(std::move(model), std::move(first), Metadata(),
                                  TrainerOptions{out, steps, way.ahead ? 3 : 1, 5, 2, 9},
                                  both(told, both(both(attended, record->events()), attended)),
                                  done, std::nullopt, std::move(guard));
    record->begin(done, facts);
    trainer->restore_best(best);
    trainer->score_with({3, BestBy::kid, [](Trainable& scored, std::int64_t step) {
                           const double sum = dynamic_cast<ScriptedSum&>(scored).sum;
                           return Scores{step, {{"kid", std::abs(sum - 3.2)}}};
                         }});
    return trainer;
  }

  /// Copies what a kill at this moment would leave: no checkpoint is being written then.
  void copy(const std::string& from, const std::string& to) const {
    while (fs::exists(folder / from / "latest.safetensors.tmp"))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    fs::copy(folder / from, folder / to, fs::copy_options::recursive);
  }

  /// All that a training leaves, without times.
  std::map<std::string, std::string> files(const std::string& run) const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::directory_iterator(folder / run)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(".safetensors")) all[name] = file_bytes(entry.path());
    }
    detail::for_each_line(file_bytes(folder / run / "log.csv"), [&](std::string_view line) {
      const auto first = line.find(','), second = line.find(',', first + 1);
      all["log"] += std::string(line.substr(0, first)) + std::string(line.substr(second)) + "\n";
    });
    detail::for_each_line(file_bytes(folder / run / "events.jsonl"), [&](std::string_view line) {
      auto json = nlohmann::json::parse(line);
      if (json["kind"] == "session" || json["kind"] == "saved") return;
      json.erase("at");
      std::string entry = json.dump();
      // what runs ahead is looked at in the first step of a session, too, and may find a NaN of
      // step 7 in that very step
      if (way.nan && way.ahead)
        for (std::size_t i = 0; (i = entry.find('8', i)) != std::string::npos;) entry[i] = '7';
      all["journal"] += entry + "\n";
    });
    return all;
  }
  void check_same(const std::string& run, const std::string& whole) const {
    const auto ours = files(run), theirs = files(whole);
    for (const auto& file : theirs) {
      const auto& [name, content] = file;
      CAPTURE(file.first);
      REQUIRE(ours.contains(name));
      if (name.ends_with(".safetensors"))
        CHECK((ours.at(name) == content));
      else
        CHECK(ours.at(name) == content);
    }
    CHECK(ours.size() == theirs.size());
  }
};

constexpr Way ways[]{{false, false}, {false, true}, {true, false}, {true, true}};

#if defined(LIMN_TEST_FEWER_MOMENTS)
constexpr std::size_t every_moment = 5;
#else
constexpr std::size_t every_moment = 1;
#endif

}  // namespace

TEST_CASE("killed at any moment, a training that goes back resumes to the files of one course") {
  for (const Way& way : ways) {
    CAPTURE(way.nan);
    CAPTURE(way.ahead);
    Rolling r;
    r.way = way;
    r.open("whole")->run();
    const std::int64_t to = way.nan ? 6 : 3, from = way.ahead && !way.nan ? 8 : 7;
    CAPTURE(from);
    const auto whole = r.files("whole");
    CHECK(contains(r.news, " to the checkpoint of step " + std::to_string(to)));
    CHECK(contains(whole.at("journal"), R"("kind":"back")"));
    CHECK(contains(whole.at("journal"), "rolled back from step "));
    // the best state is of the course that was given up
    CHECK(best_of(SafetensorsFile(r.folder / "whole/latest.safetensors"))->step == 3);

    std::vector<std::string> killed;
    std::string before, after;  // the rollback's own checkpoint
    const auto kill = [&](const char* moment) {
      killed.push_back(std::string(moment) + std::to_string(killed.size()));
      r.copy("run", killed.back());
    };
    TrainerEvents moments;
    moments.on_step = [&](const StepReport&) { kill("step"); };
    moments.on_sheet = [&](const Picture&, const fs::path&) { kill("sheet"); };
    moments.on_scores = [&](const Scores&) { kill("scores"); };
    moments.on_problem = [&](const Problem&) { kill("problem"); };
    moments.on_message = [&](const std::string&) {
      kill("message");
      if (!before.empty() && after.empty()) before = killed.back();
    };
    moments.on_back = [&](const WentBack&) {
      kill("back");
      before = killed.back();
    };
    moments.on_save = [&](const fs::path&, std::int64_t) {
      kill("save");
      if (!before.empty() && after.empty()) after = killed.back();
    };
    r.open("run", moments)->run();
    r.check_same("run", "whole");
    REQUIRE(!after.empty());
    // in the thread that writes it: with its first name, and nothing else done
    r.copy(before, "renamed");
    fs::copy_file(r.folder / after / "latest.safetensors", r.folder / "renamed/latest.safetensors",
                  fs::copy_options::overwrite_existing);
    killed.emplace_back("renamed");
    CHECK(killed.size() > 30);
    for (std::size_t i = 0; i < killed.size(); i += every_moment) {
      const auto& run = killed[i];
      CAPTURE(run);
      r.open(run)->run();
      r.check_same(run, "whole");
    }
  }
}

TEST_CASE("what a listener throws while a training goes back leaves one course, and it goes on") {
  for (const Way& way : ways) {
    Rolling r;
    r.way = way;
    r.open("whole")->run();
    TrainerEvents closing;
    bool thrown = false;
    closing.on_back = [&](const WentBack&) {
      if (!std::exchange(thrown, true)) throw std::runtime_error("the window is closed");
    };
    const auto trainer = r.open("run", closing);
    CHECK(message_of<std::runtime_error>([&] { trainer->run(); }) == "the window is closed");
    CHECK(trainer->step() == (way.nan ? 6 : 3));
    r.copy("run", "killed");
    trainer->run();
    r.open("killed")->run();
    for (const char* run : {"run", "killed"}) {
      const auto ours = r.files(run), whole = r.files("whole");
      CHECK(ours.at("log") == whole.at("log"));
      CHECK((ours.at("latest.safetensors") == whole.at("latest.safetensors")));
    }
  }
}

TEST_CASE("a disk that is full while a training goes back") {
  for (const Way& way : ways) {
    CAPTURE(way.nan);
    Rolling r;
    r.way = way;
    r.open("whole")->run();
    const fs::path blocked = r.folder / "run/latest.safetensors.tmp";
    TrainerEvents filling;
    filling.on_back = [&](const WentBack&) { fs::create_directories(blocked); };
    auto trainer = r.open("run", filling);
    if (way.nan) {  // to the newest checkpoint: that is where whoever resumes begins, too
      trainer->run(6);
      for (int step = 0; step < 3; ++step) trainer->advance();
      CHECK(trainer->step() == (way.ahead ? 7 : 8));  // what runs ahead goes back a step later
      CHECK(contains(r.news, "the checkpoint of step 6 could not be saved"));
    } else {  // past it: the folder stays the first course's, which ends
      const auto what = message_of<IoError>([&] { trainer->run(); });
      CHECK(contains(what, "the training cannot go on from step 3"));
      CHECK(contains(what, "the checkpoint of step 6 is still there"));
      CHECK(contains(r.files("run").at("log"), "\n6,"));
      CHECK_THROWS_AS(trainer->advance(), UsageError);
    }
    fs::remove(blocked);
    trainer.reset();
    r.open("run")->run();
    const auto ours = r.files("run"), whole = r.files("whole");
    CHECK(ours.at("log") == whole.at("log"));
    CHECK((ours.at("latest.safetensors") == whole.at("latest.safetensors")));
  }
}

TEST_CASE("pictures that are gone when they are to come in another order") {
  for (const Way& way : ways) {
    Rolling r;
    r.way = way;
    r.open("whole")->run();
    r.reopening = [] { throw IoError("data: there are no pictures"); };
    auto trainer = r.open("run");
    CHECK(contains(message_of<IoError>([&] { trainer->run(); }), "data: there are no pictures"));
    CHECK(trainer->recovery() == Recovery());
    trainer.reset();
    r.reopening = {};
    // the state of that step is finite, and saved: a problem that was told is not told again
    const auto resumed = r.open("run");
    CHECK(resumed->step() == (way.nan ? 6 : way.ahead ? 8 : 7));
    resumed->run();
    if (way.nan) r.check_same("run", "whole");
  }
}

TEST_CASE("a state that its own update spoilt goes into no file, whoever saves it") {
  for (const bool rolls_back : {false, true}) {
    Rolling r;
    r.way = {true, false};
    r.spoilt_after = 4;
    r.on_problem = rolls_back ? OnProblem::rollback : OnProblem::warn;
    const auto saved = [&](const char* run, auto&& save) {
      auto trainer = r.open(run);
      trainer->run(2);
      trainer->advance();  // and keeps the best, of step 3
      const auto before = r.folder / run / "latest.safetensors";
      if (rolls_back) {
        trainer->advance();  // step 4 is due to be saved
        CHECK(trainer->recovery().rollbacks == 1);
        CHECK(trainer->step() == 3);
      } else {
        CHECK_THROWS_AS(save(*trainer), NumericError);
        CHECK_THROWS_AS(trainer->advance(), UsageError);
        CHECK_THROWS_AS(trainer->save(), UsageError);
      }
      trainer.reset();
      CHECK(checkpoint_step(open_checkpoint(before)) == 3);
      CHECK(checkpoint_step(open_checkpoint(r.folder / run / "best.safetensors")) == 3);
    };
    saved("due", [](Trainer& t) { t.advance(); });
    saved("run", [](Trainer& t) { t.run(4); });
  }
  // asked for by hand, at a step that is not due
  Rolling r;
  r.spoilt_after = 5;
  r.on_problem = OnProblem::warn;
  for (const char* how : {"save", "begin", "best"}) {
    const auto trainer = r.open(how);
    trainer->run(4);
    trainer->advance();
    CHECK_THROWS_AS(*how == 's'                      ? trainer->save()
                    : how[1] == 'e' && how[2] == 'g' ? trainer->begin_save()
                                                     : trainer->keep_best("kid", 0),
                    NumericError);
    CHECK(checkpoint_step(open_checkpoint(r.folder / how / "latest.safetensors")) == 4);
    CHECK(trainer->best()->step == 3);
  }
}
