// SPDX-License-Identifier: MIT
// What a plan says besides memory: proposals that fit, time, disk.
#include <doctest/doctest.h>

#include "limn/models/ugatit/outlook.hpp"
#include "limn/models/ugatit/proposals.hpp"

using namespace limn;

namespace {

/// Memory as a product of the options, so that what fits is known beforehand.
ugatit::Plan made_up(const ugatit::RunOptions& o) {
  std::uint64_t peak =
      static_cast<std::uint64_t>(o.train.batch * o.model.size * o.model.size * o.model.channels);
  if (o.model.variant == ugatit::Variant::full) peak *= 4;
  if (o.precision == ugatit::Precision::bf16) peak /= 2;
  if (o.precision == ugatit::Precision::fp64) peak *= 2;
  if (o.train.stash == StashFormat::bf16) peak = peak * 3 / 4;
  ugatit::Plan plan;
  plan.peak = peak;
  return plan;
}

std::vector<std::string> arguments(const ugatit::RunOptions& options, std::uint64_t bytes) {
  std::vector<std::string> out;
  for (const auto& p : ugatit::proposals(options, bytes, made_up)) {
    CHECK(p.peak == made_up(p.options).peak);
    CHECK(p.peak <= bytes);
    p.options.check();
    out.push_back(p.arguments);
  }
  return out;
}

/// A training that only counts.
class Counting final : public Trainable {
 public:
  explicit Counting(int& steps) : steps_(steps) {}
  [[nodiscard]] std::string description() const override { return "counting"; }
  [[nodiscard]] std::vector<std::string> loss_names() const override { return {}; }
  [[nodiscard]] double learning_rate(std::int64_t) const override { return 0; }
  void train(const UnpairedBatch& batch, std::int64_t step) override {
    CHECK(batch.a.size() == 2 * 16 * 16 * 3);
    CHECK(batch.a != batch.b);
    CHECK(step == ++steps_);
  }
  [[nodiscard]] std::vector<double> losses() override { return {}; }
  [[nodiscard]] std::vector<StateTensor> state() override { return {}; }
  [[nodiscard]] Metadata metadata() override { return {}; }
  void restore_counters(const SafetensorsFile&) override {}
  [[nodiscard]] Picture sheet(std::int64_t) override { return {}; }

 private:
  int& steps_;
};

class CountingDevice final : public ugatit::RunDevice {
 public:
  mutable int steps = 0;
  [[nodiscard]] std::unique_ptr<Trainable> training(const ugatit::RunOptions&,
                                                    ugatit::SheetPictures) const override {
    return std::make_unique<Counting>(steps);
  }
  [[nodiscard]] std::unique_ptr<Trainable> dry_training(const ugatit::RunOptions&) const override {
    return nullptr;
  }
  [[nodiscard]] ugatit::Plan plan(const ugatit::RunOptions& o) const override { return made_up(o); }
  [[nodiscard]] ugatit::Capacity capacity() const override { return {}; }
};

}  // namespace

TEST_CASE("proposals: each option alone, the nearest first, no more than needed") {
  ugatit::RunOptions options;  // light, 256, 64 channels
  options.train.batch = 4;
  const std::uint64_t peak = made_up(options).peak;
  CHECK(arguments(options, peak * 3 / 4) ==
        std::vector<std::string>{"--stash bf16", "--precision bf16", "--batch 2 --accumulate 2",
                                 "--size 192", "--channels 48"});
  CHECK(arguments(options, peak / 4) ==
        std::vector<std::string>{"--batch 1 --accumulate 4", "--size 128", "--channels 16"});
  options.model.variant = ugatit::Variant::full;
  CHECK(arguments(options, peak) == std::vector<std::string>{"--batch 1 --accumulate 4",
                                                             "--variant light", "--size 128",
                                                             "--channels 16"});
}

TEST_CASE("proposals: several options together where one is not enough, or none") {
  ugatit::RunOptions options;
  options.model = {.variant = ugatit::Variant::full, .size = 64, .channels = 4};
  options.train.batch = 2;
  // 131072 bytes; a single change leaves 8192 at least
  CHECK(arguments(options, 8191) ==
        std::vector<std::string>{
            "--precision bf16 --batch 1 --accumulate 2 --variant light --size 48"});
  CHECK(arguments(options, 3000) ==
        std::vector<std::string>{
            "--precision bf16 --batch 1 --accumulate 2 --variant light --size 32"});
  CHECK(arguments(options, 10).empty());
  CHECK(ugatit::to_text(std::vector<ugatit::Proposal>{}).find("nothing") != std::string::npos);
  // a stash in bfloat16 gives way to a precision that has it anyway
  options.train.stash = StashFormat::bf16;
  CHECK(ugatit::proposals(options, made_up(options).peak * 2 / 3, made_up).front().arguments ==
        "--stash computed --precision bf16");
}

TEST_CASE("outlook: steps are measured on made-up pictures, disk is added up") {
  ugatit::RunOptions options;
  options.model.size = 16;
  options.train.batch = 2;
  const CountingDevice device;
  CHECK(ugatit::measure_step(device, options).steps == 3);
  CHECK(device.steps == 3);
  const CountingDevice slow;
  CHECK(ugatit::measure_step(slow, options, 1e-12).steps == 1);

  const auto text = ugatit::to_text(ugatit::StepTime{0.5, 3}, 7200);
  CHECK(text.find("time per step 0.5 s") == 0);
  CHECK(text.find("all 7200 steps 1 h 00 min, begun now until") != std::string::npos);

  ugatit::Plan plan;
  plan.checkpoint = 1000;
  options.train.steps = 5000;
  const auto need = ugatit::disk_need(plan, options, 2, 1000);
  CHECK(need.checkpoints == 3000);
  CHECK(need.sheets == 5);
  CHECK(need.sheet == 3U * (6 * 104 + 200) * (10 * 104 + 200));
  CHECK(ugatit::disk_need(plan, options, 2, 0).sheets == 0);
}
