// SPDX-License-Identifier: MIT
// Whole trainings on the emulated GPU: recorded steps give the bytes of steps computed as they are,
// whatever happens between them; the plan is the pool's peak; checkpoints go from device to device.
#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "../emulated/ugatit.hpp"
#include "../train/small_run.hpp"
#include "limn/models/ugatit/generators_on.hpp"
#include "limn/models/ugatit/run_device_on.hpp"
#include "limn/translate.hpp"

using namespace limn;

namespace {

template <Scalar T>
using Emulated = ugatit::Training<CudaEmulation, T>;

std::shared_ptr<const ugatit::RunDevice> emulated_device() {
  return std::make_shared<ugatit::RunDeviceOn<CudaEmulation, float, bfloat16, double>>(
      [](const ugatit::RunOptions& options, bool dry) {
        return std::make_unique<CudaEmulation>(
            CudaEmulationOptions{.dry = dry, .maths = options.maths});
      },
      [] {
        return ugatit::Capacity{std::uint64_t{1} << 33, "the emulated card"};
      });
}

UnpairedBatch batch_of(const ugatit::RunOptions& options, std::int64_t step) {
  const Index n = options.pictures(), s = options.model.size;
  UnpairedBatch batch{step - 1, {n, s, s, 3}, {}, {}};
  const auto at = static_cast<std::uint64_t>(step);
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(batch.shape.size()); ++i) {
    batch.a.push_back(2 * Philox{at, 1}.uniform(i) - 1);
    batch.b.push_back(2 * Philox{at, 2}.uniform(i) - 1);
  }
  return batch;
}

struct EmulatedRun : SmallRun {
  /// All weights after some steps; `between` is called after each.
  template <Scalar T, class Between>
  std::vector<param_t<T>> weights_after(int steps, gpu::HostOrder order, Between&& between) {
    Emulated<T> training(std::make_unique<CudaEmulation>(CudaEmulationOptions{.order = order}),
                         options,
                         ugatit::load_sheet_pictures(data(), options.model.size, Fit::squash, {}));
    for (int step = 1; step <= steps; ++step) {
      training.train(batch_of(options, step), step);
      between(training, step);
    }
    return all_weights(training);
  }
  /// The same, every step computed as it is.
  template <Scalar T>
  std::vector<param_t<T>> weights_as_they_are(int steps) {
    Emulated<T> training(std::make_unique<CudaEmulation>(), options);
    training.step().observe([](const auto&) {}, false);
    for (int step = 1; step <= steps; ++step) training.train(batch_of(options, step), step);
    return all_weights(training);
  }

 private:
  template <Scalar T>
  static std::vector<param_t<T>> all_weights(Emulated<T>& training) {
    auto weights = training.model().generators.values().download();
    for (const auto& more : {training.model().discriminators.values().download(),
                             training.step().generator_adam().averages().download()})
      weights.insert(weights.end(), more.begin(), more.end());
    return weights;
  }
};

}  // namespace

TEST_CASE_FIXTURE(EmulatedRun,
                  "recorded steps are the steps, with sheets, losses and state between") {
  options.model.pool = 2;
  for (const auto variant :
       {ugatit::Variant::light, ugatit::Variant::full, ugatit::Variant::pooled}) {
    options.model.variant = variant;
    if (variant == ugatit::Variant::full) {  // distorted and in parts, too
      options.train.augmentation = {true, true, true};
      options.train.accumulate = 3;
    }
    if (variant == ugatit::Variant::pooled) {  // penalized, by numbers of each step
      options.train.accumulate = 1;
      options.train.critic_steps = 2;
      options.train.gan_type = ugatit::GanType::dragan;
    }
    const auto expected = weights_as_they_are<float>(4);
    const auto nothing = [](auto&, int) {};
    CHECK((weights_after<float>(4, gpu::HostOrder::forward, nothing) == expected));
    // parts of a step a kernel of each in turn, threads backwards
    CHECK((weights_after<float>(4, gpu::HostOrder::backward, nothing) == expected));
    const auto all = [](auto& training, int step) {
      static_cast<void>(training.samples(step));
      static_cast<void>(training.losses());
      std::vector<std::byte> bytes;
      for (const auto& tensor : training.state()) {
        bytes.resize(static_cast<std::size_t>(tensor.bytes()));
        tensor.download(0, bytes.data(), tensor.bytes());
      }
    };
    CHECK((weights_after<float>(4, gpu::HostOrder::forward, all) == expected));
    const auto looked_into = [](auto& training, int step) {
      if (step == 2) training.step().observe([](const auto&) {});
      if (step == 3) training.step().observe(nullptr);
    };
    CHECK((weights_after<float>(5, gpu::HostOrder::forward, looked_into) ==
           weights_as_they_are<float>(5)));
  }
}

TEST_CASE_FIXTURE(EmulatedRun, "a step writes borders around pictures and attended maps alone") {
  int pads = 0, bordered = 0;
  Emulated<float> training(std::make_unique<CudaEmulation>(CudaEmulationOptions{
                               .on_launch =
                                   [&](std::string_view kernel) {
                                     pads += kernel.find("PadKernel") != kernel.npos;
                                     bordered += kernel.find("AffineBordered") != kernel.npos;
                                   }}),
                           options);
  for (int step = 1; step <= 3; ++step) {  // as it is, recorded, replayed
    pads = bordered = 0;
    training.train(batch_of(options, step), step);
    // Forwards and for the gradient of weights: the generators' pictures and attended maps in four
    // passes, those of four discriminators in one; forwards alone those of four that judge.
    CHECK(pads == 2 * 2 * 4 + 2 * 2 * 4 + 2 * 4);
    CHECK(bordered > pads);
  }
}

TEST_CASE_FIXTURE(EmulatedRun, "a step reads what a loss is of once, with its gradient") {
  for (const Index parts : {1, 2}) {
    options.train.accumulate = parts;
    int losses = 0, others = 0;
    Emulated<float> training(std::make_unique<CudaEmulation>(CudaEmulationOptions{
                                 .on_launch =
                                     [&](std::string_view kernel) {
                                       const bool loss = kernel.find("FlatLossTerm") != kernel.npos;
                                       losses += loss && kernel.find("ReduceRows") != kernel.npos;
                                       others += kernel.find("MeanBackward") != kernel.npos;
                                     }}),
                             options);
    for (int step = 1; step <= 3; ++step) {  // as it is, recorded, replayed
      losses = others = 0;
      training.train(batch_of(options, step), step);
      // four discriminators with two outputs, of real and of made pictures each; what they say to
      // the generators; two cycles, two identities, two classifiers of two pictures
      CHECK(losses == parts * (4 * 2 * 2 + 4 * 2 + 2 + 2 + 2 * 2));
      CHECK(others == 0);
    }
  }
}

TEST_CASE_FIXTURE(EmulatedRun, "losses of a replayed step are its own, and close to the CPU's") {
  options.precision = ugatit::Precision::fp64;
  // as published in PyTorch, and in TensorFlow with and without spectral normalization; weights
  // that were normal numbers at first would agree to 1e-6 only
  for (const int variant : {0, 1, 2}) {
    CAPTURE(variant);
    if (variant > 0) options.model.compat = ugatit::parse_compat("tensorflow,no-initialization");
    options.model.adalin_smoothing = variant > 0;
    options.model.spectral_norm = variant < 2;
    options.model.residual = variant == 1;
    const auto emulated = emulated_device()->training(options, {});
    const auto cpu = ugatit::make_training(options);
    CHECK(emulated->runs_ahead());
    CHECK(!cpu->runs_ahead());
    for (int step = 1; step <= 4; ++step) {
      emulated->train(batch_of(options, step), step);
      cpu->train(batch_of(options, step), step);
      const auto ours = emulated->losses(), theirs = cpu->losses();
      for (std::size_t i = 0; i < ours.size(); ++i) {
        CAPTURE(step);
        CAPTURE(ugatit::loss_names()[i]);
        // the first vectors of spectral normalization are normal numbers, which agree to 1e-6;
        // Adam's first steps have the size of the rate, whatever the gradient, so that rounding
        // shows
        const double excused = step == 1 ? 1e-7 : 1e-6;
        CHECK(std::abs(ours[i] - theirs[i]) <= excused * std::abs(theirs[i]));
      }
    }
  }
}

TEST_CASE_FIXTURE(
    EmulatedRun,
    "a NaN that the device runs past is found with the losses, and a weight is named") {
  Emulated<float> training(std::make_unique<CudaEmulation>(), options);
  for (int step = 1; step <= 3; ++step) training.train(batch_of(options, step), step);
  static_cast<void>(training.losses());
  const auto& weight = training.model().local_a.layers[1].weight;
  auto values = weight.value.download();
  values[3] = std::nanf("");
  weight.value.upload(values);
  for (int step = 4; step <= 5; ++step) training.train(batch_of(options, step), step);
  CHECK(contains(message_of<NumericError>([&] { return training.losses(); }), "loss term "));
  const auto diagnosis = training.diagnose();
  CHECK(contains(diagnosis.where, "are in the weights "));
  CHECK(!diagnosis.sound);
}

TEST_CASE_FIXTURE(EmulatedRun, "another batch size in between is another recording") {
  Emulated<float> training(std::make_unique<CudaEmulation>(), options),
      observed(std::make_unique<CudaEmulation>(), options);
  observed.step().observe([](const auto&) {}, false);
  for (int step = 1; step <= 7; ++step) {
    auto with = options;
    with.train.batch = step > 3 && step < 6 ? 2 : 1;
    training.train(batch_of(with, step), step);
    observed.train(batch_of(with, step), step);
    CHECK(training.losses() == observed.losses());
  }
}

TEST_CASE_FIXTURE(EmulatedRun,
                  "the plan's peak is the pool's peak of recorded steps and sheets, to the byte") {
  options.model.size = 32;
  options.model.pool = 2;
  for (const auto variant :
       {ugatit::Variant::light, ugatit::Variant::full, ugatit::Variant::pooled}) {
    options.model.variant = variant;
    options.train.augmentation.cutout = variant != ugatit::Variant::light;
    options.train.accumulate = variant == ugatit::Variant::pooled ? 3 : 1;
    if (variant == ugatit::Variant::full) {
      options.train.gan_type = ugatit::GanType::wgan_gp;
      options.train.critic_steps = 2;
    } else {
      options.train.gan_type = ugatit::GanType::lsgan;
      options.train.critic_steps = 1;
    }
    const auto plan = emulated_device()->plan(options);
    Emulated<float> training(
        std::make_unique<CudaEmulation>(), options,
        ugatit::load_sheet_pictures(data(), options.model.size, Fit::squash, {}));
    const auto peak = [&training] { return training.device().memory().peak; };
    for (int step = 1; step <= 3; ++step) {
      training.train(batch_of(options, step), step);
      training.require_finite_state();
      if (step > 1)
        CHECK(peak() == plan.peak - plan.sheets);
      else if (variant == ugatit::Variant::full)  // lies in what the step left
        static_cast<void>(training.samples(step));
    }
    static_cast<void>(training.samples(3));
    CHECK(plan.sheets > 0);
    CHECK(peak() == plan.peak);
    static_cast<void>(training.diagnose());  // forgets the recording, as a rollback does
    for (int step = 4; step <= 6; ++step) {
      training.train(batch_of(options, step), step);
      static_cast<void>(training.samples(step));
      training.require_finite_state();
    }
    CHECK(peak() == plan.peak);
    CHECK(ugatit::without_sheets(plan).peak == plan.peak - plan.sheets);
    CHECK(plan.weights + plan.gradients + plan.moments + plan.averages + plan.activations +
              plan.workspace + plan.sheets ==
          plan.peak);
    CHECK(plan.multiply_adds == ugatit::make_plan(options, 1).multiply_adds);
  }
}

TEST_CASE_FIXTURE(EmulatedRun, "a checkpoint goes on on the other device, which is said") {
  std::string news;
  TrainerEvents events;
  events.on_message = [&](const std::string& text) { news += text + "\n"; };
  auto on = place("run");
  ugatit::start_run(options, on)->run(1);
  on.device = emulated_device();
  ugatit::resume_run(on, {}, events)->run(3);
  CHECK(contains(news, "this session uses emulated CUDA"));
  CHECK(contains(news, "the training goes on"));
  on.device = ugatit::cpu_run_device({.threads = 1});
  news.clear();
  CHECK(ugatit::resume_run(on, {}, events)->run() == Trainer::Ended::finished);
  CHECK(contains(news, "the checkpoint was computed with emulated CUDA kernels"));

  const auto open =
      ugatit::generators_on(std::make_shared<CudaEmulation>(), ugatit::Precision::fp64);
  Translator emulated(open, folder / "run", ugatit::Direction::a2b),
      cpu(folder / "run", ugatit::Direction::a2b, {.precision = ugatit::Precision::fp64});
  CHECK(emulated.device_name() == "emulated CUDA");
  for (std::uint64_t i = 0; i < 4; ++i)  // as it is, recorded, replayed
    CHECK(emulated.translate(some_picture(20, 20, i)) == cpu.translate(some_picture(20, 20, i)));
}

TEST_CASE("a generator's gradients in double on the emulated GPU") {
  CudaEmulation device;
  const ugatit::ModelOptions o{
      .variant = ugatit::Variant::light, .size = 16, .channels = 1, .blocks = 1};
  ugatit::Generator<CudaEmulation, double> generator(o);
  ParameterSet<CudaEmulation, double> parameters(device);
  parameters.add("gen", generator);
  parameters.allocate(true);
  parameters.initialize(3);
  const Tensor<CudaEmulation, double> x(device, {1, 16, 16, 3}), t(device, {1, 16, 16, 3});
  primitive::uniform(Philox{1, 1}, 0, -1, 1, x);
  primitive::uniform(Philox{1, 2}, 0, -1, 1, t);
  // along the gradient, the loss changes by its square
  const auto loss = [&] {
    return mean_loss(LeastSquares{}, generator(Var<CudaEmulation, double>(x)).image, t)
        .value()
        .item();
  };
  parameters.zero_gradients();
  Tape<CudaEmulation> tape;
  tape.backward(mean_loss(LeastSquares{}, generator(tape.constant(x)).image, t));
  for (auto* p : parameters.parameters()) {
    if (p->role != limn::Role::weight || !p->gradient.defined()) continue;
    CAPTURE(p->name);
    const auto value = p->value.download(), gradient = p->gradient.download();
    double square = 0;
    for (const double g : gradient) square += g * g;
    const double h = 1e-6 / std::sqrt(std::max(square, 1e-30));
    const auto moved = [&](double by) {
      auto v = value;
      for (std::size_t i = 0; i < v.size(); ++i) v[i] += by * gradient[i];
      p->value.upload(v);
      return loss();
    };
    const double slope = (moved(h) - moved(-h)) / (2 * h);
    p->value.upload(value);
    CHECK(std::abs(slope - square) <= 1e-4 * square + 1e-13);
  }
}
