// SPDX-License-Identifier: MIT
// Trains inside a loop of its own, on pictures that it makes in memory: discs (A) and squares (B)
// in all colours. Called again, it goes on where it stopped:
//   embed-own-loop OUT STEP          until this step, which is saved in OUT
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/random.hpp"
#include "limn/models/ugatit/run_cpu.hpp"
#include "limn/train/resume.hpp"
#include "limn/train/trainer.hpp"

namespace {

using limn::Index;

/// Draws a shape in [-1, 1] on white. The same numbers give the same drawing, so that a training
/// that goes on sees what it would have seen.
void draw(bool disc, std::uint64_t domain, std::uint64_t number, Index size, float* to) {
  const limn::Philox random{number, domain};
  const auto uniform = [&random](std::uint64_t i, float low, float high) {
    return low + (high - low) * random.uniform(i);
  };
  const auto side = static_cast<float>(size);
  const float x0 = uniform(0, 0.3F, 0.7F) * side, y0 = uniform(1, 0.3F, 0.7F) * side;
  const float reach = uniform(2, 0.15F, 0.3F) * side;
  for (Index y = 0; y < size; ++y)
    for (Index x = 0; x < size; ++x) {
      const float dx = static_cast<float>(x) - x0, dy = static_cast<float>(y) - y0;
      const bool inside = disc ? dx * dx + dy * dy < reach * reach
                               : dx * dx < reach * reach && dy * dy < reach * reach;
      for (std::uint64_t c = 0; c < 3; ++c) *to++ = inside ? uniform(3 + c, -1, 1) : 1;
    }
}

/// The pictures of a step, counted from 0; a camera, a simulator or a network may stand here.
limn::UnpairedBatch pictures(const limn::ugatit::RunOptions& options, std::int64_t step) {
  const Index count = options.pictures(), size = options.model.size;
  limn::UnpairedBatch batch{step, {count, size, size, 3}, {}, {}};
  for (auto* domain : {&batch.a, &batch.b}) {
    domain->resize(static_cast<std::size_t>(batch.shape.size()));
    for (Index i = 0; i < count; ++i)
      draw(domain == &batch.a, domain == &batch.a ? 1 : 2,
           static_cast<std::uint64_t>(step * count + i), size,
           domain->data() + i * batch.shape.sample());
  }
  return batch;
}

void train(const std::string& out, std::int64_t until) {
  limn::ugatit::RunOptions options;
  options.model = {.size = 32, .channels = 4, .blocks = 1};
  options.train.steps = 1000;

  auto model = limn::ugatit::make_training(options, {.threads = 2});
  const std::int64_t done = limn::resume_from(out, *model);
  std::printf("%s; goes on after step %lld\n", model->description().c_str(),
              static_cast<long long>(done));
  limn::TrainerEvents events;
  events.on_message = [](const std::string& text) { std::printf("%s\n", text.c_str()); };
  const auto next = [&options, step = done]() mutable { return pictures(options, step++); };
  limn::Trainer trainer(std::move(model), next, {{"data", "discs and squares"}},
                        {.out = out, .steps = options.train.steps, .save_every = 0}, events, done);

  // the program's own loop: it may draw, listen, or leave at any step
  while (trainer.step() < until && !trainer.finished()) {
    trainer.advance();
    const auto losses = trainer.model().losses();
    std::printf("step %lld: first loss %.4f\n", static_cast<long long>(trainer.step()), losses[0]);
  }
  if (trainer.saved_step() != trainer.step()) trainer.save();
}

}  // namespace

int main(int argc, char** argv) {
  const long long until = argc == 3 ? std::atoll(argv[2]) : 0;
  if (until < 1) {
    std::fputs("usage: embed-own-loop OUT STEP\n", stderr);
    return 2;
  }
  try {
    train(argv[1], until);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "embed-own-loop: %s\n", error.what());
    return 1;
  }
}
