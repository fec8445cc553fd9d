// SPDX-License-Identifier: MIT
// The rules of the watch on made-up series: what is wrong is told once and when it comes back, what
// is healthy never.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/core/random.hpp"
#include "limn/models/ugatit/watch_rules.hpp"
#include "limn/train/recovery.hpp"

using namespace limn;

namespace {

/// Feeds a watch, and keeps what it says.
struct Watched {
  Watch watch;
  std::vector<Problem> problems;

  explicit Watched(Watch::Rules rules) : watch(std::move(rules)) {}
  template <class Rule, class... A>
  static Watched with(A&&... a) {
    Watch::Rules rules;
    rules.push_back(std::make_unique<Rule>(std::forward<A>(a)...));
    return Watched(std::move(rules));
  }

  void see(const auto& what) {
    for (auto& problem : watch.see(what)) problems.push_back(std::move(problem));
  }
  /// Losses of the steps first ... last, every so many.
  void losses(std::int64_t first, std::int64_t last,
              const std::function<std::map<std::string, double>(std::int64_t)>& values,
              std::int64_t every = 1) {
    for (std::int64_t step = first; step <= last; step += every) {
      StepReport report{step, 1 << 20, 0.1, 1e-4, {}, {}, step, {}};
      for (const auto& [name, value] : values(step)) {
        report.names.push_back(name);
        report.losses.push_back(value);
      }
      see(report);
    }
  }
  /// Signals of logged steps.
  void signals(std::int64_t first, std::int64_t last, double rate,
               const std::function<std::vector<Signal>(std::int64_t)>& values) {
    for (std::int64_t step = first; step <= last; step += 10)
      see(StepReport{step, 1 << 20, 0.1, rate, {}, {}, 0, values(step)});
  }
  [[nodiscard]] int count(const std::string& kind) const {
    int n = 0;
    for (const auto& problem : problems) n += problem.kind == kind ? 1 : 0;
    return n;
  }
};

double noise(std::int64_t step, std::uint64_t stream = 0) {
  return Philox{7, stream}.uniform(static_cast<std::uint64_t>(step));
}

/// Every term of U-GAT-IT as a run of the bundled pictures has them.
std::map<std::string, double> healthy(std::int64_t step) {
  std::map<std::string, double> terms;
  std::uint64_t stream = 0;
  for (const char* judge : {"GA", "LA", "GB", "LB"})
    for (const char* cam : {"_ad_loss_", "_ad_cam_loss_"}) {
      terms[std::string("D") + cam + judge] = 0.05 + 0.9 * noise(step, ++stream);
      terms[std::string("G") + cam + judge] = 0.1 + 0.9 * noise(step, ++stream);
    }
  for (const char* domain : {"A", "B"})
    terms[std::string("G_cam_loss_") + domain] =
        0.7 + 1.5 * noise(step, ++stream) * std::exp(-static_cast<double>(step) / 300);
  return terms;
}

Picture striped(int period, int phase, bool inverted = false) {
  Picture p(32, 32);
  for (Index y = 0; y < 32; ++y)
    for (Index x = 0; x < 32; ++x) {
      const auto wave = static_cast<std::uint8_t>((x + y + phase) % period * 200 / period);
      for (int c = 0; c < 3; ++c) p.at(x, y)[c] = inverted ? 255 - wave : wave;
    }
  return p;
}

Samples some_samples(std::int64_t step, const std::function<void(Sample&, int)>& change = {}) {
  Samples samples{step, "some", {}};
  for (const bool forth : {true, false})
    for (int i = 0; i < 4; ++i) {
      Sample s{std::to_string(i),
               forth ? "A" : "B",
               forth ? "B" : "A",
               striped(forth ? 7 : 9, 2 * i),
               striped(forth ? 7 : 9, 2 * i + 1),
               striped(forth ? 7 : 9, 2 * i),
               striped(forth ? 7 : 9, 2 * i)};
      for (int k = 0; k < 16; ++k) s.heatmap.push_back(static_cast<float>(k * i) - 3.0F);
      s.heatmap[0] = 1e9F;
      s.heatmap_height = s.heatmap_width = 4;
      if (change && forth) change(s, i);
      samples.all.push_back(std::move(s));
    }
  return samples;
}

}  // namespace

TEST_CASE("a healthy run is told nothing, however often its losses are read") {
  for (const std::int64_t every : {1, 10, 100}) {
    Watched all(ugatit::watch_rules({}));
    all.losses(1, 5000, healthy, every);
    for (std::int64_t step = 10; step < 5000; step += 100) all.see(some_samples(step));
    all.signals(10, 5000, 1e-4, [](std::int64_t step) {
      return std::vector<Signal>{{"rho/genA2B.UpBlock1_1.norm1", {0.9, 1, noise(step)}},
                                 {"rho/genA2B.UpBlock2.3", {0, 0, 0}},
                                 {"cam/disGA", {noise(step, 1), 1}}};
    });
    for (const auto& problem : all.problems) CHECK_MESSAGE(false, problem.text);
  }
}

TEST_CASE("dead attention is found by its plateau, told once, and told again when it comes back") {
  const double dead = 2 * std::log(2.0);
  for (const std::int64_t every : {1, 10}) {
    Watched all(ugatit::watch_rules({}));
    const auto series = [&](std::int64_t step) {
      auto terms = healthy(step);
      if (step > 500 && (step < 2000 || step > 2500)) terms["G_cam_loss_B"] = dead;
      return terms;
    };
    all.losses(1, 780, series, every);
    CHECK(all.problems.empty());
    all.losses(801, 2400, series, every);
    REQUIRE(all.problems.size() == 1);
    const auto& problem = all.problems[0];
    CHECK(problem.kind == "dead-cam");
    CHECK(problem.grave);
    CHECK(problem.since >= 501);
    CHECK(problem.since <= 511);
    CHECK(problem.step <= 831);
    CHECK(contains(problem.text, "G_cam_loss_B has stayed at 1.386"));
    CHECK(contains(problem.text, "1386.3 of G_loss"));
    CHECK(contains(problem.text, "generator A2B is dead"));
    all.losses(2401, 3500, series, every);
    CHECK(all.problems.size() == 2);
  }
  ugatit::TrainOptions without;
  without.lambda_cam = 0;
  Watched unweighted(ugatit::watch_rules(without));
  unweighted.losses(1, 2000, [&](std::int64_t step) {
    auto terms = healthy(step);
    terms["G_cam_loss_A"] = terms["G_cam_loss_B"] = dead;
    return terms;
  });
  CHECK(unweighted.problems.empty());
}

TEST_CASE("a discriminator that is always right, and one that wins now and then") {
  const auto series = [](double its, double generators) {
    return [=](std::int64_t step) {
      auto terms = healthy(step);
      terms["D_ad_loss_LB"] = its * noise(step, 90);
      terms["G_ad_loss_LB"] = generators + 0.02 * noise(step, 91);
      return terms;
    };
  };
  Watched saturated(ugatit::watch_rules({})), strong(ugatit::watch_rules({}));
  saturated.losses(1, 2000, series(0.01, 0.97));
  REQUIRE(saturated.problems.size() == 1);
  CHECK(saturated.problems[0].kind == "saturated-discriminator");
  CHECK(contains(saturated.problems[0].text, "discriminator LB has been always right"));
  strong.losses(1, 2000, series(0.15, 0.97));
  strong.losses(2001, 2400, series(0.01, 0.97));  // for a while
  strong.losses(2401, 4000, series(0.01, 0.5));   // the generator's term moves
  CHECK(strong.problems.empty());
}

TEST_CASE("losses that diverge are told before they overflow, a spike is not") {
  Watched all(ugatit::watch_rules({}));
  all.losses(1, 200, [](std::int64_t step) {
    auto terms = healthy(step);
    if (step == 100) terms["D_ad_loss_GA"] = 100;
    return terms;
  });
  CHECK(all.problems.empty());
  all.losses(201, 300, [](std::int64_t step) {
    auto terms = healthy(step);
    terms["D_ad_loss_GA"] = 40 + static_cast<double>(step);
    return terms;
  });
  REQUIRE(all.problems.size() == 1);
  CHECK(all.problems[0].kind == "diverging");
  CHECK(contains(all.problems[0].text, "D_ad_loss_GA"));
}

TEST_CASE("rho at a bound: all of a network, for long; one that is between is enough") {
  const auto rho = [](double other) {
    return [other](std::int64_t step) {
      return std::vector<Signal>{{"rho/genA2B.UpBlock1_1.norm1", {1, 1, other}},
                                 {"rho/genA2B.UpBlock2.3", {0, 0}},
                                 {"rho/genA2Bx.other", {0.5}},
                                 {"cam/genA2B", {static_cast<double>(step), 1}}};
    };
  };
  auto bound = Watched::with<RhoAtBound>("genA2B");
  bound.signals(10, 3000, 1e-4, rho(0.9));
  CHECK(bound.problems.empty());
  bound.signals(3010, 3500, 1e-4, rho(1));
  CHECK(bound.problems.empty());
  bound.signals(3510, 4000, 1e-4, rho(1));
  REQUIRE(bound.problems.size() == 1);
  CHECK(contains(bound.problems[0].text, "all 5 rho of genA2B are at a bound (2 at 0, 3 at 1)"));
  CHECK(!bound.problems[0].grave);
  CHECK(bound.problems[0].since == 3010);
}

TEST_CASE("nothing learns: not a bit changes; a learning rate that has decayed is no fault") {
  const auto fixed = [](std::int64_t) {
    return std::vector<Signal>{{"rho/genA2B.a", {0.5, 0.25}}, {"cam/genB2A", {0.5}}};
  };
  const auto moving = [](std::int64_t step) {
    return std::vector<Signal>{{"rho/genA2B.a", {0.5, 0.25 + 1e-9 * static_cast<double>(step)}}};
  };
  auto learns = Watched::with<NothingLearns>("genA2B");
  learns.signals(10, 1000, 1e-4, moving);
  learns.signals(1010, 2000, 1e-7, fixed);
  CHECK(learns.problems.empty());
  auto frozen = Watched::with<NothingLearns>("genA2B");
  frozen.signals(10, 300, 1e-4, moving);
  frozen.signals(310, 600, 1e-4, fixed);
  REQUIRE(frozen.problems.size() == 1);
  CHECK(contains(frozen.problems[0].text, "nothing learns in genA2B"));
  auto never = Watched::with<NothingLearns>("genA2B");  // --lr 0
  never.signals(10, 300, 0, fixed);
  CHECK(never.count("nothing-learns") == 1);
}

TEST_CASE("a collapsed generator: different pictures, one translation, twice") {
  const auto collapsed = [](Sample& s, int /*i*/) { s.translation = striped(5, 0); };
  Watched all(ugatit::watch_rules({}));
  all.see(some_samples(10));
  all.see(some_samples(20, collapsed));
  all.see(some_samples(30));
  CHECK(all.problems.empty());
  all.see(some_samples(40, collapsed));
  all.see(some_samples(50, collapsed));
  all.see(some_samples(60, collapsed));
  REQUIRE(all.problems.size() == 1);
  CHECK(all.problems[0].kind == "collapsed-generator");
  CHECK(all.problems[0].step == 50);
  CHECK(all.problems[0].since == 40);
  CHECK(contains(all.problems[0].text, "A to B"));

  // after a rollback, or a resume, steps without samples are no news of it
  const Metadata memory = all.watch.memory();
  all.watch.forget();
  const auto nothing = [](std::int64_t) { return std::map<std::string, double>(); };
  all.losses(31, 39, nothing);
  CHECK(all.problems.size() == 1);
  all.see(some_samples(40, collapsed));
  CHECK(all.problems.size() == 1);
  all.see(some_samples(50, collapsed));
  CHECK(all.problems.size() == 2);
  Watched resumed(ugatit::watch_rules({}));
  resumed.watch.recall(memory);
  resumed.losses(61, 69, nothing);
  resumed.see(some_samples(70, collapsed));
  CHECK(resumed.problems.empty());  // it was told before

  Watched same(ugatit::watch_rules({}));  // the inputs are one picture, too
  for (int step = 10; step < 50; step += 10)
    same.see(some_samples(step, [](Sample& s, int) {
      s.input = s.cycle = striped(7, 0);
      s.translation = striped(7, 1);
    }));
  CHECK(same.problems.empty());
}

TEST_CASE("a generator that gives its pictures back is told, and not one that changes some") {
  Watched all(ugatit::watch_rules({})), some(ugatit::watch_rules({}));
  for (int step = 10; step < 50; step += 10) {
    all.see(some_samples(step, [](Sample& s, int) {
      s.translation = s.input;
      s.translation.pixels[0] ^= 1;
    }));
    some.see(some_samples(step, [](Sample& s, int i) {
      if (i > 0) s.translation = s.input;
    }));
  }
  REQUIRE(all.count("idle-generator") == 1);
  CHECK(all.problems[0].step == 20);
  CHECK(contains(all.problems[0].text, "--lambda-cycle"));
  CHECK(some.count("idle-generator") == 0);
}

TEST_CASE("light for dark is told where the cycle hides it, and not where the domains are so") {
  const auto inverted = [](Sample& s, int i) { s.translation = striped(7, 2 * i, true); };
  Watched all(ugatit::watch_rules({}));
  all.see(some_samples(10, inverted));
  all.see(some_samples(20, inverted));
  REQUIRE(all.problems.size() == 1);
  CHECK(all.problems[0].kind == "colour-inversion");
  Watched negatives(ugatit::watch_rules({}));
  for (int step = 10; step < 50; step += 10) {
    auto samples = some_samples(step, [](Sample& s, int) {
      s.input = s.cycle = striped(7, 0);
      s.translation = striped(7, 0, true);
    });
    for (auto& s : samples.all)
      if (s.from == "B") s.input = striped(7, 0, true);
    negatives.see(samples);
  }
  CHECK(negatives.count("colour-inversion") == 0);
}

TEST_CASE("a constant heatmap is told, and drawn without a NaN") {
  const auto flat = [](float value) {
    return [value](Sample& s, int /*i*/) { s.heatmap.assign(16, value); };
  };
  for (const float value : {0.0F, 12.5F, -1e20F}) {
    Watched all(ugatit::watch_rules({}));
    for (int step = 10; step < 50; step += 10) all.see(some_samples(step, flat(value)));
    CHECK(all.count("constant-heatmap") == 1);
    const auto samples = some_samples(10, flat(value));
    const Picture over = heatmap_over_input(samples.all[0]);
    // cold everywhere: the same blue over every pixel
    const Colour cold = jet(0);
    for (Index i = 0; i < 32; ++i) {
      const auto in = samples.all[0].input.at(i, i)[2];
      CHECK(over.at(i, i)[2] == rounded_byte(0.5F * cold.b + 0.5F * in));
    }
  }
  std::vector<float> broken(16, std::nanf(""));
  CHECK(normalized_map(broken) == std::vector<float>(16, 0.0F));
}

TEST_CASE("the sheet is drawn from samples; what a model does not make has no row") {
  const auto whole = draw_samples(some_samples(1));
  CHECK(whole.height > 10 * 96);
  auto bare = some_samples(1);
  for (auto& s : bare.all) {
    s.cycle = s.identity = {};
    s.heatmap.clear();
  }
  const auto less = draw_samples(bare);
  CHECK(less.height < whole.height - 5 * 96);
}

TEST_CASE("what a watch remembers goes through a checkpoint's metadata, and is forgotten") {
  const auto series = [](std::int64_t step) {
    auto terms = healthy(step);
    terms["G_cam_loss_A"] = 2 * std::log(2.0);
    return terms;
  };
  Watched whole(ugatit::watch_rules({})), first(ugatit::watch_rules({})),
      second(ugatit::watch_rules({})), other(Watch::Rules{});
  whole.losses(1, 400, series);
  first.losses(1, 200, series);
  second.losses(900, 950, healthy);
  second.watch.recall(first.watch.memory());
  CHECK(second.watch.memory() == first.watch.memory());
  second.losses(201, 400, series);
  REQUIRE(second.problems.size() == 1);
  CHECK(second.problems[0].step == whole.problems.at(0).step);
  CHECK(second.watch.memory() == whole.watch.memory());
  second.watch.forget();
  CHECK(second.watch.memory() == Watched(ugatit::watch_rules({})).watch.memory());
  other.watch.recall(first.watch.memory());  // of other rules
  second.watch.recall({{"watch", "1 2 what"}});
  CHECK(second.watch.memory() == Watched(ugatit::watch_rules({})).watch.memory());
}

TEST_CASE("attending a training tells what the watch sees") {
  Watch watch(ugatit::watch_rules({}));
  std::vector<Problem> told;
  const auto events = watch.attending([&](const Problem& problem) { told.push_back(problem); });
  for (int step = 10; step < 50; step += 10)
    events.on_samples(some_samples(step, [](Sample& s, int) { s.heatmap.assign(16, 1.0F); }));
  CHECK(told.size() == 1);
}

TEST_CASE("a recovery: half the rate, another order, always the same one") {
  const Recovery none, once = none.next(), twice = once.next();
  CHECK(none.data_seed(5) == 5);
  CHECK(once.data_seed(5) != 5);
  CHECK(once.data_seed(5) != twice.data_seed(5));
  CHECK(once.data_seed(5) != once.data_seed(6));
  CHECK(once.data_seed(5) == Recovery{1, 0.5, 1}.data_seed(5));
  CHECK(twice == Recovery{2, 0.25, 2});
  CHECK(recovery_to_metadata(none).empty());
  CHECK(recovery_to_metadata(twice).at("recovery.rate_factor") == "0.25");
  CHECK(parse_on_problem("rollback") == OnProblem::rollback);
  CHECK_THROWS_AS(static_cast<void>(parse_on_problem("ignore")), UsageError);
}

TEST_CASE("a rollback goes to before the problem began, past what is damaged") {
  const ScratchFolder folder;
  const auto run = folder.path;
  CHECK_THROWS_AS(static_cast<void>(checkpoint_before(run, 5)), IoError);
  for (const int step : {100, 200, 300})
    write_state(checkpoint_path(run, step), {{"step", text_of(step)}}, {});
  write_state(checkpoint_path(run), {{"step", "400"}}, {});
  const auto step_before = [&](std::int64_t since) {
    return checkpoint_step(checkpoint_before(run, since));
  };
  CHECK(step_before(401) == 400);
  CHECK(step_before(400) == 300);
  CHECK(step_before(201) == 200);
  CHECK(step_before(50) == 100);  // the oldest there is
  folder.file("step_0000300.safetensors", "no checkpoint");
  CHECK(step_before(400) == 200);
}
