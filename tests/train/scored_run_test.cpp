// SPDX-License-Identifier: MIT
// Runs that score their test pictures: nothing that is computed changes, the best state is kept,
// and a resumed run knows it.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "limn/train/test_scores.hpp"
#include "small_run.hpp"

using namespace limn;
namespace fs = std::filesystem;

namespace {

/// A run whose KID is what a test says, and the other scores are true ones.
struct ScoredRun : SmallRun {
  std::vector<Scores> seen;
  std::vector<std::string> told;
  TrainerEvents events;

  ScoredRun() {
    events.on_scores = [this](const Scores& s) { seen.push_back(s); };
    events.on_message = [this](const std::string& text) { told.push_back(text); };
  }

  ugatit::RunPlace scored(const std::string& run, std::int64_t every, BestBy by = BestBy::kid) {
    auto p = place(run);
    p.evaluate_every = every;
    p.best_by = by;
    p.scorer = test_scores([]() -> PictureFeatures {
      return [](const Picture& picture) {
        std::vector<float> mean(3);
        for (std::size_t i = 0; i < picture.pixels.size(); ++i)
          mean[i % 3] += static_cast<float>(picture.pixels[i]) / 1e5F;
        return mean;
      };
    });
    return p;
  }
  double value(std::size_t i, const std::string& name) const {
    for (const auto& [key, v] : seen.at(i).values)
      if (key == name) return v;
    return -1;
  }
};

}  // namespace

TEST_CASE_FIXTURE(ScoredRun, "scores change nothing but what is kept") {
  ugatit::start_run(options, place("plain"))->run();
  const auto trainer = ugatit::start_run(options, scored("scored", 1, BestBy::ssim), events);
  trainer->run();
  CHECK(log("plain") == log("scored"));
  REQUIRE(seen.size() == 4);
  double best = -1;
  std::int64_t best_step = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK(seen[i].step == static_cast<std::int64_t>(i) + 1);
    CHECK(value(i, "l1") > 0);
    if (value(i, "ssim") <= best) continue;
    best = value(i, "ssim");
    best_step = seen[i].step;
  }
  const SafetensorsFile latest(folder / "scored/latest.safetensors");
  REQUIRE(best_of(latest));
  CHECK(best_of(latest)->by == "ssim");
  CHECK(best_of(latest)->score == best);
  CHECK(best_of(latest)->step == best_step);
  CHECK(checkpoint_step(SafetensorsFile(folder / "scored/best.safetensors")) == best_step);
  // weights, moments and all else are those of the run without scores
  const SafetensorsFile plain(folder / "plain/latest.safetensors");
  REQUIRE(plain.names() == latest.names());
  for (const auto& name : plain.names()) {
    std::vector<char> a(static_cast<std::size_t>(plain.info(name).bytes())), b(a.size());
    plain.read_bytes(name, a.data(), plain.info(name).bytes());
    latest.read_bytes(name, b.data(), plain.info(name).bytes());
    CHECK((a == b));
  }
}

TEST_CASE_FIXTURE(ScoredRun, "a resumed run knows the best score, and ends with the same bytes") {
  ugatit::start_run(options, scored("whole", 1, BestBy::l1))->run();
  ugatit::start_run(options, scored("cut", 1, BestBy::l1))->run(2);
  const auto best_so_far = best_of(SafetensorsFile(folder / "cut/latest.safetensors"));
  REQUIRE(best_so_far);
  {
    const auto trainer = ugatit::resume_run(scored("cut", 1, BestBy::l1), {}, events);
    REQUIRE(trainer->best());
    CHECK(trainer->best()->score == best_so_far->score);
    trainer->run();
  }
  CHECK((checkpoint("cut") == checkpoint("whole")));
  CHECK((file_bytes(folder / "cut/best.safetensors") ==
         file_bytes(folder / "whole/best.safetensors")));
  // without scores the best one stays known
  (void)ugatit::resume_run(place("cut"), {{"steps", "5"}})->run();
  CHECK(best_of(SafetensorsFile(folder / "cut/latest.safetensors")));
  told.clear();
  (void)ugatit::resume_run(scored("cut", 1), {{"steps", "6"}}, events);
  bool said = false;
  for (const auto& text : told) said = said || contains(text, "was chosen by l1");
  CHECK(said);
}

TEST_CASE_FIXTURE(ScoredRun, "what cannot be scored is said before the first step, or on the way") {
  const auto refused = [&](BestBy by) {
    return message_of<UsageError>([&] { (void)ugatit::start_run(options, scored("run", 1, by)); });
  };
  for (const char* name : {"1.png", "2.png", "3.png"})
    fs::rename(data() / "testB" / name, data() / "testB" / (std::string("b") + name));
  CHECK(contains(refused(BestBy::ssim), "best-by ssim needs pairs"));
  fs::remove(data() / "testB/b1.png");
  CHECK(contains(refused(BestBy::kid), "testB has 2, and 3 are the least"));
  fs::remove_all(data() / "testB");
  CHECK(contains(refused(BestBy::kid), "testB: there is no such folder"));
  CHECK(!fs::exists(folder / "run/latest.safetensors"));

  fs::copy(data() / "testA", data() / "testB");
  const auto trainer = ugatit::start_run(options, scored("run", 1), events);
  trainer->advance();
  fs::remove_all(data() / "testA");
  told.clear();
  trainer->advance();
  REQUIRE(told.size() == 1);
  CHECK(contains(told[0], "and 2 more of the test pictures"));
  CHECK(trainer->step() == 2);
}
