// SPDX-License-Identifier: MIT
// What a program that embeds the library relies on: trainers side by side, threads and memory of
// its own, data that no folder has, translations that tell how far they are and can be ended.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>

#include "limn/train/resume.hpp"
#include "limn/translate.hpp"
#include "small_run.hpp"

using namespace limn;

namespace {

/// What is written to the standard output and error while it lives.
class Overheard {
 public:
  explicit Overheard(std::filesystem::path file) : file_(std::move(file)) {
    std::fflush(nullptr);
    const int to = open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (const int fd : {1, 2}) {
      kept_[fd] = dup(fd);
      dup2(to, fd);
    }
    close(to);
  }
  Overheard(const Overheard&) = delete;
  Overheard& operator=(const Overheard&) = delete;
  ~Overheard() { end(); }
  std::string end() {
    std::fflush(nullptr);
    for (const int fd : {1, 2})
      if (kept_[fd] >= 0) {
        dup2(kept_[fd], fd);
        close(std::exchange(kept_[fd], -1));
      }
    return file_bytes(file_);
  }

 private:
  std::filesystem::path file_;
  int kept_[3] = {-1, -1, -1};
};

/// Threads that come and go.
struct OwnThreads final : Executor {
  std::atomic<int> runs{0};
  int threads() const override { return 3; }
  void run(int count, const std::function<void(int)>& task) override {
    ++runs;
    std::vector<std::jthread> others;
    for (int i = 1; i < count; ++i) others.emplace_back([&task, i] { task(i); });
    task(0);
  }
};

struct OwnMemory final : Allocator {
  std::mutex mutex;
  std::size_t held = 0, most = 0;
  void* allocate(std::size_t bytes, std::size_t alignment) override {
    const std::lock_guard lock(mutex);
    most = std::max(most, held += bytes);
    return std::aligned_alloc(alignment, bytes);
  }
  void release(void* memory, std::size_t bytes, std::size_t /*alignment*/) noexcept override {
    const std::lock_guard lock(mutex);
    held -= bytes;
    std::free(memory);
  }
};

struct Embedding : SmallRun {
  /// Trains, with sheets; the bytes that are left.
  std::string train(const std::string& run, std::uint64_t seed, const CpuOptions& cpu) const {
    ugatit::RunOptions with = options;
    with.train.seed = seed;
    ugatit::RunPlace where = place(run, 1, 2);
    where.device = ugatit::cpu_run_device(cpu);
    ugatit::start_run(with, where)->run();
    return checkpoint(run) + log(run);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Embedding, "two trainers at once: the bytes of one after the other, no word") {
  const std::string one = train("one", 1, {.threads = 2}), two = train("two", 2, {.threads = 1});
  CHECK(one != two);
  const auto threads = std::make_shared<OwnThreads>();
  const auto memory = std::make_shared<OwnMemory>();
  // each with threads and memory of its own; then both with the same ones of the program
  for (const CpuOptions& cpu :
       {CpuOptions{.threads = 2}, CpuOptions{.executor = threads, .allocator = memory}}) {
    std::string first, second;
    Overheard words(folder / "words");
    const std::string run = cpu.executor ? "lent" : "own";
    {
      const std::jthread a([&] { first = train(run + "1", 1, cpu); });
      const std::jthread b([&] { second = train(run + "2", 2, cpu); });
    }
    CHECK(words.end() == "");
    CHECK(first == one);
    CHECK(second == two);
  }
  CHECK(threads->runs > 100);
  CHECK(memory->most > 100'000);
  CHECK(memory->held == 0);
}

TEST_CASE_FIXTURE(Embedding, "memory of the program's own: the plan's peak, to the byte") {
  const auto memory = std::make_shared<OwnMemory>();
  const CpuOptions cpu{.threads = 1, .allocator = memory};
  const auto plan = ugatit::cpu_run_device(cpu)->plan(options);
  CHECK(memory->most == 0);
  const auto training = ugatit::make_training(options, cpu);
  UnpairedBatch batch{0, {1, 16, 16, 3}, std::vector<float>(768, 0.5F), std::vector<float>(768)};
  for (int step = 1; step <= 2; ++step) training->train(batch, step);
  CHECK(memory->most == plan.peak);
}

TEST_CASE_FIXTURE(Embedding, "pictures that are in no folder: it goes on to the same bytes") {
  const auto batches = [](Index step) {
    return [step]() mutable {
      const auto pixels = [step](std::uint64_t domain) {
        std::vector<float> values(768);
        for (std::uint64_t i = 0; i < values.size(); ++i)
          values[i] = 2 * Philox{static_cast<std::uint64_t>(step), domain}.uniform(i) - 1;
        return values;
      };
      UnpairedBatch batch{step, {1, 16, 16, 3}, pixels(1), pixels(2)};
      ++step;
      return batch;
    };
  };
  const auto session = [&](const std::string& run, std::int64_t until) {
    auto model = ugatit::make_training(options, {.threads = 1});
    const std::int64_t done = resume_from(folder / run, *model);
    Trainer trainer(std::move(model), batches(done), {}, {folder / run, 4, 1, 0, 0}, {}, done);
    while (trainer.step() < until) trainer.advance();
    trainer.save();
    return done;
  };
  CHECK(session("whole", 4) == 0);
  CHECK(session("cut", 2) == 0);
  CHECK(session("cut", 4) == 2);
  CHECK(checkpoint("cut") == checkpoint("whole"));

  options.model.channels = 3;
  const auto other = ugatit::make_training(options, {.threads = 1});
  try {
    (void)resume_from(folder / "cut", *other);
    FAIL("another model");
  } catch (const UsageError& error) {
    CHECK(std::string(error.what()).find("was trained with channels 2, not 3") !=
          std::string::npos);
  }
}

TEST_CASE_FIXTURE(Embedding, "what a model changes is brought to the picture's own extents") {
  options.model.residual = true;
  options.train.learning_rate = 0;  // it changes nothing
  train("idle", 1, {.threads = 1});
  options.train.learning_rate = 1e-2;
  train("busy", 1, {.threads = 1});
  Translator idle(folder / "idle", ugatit::Direction::a2b),
      busy(folder / "busy", ugatit::Direction::a2b, {.weights = ugatit::Weights::last});
  const Picture large = some_picture(60, 90, 5);
  CHECK(idle.translate(large) == large);
  CHECK(idle.translate_with_heatmap(large, Fit::crop).translation == large);
  CHECK(busy.translate(large, Fit::pad) != large);
  // at the network's size it is what the network made, in one rounding or two
  const Picture small = fit_picture(large, 16, Fit::pad), there = busy.translate(small);
  CHECK(there != small);
  const ugatit::ModelFile model(folder / "busy", ugatit::Weights::last);
  const auto network = ugatit::cpu_generators<float>({})(model, ugatit::Direction::a2b);
  const auto values = network.translate(to_floats(small), {});
  CHECK(values.change.size() == values.image.size());
  const Picture made = to_picture(values.image, 16, 16);
  int worst = 0;
  for (std::size_t i = 0; i < made.pixels.size(); ++i)
    worst = std::max(worst, std::abs(made.pixels[i] - there.pixels[i]));
  CHECK(worst <= 1);
}

TEST_CASE_FIXTURE(Embedding, "a translation tells how far it is, and ends when it is asked to") {
  train("run", 1, {.threads = 1});
  const Picture input = some_picture(20, 30, 5);
  for (const auto precision : {ugatit::Precision::fp32, ugatit::Precision::bf16}) {
    Translator translator(folder / "run", ugatit::Direction::a2b,
                          {.threads = 2, .precision = precision});
    const Picture expected = translator.translate(input);
    std::vector<double> told;
    const auto watch = [&](double done) {
      told.push_back(done);
      return true;
    };
    CHECK(translator.translate(input, Fit::squash, watch) == expected);
    CHECK(told.size() > 20);
    CHECK(told.front() == 0);
    CHECK(told.back() == 1);
    CHECK(std::is_sorted(told.begin(), told.end()));
    CHECK(told[told.size() / 2] > 0.1);
    CHECK(told[told.size() / 2] < 0.9);
    for (const double at : {0.0, 0.5, 1.0}) {
      double last = -1;
      CHECK_THROWS_AS((void)translator.translate_with_heatmap(input, Fit::crop,
                                                              [&](double done) {
                                                                last = done;
                                                                return done < at;
                                                              }),
                      Cancelled);
      CHECK(last >= at);
      CHECK(last < at + 0.3);
      CHECK(translator.translate(input) == expected);
    }
  }
}
