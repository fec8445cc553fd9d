// SPDX-License-Identifier: MIT
// A run of a model of one's own: what it leaves when it has gone back and is resumed.
#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/loss/losses.hpp"
#include "limn/nn/linear.hpp"
#include "limn/train/model_run.hpp"
#include "momentum.hpp"

using namespace limn;

namespace {

/// One weight that learns to make 1 of 1.
template <Device D, Scalar T>
struct Lone {
  using Options = TrainingOptions;
  static constexpr const char* title = "lone weight";
  Linear<D, T> layer{vector_shape(1), 1};

  Lone(D& /*device*/, const Options& /*options*/) {}
  void visit(auto&& f) { f("layer", layer); }
  void players(auto&& f) { f("G", layer); }
  void step(Turn<D, T>& turn) {
    turn.learn(layer, [&](Tape<D>& tape, auto& loss) {
      loss.add("error", 1, least_squares(layer(tape.constant(turn.a())), 1));
    });
  }
};

/// The same weight, which learns by it.
template <Device D, Scalar T>
struct Pushed : Lone<D, T> {
  using Lone<D, T>::Lone;
  void players(auto&& f) {
    f("G", this->layer, [](auto& weights) { return limn_test::Momentum<D, T>(weights); });
  }
};

/// Ones, but for a NaN in step 4 of the first order.
DataSource ones(std::uint64_t first_seed) {
  DataSource source;
  source.what = "ones";
  source.batch = {1, 1, 1, 1};
  source.two_domains = false;
  source.batches = [=](std::uint64_t seed, std::int64_t done) -> Batches {
    return [=, step = done]() mutable {
      ++step;
      const bool spoilt = seed == first_seed && step == 4;
      return UnpairedBatch{
          step - 1, {1, 1, 1, 1}, {spoilt ? std::numeric_limits<float>::quiet_NaN() : 1.0F}, {}};
    };
  };
  return source;
}

}  // namespace

TEST_CASE("a model of one's own goes back, and its journal keeps that when it is resumed") {
  const ScratchFolder folder;
  TrainingOptions options;
  options.steps = 8;
  options.seed = 3;
  const auto model = model_to_run<Lone<Cpu, float>, float, Cpu>(
      options, ones(options.seed), [](const TrainingOptions&, bool dry) {
        return std::make_unique<Cpu>(CpuOptions{.threads = 1, .dry = dry});
      });
  RunFolder place;
  place.out = folder / "run";
  place.log_every = 1, place.save_every = 2, place.sheet_every = 0;
  place.on_problem = OnProblem::rollback;
  const auto journal = [&] { return file_bytes(place.out / "events.jsonl"); };
  {
    const auto trainer = open_model_run(model, place, {});
    static_cast<void>(trainer->run(5));
    CHECK(trainer->recovery().rollbacks == 1);
  }
  CHECK(contains(journal(), R"("kind":"back")"));

  const auto checkpoint = model_checkpoint(place.out, model.kind);
  std::string news;
  TrainerEvents told;
  told.on_message = [&](const std::string& text) { news += text; };
  const auto trainer = open_model_run(model, place, told, &checkpoint);
  CHECK(trainer->recovery().rollbacks == 1);
  CHECK(trainer->run(8) == Trainer::Ended::finished);
  CHECK(contains(journal(), R"("kind":"back")"));
  CHECK(contains(journal(), R"("processors")"));
}

TEST_CASE("an optimizer of one's own trains a model, and is resumed to the byte") {
  const ScratchFolder folder;
  TrainingOptions options;
  options.steps = 4;
  options.learning_rate = 0.05;
  const auto model = model_to_run<Pushed<Cpu, float>, float, Cpu>(
      options, ones(77), [](const TrainingOptions&, bool dry) {
        return std::make_unique<Cpu>(CpuOptions{.threads = 1, .dry = dry});
      });
  const auto last = [&](const char* name, std::int64_t stop) {
    RunFolder place;
    place.out = folder / name;
    place.save_every = 2, place.sheet_every = 0;
    static_cast<void>(open_model_run(model, place, {})->run(stop));
    if (stop < 4) {
      const auto checkpoint = model_checkpoint(place.out, model.kind);
      CHECK(checkpoint.metadata().at("momentum.G.steps") == "2");
      CHECK(checkpoint.contains("momentum.v/G.weight"));
      static_cast<void>(open_model_run(model, place, {}, &checkpoint)->run(4));
    }
    return file_bytes(checkpoint_path(place.out));
  };
  const auto whole = last("whole", 4);
  CHECK(whole == last("resumed", 2));
}
