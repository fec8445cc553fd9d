// SPDX-License-Identifier: MIT
// One training step of U-GAT-IT (Kim et al., 2020, section 2.2): the discriminators learn, then the
// generators.
//
// The published code translates 8 times forwards and 8 times backwards. The same result needs 6 of
// each: the translations are made once and shared by both phases (the generators do not change in
// between), the discriminators' loss does not flow back into the generators (the published code
// throws that gradient away), and while the generators learn, no weight gradient of a discriminator
// is computed. A generator's translation and identity passes run as one batch, as do a
// discriminator's real and fake pictures.
//
// What need not live together does not: a discriminator learns alone, from its forward to its Adam,
// and has gradients only then; while the generators learn, each judgement and each cycle runs back
// to the translated picture before the next begins.
//
// A step is begun, which is all that differs from one to the next besides the pictures, and then
// computed, which is always the same work and never waits for the device: such work can be recorded
// and replayed (core/repeated.hpp). Its independent parts are named as such: the two generators,
// the four discriminators; a device may run them side by side.
//
// The discriminators may learn several times for once that the generators do, each time from
// pictures of their own; what is generated comes from the last of them.
//
// A step that accumulates sees its pictures in equal parts and does what it would do with all of
// them at once, to rounding: losses are means of samples and so of parts, each optimizer steps once
// when all parts have been seen, and a power iteration that the parts share runs once. Only the
// translations are made twice: the discriminators have changed when the generators learn, and what
// the first ones kept for their backward would be all parts' at once.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "limn/models/ugatit/discriminator_phase.hpp"
#include "limn/models/ugatit/generator_phase.hpp"
#include "limn/optim/adam.hpp"
#include "limn/optim/schedule.hpp"

namespace limn::inline v0::ugatit {

/// Model and optimizers, one step at a time. The device and the options must fit the model; the
/// model must outlive it.
template <Device D, Scalar T = float>
class Step {
 public:
  /// The scalar type of losses.
  using P = param_t<T>;
  /// An intermediate result.
  using Seen = ugatit::Seen<P>;
  /// Told of each intermediate result as it is computed.
  using Observer = std::function<void(const Seen&)>;

  /// The model must outlive it, and loses its gradients. Throws UsageError for options that do not
  /// work.
  Step(Model<D, T>& model, const TrainOptions& options);
  ~Step();

  /// Trains on real pictures of both domains, (N,S,S,3) in [-1, 1], N = options.pictures(), or with
  /// own batches those of the generators behind them; `step` counts from 1 and sets
  /// the learning rate.
  [[nodiscard]] Losses<D, T> operator()(const Tensor<D, T>& real_a, const Tensor<D, T>& real_b,
                                        std::int64_t step) {
    begin(step);
    return compute(real_a, real_b);
  }

  /// The same in two: sends to the device what changes from step to step,
  void begin(std::int64_t step);
  /// and queues the work, the same for every step.
  [[nodiscard]] Losses<D, T> compute(const Tensor<D, T>& real_a, const Tensor<D, T>& real_b);

  /// Of a step, counted from 1.
  [[nodiscard]] double learning_rate(std::int64_t step) const {
    const auto decayed = compat().rate_steps ? epoch_decay : linear_decay;
    return rate_factor_ * (scope_.options.decay
                               ? decayed(scope_.options.learning_rate, step, scope_.options.steps)
                               : scope_.options.learning_rate);
  }
  /// Multiplies the learning rate of all steps to come.
  void scale_learning_rate(double factor) { rate_factor_ *= factor; }
  /// After compute() threw NumericError, which it does before it changes anything where
  /// translations are not finite: takes begin() back, so that all is as before the step, and says
  /// whether it could.
  [[nodiscard]] bool take_back();
  /// How often the attention of generators A2B and B2A is right (CamAccuracy::take).
  [[nodiscard]] std::vector<double> cam_accuracy() { return cam_accuracy_.take(); }
  /// Of both generators.
  [[nodiscard]] Adam<D, T>& generator_adam() { return generator_adam_; }
  /// Of the four discriminators.
  [[nodiscard]] Adam<D, T>& discriminator_adam() { return discriminator_adam_; }
  /// While a step is observed its gradients stay until the next one, for whoever wants to see
  /// them, unless told otherwise.
  void observe(Observer observer, bool keep_gradients = true) {
    scope_.observer = std::move(observer);
    scope_.keep_gradients = scope_.observer && keep_gradients;
  }
  /// Whether there is an observer.
  [[nodiscard]] bool observed() const { return static_cast<bool>(scope_.observer); }

 private:
  [[nodiscard]] AdamOptions adam_options() const {
    return {scope_.options.beta1, scope_.options.beta2, 1e-8, scope_.options.weight_decay,
            compat().adam_epsilon};
  }

  [[nodiscard]] const Compat& compat() const { return scope_.model->options.compat; }
  /// What weight decay adds to a reported total, where it is part of the loss.
  void add_decay(const Adam<D, T>& adam, const char* total, Losses<D, T>& losses) const {
    if (compat().decay_in_loss) losses.add_to_total(total, adam.decay_loss());
  }

  // each network has gradients while it learns; together with all moments they would be the peak
  [[nodiscard]] static Model<D, T>& without_gradients(Model<D, T>& model) {
    model.generators.release_gradients();
    model.discriminators.release_gradients();
    return model;
  }
  void release_gradients() { static_cast<void>(without_gradients(*scope_.model)); }

  StepScope<D, T> scope_;
  AdversarialLoss adversarial_;
  Adam<D, T> generator_adam_, discriminator_adam_;
  StepDistortions<D, T> distortions_;
  StepPenalties<D, T> penalties_;
  CamAccuracy<D, P> cam_accuracy_;
  bool untouched_ = false;  ///< by the step that is being computed
  double rate_factor_ = 1;
};

// Defined outside the class, where they are not inline: who links them compiled (limn::ugatit,
// training_cpu.hpp) compiles none of them.

template <Device D, Scalar T>
Step<D, T>::Step(Model<D, T>& model, const TrainOptions& options)
    : scope_{&without_gradients(model), (options.check(), options)},
      adversarial_(options.gan_type),
      generator_adam_(model.generators, adam_options()),
      discriminator_adam_(model.discriminators, adam_options(), options.critic_steps),
      distortions_(model.generators.device(), scope_.options, model.options.size),
      penalties_(model.generators.device(), scope_.options, model.options.size),
      cam_accuracy_(model.generators.device()) {
  if (scope_.options.ema > 0) generator_adam_.average(scope_.options.ema);
}

template <Device D, Scalar T>
Step<D, T>::~Step() = default;

template <Device D, Scalar T>
void Step<D, T>::begin(std::int64_t step) {
  const double lr = learning_rate(step);
  discriminator_adam_.advance(lr * scope_.options.critic_rate);
  generator_adam_.advance(lr);
  distortions_.draw(step);
  penalties_.draw(step);
  cam_accuracy_.begin();
}

template <Device D, Scalar T>
Losses<D, T> Step<D, T>::compute(const Tensor<D, T>& real_a, const Tensor<D, T>& real_b) {
  release_gradients();  // kept ones of the step before
  const auto& options = scope_.options;
  Losses<D, T> losses(real_a.device(), options);
  auto& model = *scope_.model;
  const bool whole = options.accumulate == 1 && !compat().own_batches;
  StepTapes<D> tapes{Tape<D>(options.stash), Tape<D>(options.stash)};
  untouched_ = true;
  StepFakes<D, T> fakes;
  const Index turns = options.critic_steps;
  const Index count = real_a.shape().n / (turns + (compat().own_batches ? 1 : 0));
  add_decay(discriminator_adam_, "D_loss", losses);
  for (Index turn = 0; turn < turns; ++turn) {
    const auto a = real_a.samples(turn * count, count), b = real_b.samples(turn * count, count);
    StepPictures<D, T> pictures;
    if (whole && turn + 1 == turns) {
      fakes = translate(scope_, tapes, a, b);
      pictures = {a, b, fakes.b2a.value(), fakes.a2b.value()};
    } else {
      pictures = translate_alone(scope_, a, b);
    }
    untouched_ = false;
    const DiscriminatorPhase<D, T> learn{scope_,     adversarial_,        distortions_,
                                         penalties_, discriminator_adam_, turn};
    learn(pictures, losses);
  }

  // the last turn's pictures, unless the generators have their own
  const Index theirs = real_a.shape().n - count;
  model.generators.zero_gradients();
  const GeneratorPhase<D, T> learn{scope_, adversarial_, distortions_, cam_accuracy_};
  for (Index i = 0; i < options.accumulate; ++i) {
    const auto a = scope_.part(real_a.samples(theirs, count), i),
               b = scope_.part(real_b.samples(theirs, count), i);
    if (!whole) fakes = translate(scope_, tapes, a, b);
    learn(tapes, fakes, a, b, i, losses);
    if (!whole) fakes = {};
  }
  add_decay(generator_adam_, "G_loss", losses);
  scope_.require_finite({&model.a2b.encode.first.weight, &model.b2a.encode.first.weight});
  generator_adam_.update();
  if (!scope_.keep_gradients) release_gradients();
  return losses;
}

template <Device D, Scalar T>
bool Step<D, T>::take_back() {
  if (!untouched_) return false;
  untouched_ = false;
  for (auto* adam : {&generator_adam_, &discriminator_adam_}) adam->withdraw();
  cam_accuracy_.withdraw();
  return true;
}

}  // namespace limn::inline v0::ugatit
