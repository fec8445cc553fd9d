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
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "limn/autograd/finite_probe.hpp"
#include "limn/loss/losses.hpp"
#include "limn/models/ugatit/adversarial_loss.hpp"
#include "limn/models/ugatit/loss_terms.hpp"
#include "limn/models/ugatit/model.hpp"
#include "limn/models/ugatit/step_distortions.hpp"
#include "limn/models/ugatit/step_penalties.hpp"
#include "limn/ops/distort.hpp"
#include "limn/optim/adam.hpp"
#include "limn/optim/schedule.hpp"

namespace limn::inline v0::ugatit {

namespace detail {

/// 1 where a logit says yes, or no, else 0.
struct Positive {
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A) const {
    return x > A(0) ? A(1) : A(0);
  }
};
struct Negative {
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A) const {
    return x < A(0) ? A(1) : A(0);
  }
};

}  // namespace detail

/// Model and optimizers, one step at a time. The device and the options must fit the model; the
/// model must outlive it.
template <Device D, Scalar T = float>
class Step {
 public:
  /// The scalar type of losses.
  using P = param_t<T>;
  /// An intermediate result: its name ("fake_A2B", "real_logit_GA", ...), its shape, and its values
  /// where they are asked for.
  struct Seen {
    std::string_view name;                   ///< valid during the call
    Shape shape;                             ///< of the values
    std::function<std::vector<P>()> values;  ///< downloads them
  };
  /// Told of each intermediate result as it is computed.
  using Observer = std::function<void(const Seen&)>;

  /// The model must outlive it. Throws UsageError for options that do not work.
  Step(Model<D, T>& model, const TrainOptions& options)
      : model_(&model),
        options_((options.check(), options)),
        adversarial_(options.gan_type),
        generator_adam_(model.generators, adam_options()),
        discriminator_adam_(model.discriminators, adam_options(), options.critic_steps),
        distortions_(model.generators.device(), options_, model.options.size),
        penalties_(model.generators.device(), options_, model.options.size),
        cam_right_(model.generators.device(), {2, 1, 1, 1}) {
    forget_cam_accuracy();
    if (options_.ema > 0) generator_adam_.average(options_.ema);
  }

  /// Trains on real pictures of both domains, (N,S,S,3) in [-1, 1], N = options.pictures(), or with
  /// own batches those of the generators behind them; `step` counts from 1 and sets
  /// the learning rate.
  [[nodiscard]] Losses<D, T> operator()(const Tensor<D, T>& real_a, const Tensor<D, T>& real_b,
                                        std::int64_t step) {
    begin(step);
    return compute(real_a, real_b);
  }

  /// The same in two: sends to the device what changes from step to step,
  void begin(std::int64_t step) {
    const double lr = learning_rate(step);
    discriminator_adam_.advance(lr);
    generator_adam_.advance(lr);
    distortions_.draw(step);
    penalties_.draw(step);
    ++cam_steps_;
  }
  /// and queues the work, the same for every step.
  [[nodiscard]] Losses<D, T> compute(const Tensor<D, T>& real_a, const Tensor<D, T>& real_b) {
    Losses<D, T> losses;
    release_gradients();  // kept ones of the step before
    const bool whole = options_.accumulate == 1 && !compat().own_batches;
    Tapes tapes{Tape<D>(options_.stash), Tape<D>(options_.stash)};
    untouched_ = true;
    Fakes fakes;
    std::vector<Terms> judged(static_cast<std::size_t>(options_.parts()));
    const Index turns = options_.critic_steps, last = turns - 1,
                count = real_a.shape().n / (turns + (compat().own_batches ? 1 : 0));
    const auto decay = decay_of(discriminator_adam_);
    for (Index turn = 0; turn < turns; ++turn) {
      const auto a = real_a.samples(turn * count, count), b = real_b.samples(turn * count, count);
      Pictures pictures;
      if (whole && turn == last) {
        fakes = translate(tapes, a, b);
        require_finite(fakes);
        pictures = {a, b, fakes.b2a.value(), fakes.a2b.value()};
      } else {
        pictures = translations(a, b);
        require_finite("the translation A2B", pictures.fake_b);
        require_finite("the translation B2A", pictures.fake_a);
      }
      untouched_ = false;
      discriminate(pictures, turn, judged);
    }
    Terms::mean(judged).report("D_loss", losses);
    add_to_total(decay, losses);
    // the last turn's, unless the generators have their own
    const Index theirs = real_a.shape().n - count;
    model_->generators.zero_gradients();
    std::vector<Terms> terms(static_cast<std::size_t>(options_.accumulate));
    for (Index i = 0; i < options_.accumulate; ++i) {
      const auto a = part(real_a.samples(theirs, count), i),
                 b = part(real_b.samples(theirs, count), i);
      if (!whole) {
        fakes = translate(tapes, a, b);
        require_finite(fakes);
      }
      generate(tapes, fakes, a, b, i, terms[static_cast<std::size_t>(i)]);
      if (!whole) fakes = {};
    }
    Terms::mean(terms).report("G_loss", losses);
    add_to_total(decay_of(generator_adam_), losses);
    require_finite({&model_->a2b.encode.first.weight, &model_->b2a.encode.first.weight});
    generator_adam_.update();
    if (!keep_gradients_) release_gradients();
    return losses;
  }

  /// Of a step, counted from 1.
  [[nodiscard]] double learning_rate(std::int64_t step) const {
    const auto decayed = compat().rate_steps ? epoch_decay : linear_decay;
    return rate_factor_ * (options_.decay ? decayed(options_.learning_rate, step, options_.steps)
                                          : options_.learning_rate);
  }
  /// Multiplies the learning rate of all steps to come.
  void scale_learning_rate(double factor) { rate_factor_ *= factor; }
  /// After compute() threw NumericError, which it does before it changes anything where
  /// translations are not finite: takes begin() back, so that all is as before the step, and says
  /// whether it could.
  [[nodiscard]] bool take_back() {
    if (!untouched_) return false;
    untouched_ = false;
    for (auto* adam : {&generator_adam_, &discriminator_adam_}) adam->withdraw();
    --cam_steps_;
    return true;
  }
  /// How often the attention of generators A2B and B2A told pictures that they translate from
  /// pictures that they keep, 0 to 1, over the steps since it was last asked; half of the time by
  /// chance. Waits for the device. Nothing before the first step.
  [[nodiscard]] std::vector<double> cam_accuracy() {
    if (cam_steps_ == 0) return {};
    std::vector<double> shares;
    for (const P right : cam_right_.download())
      shares.push_back(static_cast<double>(right) / static_cast<double>(cam_steps_));
    forget_cam_accuracy();
    return shares;
  }
  /// Of both generators.
  [[nodiscard]] Adam<D, T>& generator_adam() { return generator_adam_; }
  /// Of the four discriminators.
  [[nodiscard]] Adam<D, T>& discriminator_adam() { return discriminator_adam_; }
  /// While a step is observed its gradients stay until the next one, for whoever wants to see
  /// them, unless told otherwise.
  void observe(Observer observer, bool keep_gradients = true) {
    observer_ = std::move(observer);
    keep_gradients_ = observer_ && keep_gradients;
  }
  /// Whether there is an observer.
  [[nodiscard]] bool observed() const { return static_cast<bool>(observer_); }

 private:
  using Terms = LossTerms<D, T>;

  /// What each generator's translation and identity keep for its backward.
  struct Tapes {
    Tape<D> a2b, b2a;
  };
  /// Translations and identities of both generators.
  struct Fakes {
    Var<D, T> a2b, b2b, b2a, a2a;
    Var<D, P> a2b_cam, b2b_cam, b2a_cam, a2a_cam;
  };

  /// Real and translated pictures of a step.
  struct Pictures {
    Tensor<D, T> real_a, real_b, fake_a, fake_b;
  };

  /// A part of a step's pictures.
  [[nodiscard]] Tensor<D, T> part(const Tensor<D, T>& pictures, Index i) const {
    const Index count = pictures.shape().n / options_.accumulate;
    return pictures.samples(i * count, count);
  }
  /// Of a part, in the losses.
  [[nodiscard]] double share() const { return 1 / static_cast<double>(options_.accumulate); }
  /// How a discriminator passes over part i: what its power iterations give is for all parts.
  [[nodiscard]] Passes passes(Index count, Index i) const {
    const bool first = i == 0, last = i + 1 == options_.accumulate;
    return {count, first && last ? PowerIteration::run
                   : first       ? PowerIteration::hold
                   : last        ? PowerIteration::finish
                                 : PowerIteration::use};
  }
  [[nodiscard]] Var<D, T> distorted(const Var<D, T>& pictures, const Tensor<D, P>& how) const {
    return options_.augmentation.any() ? distort(pictures, how) : pictures;
  }

  [[nodiscard]] AdamOptions adam_options() const {
    return {options_.beta1, options_.beta2, 1e-8, options_.weight_decay, compat().adam_epsilon};
  }

  [[nodiscard]] const Compat& compat() const { return model_->options.compat; }
  /// What weight decay adds to a reported total; undefined where it is no part of the loss.
  [[nodiscard]] Tensor<D, P> decay_of(const Adam<D, T>& adam) const {
    return compat().decay_in_loss ? adam.decay_loss() : Tensor<D, P>();
  }
  static void add_to_total(const Tensor<D, P>& decay, Losses<D, T>& losses) {
    if (decay.defined()) primitive::copy(decay, losses.terms.back().second, Write::accumulate);
  }

  void release_gradients() {
    model_->generators.release_gradients();
    model_->discriminators.release_gradients();
  }

  /// Calls parts that do not need one another, side by side where the device can.
  void side_by_side(std::initializer_list<std::function<void()>> parts) {
    run_parts(model_->generators.device(), std::span(parts.begin(), parts.size()));
  }

  // Where the host can look at values, nothing that is not finite reaches an optimizer: the state
  // never holds it. A device that runs ahead finds out when losses are read.
  [[nodiscard]] bool looks() const {
    return !RecordingDevice<D> && !model_->generators.device().dry();
  }
  template <Scalar U>
  void require_finite(const char* what, const Tensor<D, U>& x) const {
    if (looks()) require_finite_values(what, x);
  }
  void require_finite(const Fakes& f) const {
    require_finite("the translation A2B", f.a2b.value());
    require_finite("the identity of B", f.b2b.value());
    require_finite("the translation B2A", f.b2a.value());
    require_finite("the identity of A", f.a2a.value());
    require_finite("the attention of generator A2B", f.a2b_cam.value());
    require_finite("the attention of generator B2A", f.b2a_cam.value());
  }
  // What goes wrong in a backward arrives in the gradients of the first layers.
  void require_finite(std::initializer_list<const Parameter<D, T>*> first) const {
    if (!looks()) return;
    for (const auto* p : first) require_finite_values("the gradient of " + p->name, p->gradient);
  }

  Fakes translate(Tapes& tapes, const Tensor<D, T>& real_a, const Tensor<D, T>& real_b) {
    Fakes f;
    const auto both = [](Generator<D, T>& generator, Tape<D>& tape, const Tensor<D, T>& from,
                         const Tensor<D, T>& to, Var<D, T>& fake, Var<D, T>& same,
                         Var<D, P>& fake_cam, Var<D, P>& same_cam) {
      const auto pictures = generator(join_samples(tape.constant(from), tape.constant(to)));
      std::tie(fake, same) = split_samples(pictures.image, from.shape().n);
      std::tie(fake_cam, same_cam) = split_samples(pictures.cam_logits, from.shape().n);
    };
    side_by_side(
        {[&] { both(model_->a2b, tapes.a2b, real_a, real_b, f.a2b, f.b2b, f.a2b_cam, f.b2b_cam); },
         [&] {
           both(model_->b2a, tapes.b2a, real_b, real_a, f.b2a, f.a2a, f.b2a_cam, f.a2a_cam);
         }});
    see("fake_A2B", f.a2b);
    see("fake_B2A", f.b2a);
    see("fake_A2A", f.a2a);
    see("fake_B2B", f.b2b);
    see("fake_A2B_cam_logit", f.a2b_cam);
    see("fake_B2A_cam_logit", f.b2a_cam);
    return f;
  }

  /// Translations alone, part by part, for the discriminators of a step that accumulates.
  Pictures translations(const Tensor<D, T>& real_a, const Tensor<D, T>& real_b) {
    D& device = model_->generators.device();
    Pictures all{real_a, real_b, Tensor<D, T>(device, real_b.shape()),
                 Tensor<D, T>(device, real_a.shape())};
    const auto translate = [&](Generator<D, T>& generator, const Tensor<D, T>& from,
                               const Tensor<D, T>& to) {
      for (Index i = 0; i < options_.accumulate; ++i)
        primitive::copy(generator(Var<D, T>(part(from, i))).image.value(), part(to, i));
    };
    side_by_side({[&] { translate(model_->a2b, real_a, all.fake_b); },
                  [&] { translate(model_->b2a, real_b, all.fake_a); }});
    return all;
  }

  /// L_D = sum over discriminators and both of their outputs of the adversarial loss, as published
  /// mean (D(real) - 1)^2 + mean D(fake)^2, and of its gradient penalty. Each discriminator has its
  /// terms for itself.
  void discriminate(const Pictures& pictures, Index turn, std::vector<Terms>& judged) {
    const auto number = [&](Index i) { return turn * options_.accumulate + i; };
    const auto note = [&](Index i, const Terms& terms) {
      if (looks()) terms.require_finite();
      judged[static_cast<std::size_t>(number(i))].join(terms);
    };
    const auto see_part = [&](Discriminator<D, T>& discriminator, const std::string& name,
                              const Tensor<D, T>& real, const Tensor<D, T>& fake,
                              const Tensor<D, P>& how, Index i) {
      Tape<D> tape(options_.stash);
      const auto both = join_samples(tape.constant(real), tape.constant(fake));
      const auto judgement = discriminator(distorted(both, how), passes(2, i));
      Terms terms;
      const auto real_against_fake = [&](const auto& logits, const char* loss, const char* kind) {
        const auto [on_real, on_fake] = split_samples(logits, real.shape().n);
        see("real" + std::string(kind) + name, on_real);
        see("fake" + std::string(kind) + name, on_fake);
        terms.add(loss + name, options_.lambda_adversarial,
                  discriminator_loss(adversarial_, on_real, on_fake));
      };
      real_against_fake(judgement.logits, "D_ad_loss_", "_logit_");
      real_against_fake(judgement.cam_logits, "D_ad_cam_loss_", "_cam_logit_");
      note(i, terms);
      tape.backward(terms.sum(share()));
    };
    const auto penalize_part = [&](Discriminator<D, T>& discriminator, const std::string& name,
                                   const Tensor<D, T>& x, Index i) {
      const double lambda = options_.lambda_adversarial * options_.lambda_penalty;
      const auto value = penalize_gradient_of_part(
          adversarial_.penalty, lambda * share(), model_->discriminators, x, passes(1, i).iteration,
          [&](const auto& at, PowerIteration how) {
            return discriminator(at, {1, how}).logits;
          },
          [&](const auto& at, PowerIteration how) {
            return discriminator(at, {1, how}).cam_logits;
          });
      Terms terms;
      terms.add("D_penalty_" + name, lambda, Var<D, P>(value));
      note(i, terms);
    };
    const auto learn_alone = [&](Discriminator<D, T>& discriminator, const std::string& name,
                                 const Tensor<D, T>& real, const Tensor<D, T>& fake,
                                 Domain domain) {
      const std::size_t network = model_->discriminators.part_of(discriminator.last.weight);
      model_->discriminators.zero_gradients(network);
      for (Index i = 0; i < options_.accumulate; ++i)
        see_part(discriminator, name, part(real, i), part(fake, i),
                 distortions_.of_both(domain, number(i)), i);
      if (penalties_.any()) {
        const auto half_deviation = penalties_.half_deviation(real);
        for (Index i = 0; i < options_.accumulate; ++i) {
          const auto both = join_samples(Var<D, T>(part(real, i)), Var<D, T>(part(fake, i)));
          const auto shown = distorted(both, distortions_.of_both(domain, number(i))).value();
          const Index half = shown.shape().n / 2;
          penalize_part(discriminator, name,
                        penalties_.pictures(domain, number(i), shown.samples(0, half),
                                            shown.samples(half, half), half_deviation),
                        i);
        }
      }
      require_finite({&discriminator.layers.front().weight});
      discriminator_adam_.update(network, turn);
      if (!keep_gradients_) model_->discriminators.release_gradients(network);
    };
    const auto& p = pictures;
    side_by_side({[&] { learn_alone(model_->global_a, "GA", p.real_a, p.fake_a, Domain::a); },
                  [&] { learn_alone(model_->local_a, "LA", p.real_a, p.fake_a, Domain::a); },
                  [&] { learn_alone(model_->global_b, "GB", p.real_b, p.fake_b, Domain::b); },
                  [&] { learn_alone(model_->local_b, "LB", p.real_b, p.fake_b, Domain::b); }});
  }

  /// L_G = lambda . (adversarial, cycle, identity, CAM), equation 5 to 8 of the paper, of part i.
  void generate(Tapes& tapes, const Fakes& fakes, const Tensor<D, T>& real_a,
                const Tensor<D, T>& real_b, Index i, Terms& all) {
    const auto frozen = model_->discriminators.freeze();
    const Index number = (options_.critic_steps - 1) * options_.accumulate + i;
    // what follows a translated picture, back to its gradient
    const auto follow = [&](const Var<D, T>& fake, auto&& record) {
      Tape<D> branch(options_.stash);
      Terms terms;
      record(branch.branch(fake), terms);
      branch.backward(terms.sum(share()));
      all.join(terms);
    };
    const auto judge = [&](Discriminator<D, T>& discriminator, const std::string& name,
                           const Var<D, T>& fake, Domain domain) {
      follow(fake, [&](const Var<D, T>& picture, Terms& terms) {
        const auto judgement =
            discriminator(distorted(picture, distortions_.of_fakes(domain, number)), passes(1, i));
        terms.add("G_ad_loss_" + name, options_.lambda_adversarial,
                  generator_loss(adversarial_, judgement.logits));
        terms.add("G_ad_cam_loss_" + name, options_.lambda_adversarial,
                  generator_loss(adversarial_, judgement.cam_logits));
      });
    };
    // the judges of one domain add to the gradient of the same picture
    side_by_side({[&] {
                    judge(model_->local_b, "LB", fakes.a2b, Domain::b);
                    judge(model_->global_b, "GB", fakes.a2b, Domain::b);
                  },
                  [&] {
                    judge(model_->local_a, "LA", fakes.b2a, Domain::a);
                    judge(model_->global_a, "GA", fakes.b2a, Domain::a);
                  }});
    const auto cycle = [&](Generator<D, T>& back, const std::string& name, const char* seen,
                           const Var<D, T>& fake, const Tensor<D, T>& real) {
      follow(fake, [&](const Var<D, T>& picture, Terms& terms) {
        const auto again = back(picture).image;
        see(seen, again);
        terms.add("G_recon_loss_" + name, options_.lambda_cycle, l1(again, real));
      });
    };
    side_by_side({[&] { cycle(model_->a2b, "B", "fake_B2A2B", fakes.b2a, real_b); },
                  [&] { cycle(model_->b2a, "A", "fake_A2B2A", fakes.a2b, real_a); }});

    const auto domain = [&](Tape<D>& tape, const std::string& name, const Tensor<D, T>& real,
                            const Var<D, T>& same, const Var<D, P>& fake_cam,
                            const Var<D, P>& same_cam) {
      count_right(name == "B" ? 0 : 1, fake_cam.value(), same_cam.value());
      Terms terms;
      terms.add("G_identity_loss_" + name, options_.lambda_identity, l1(same, real));
      terms.add("G_cam_loss_" + name, options_.lambda_cam,
                cross_entropy_with_logits(fake_cam, 1) + cross_entropy_with_logits(same_cam, 0));
      tape.backward(terms.sum(share()));
      all.join(terms);
    };
    side_by_side(
        {[&] { domain(tapes.b2a, "A", real_a, fakes.a2a, fakes.b2a_cam, fakes.a2a_cam); },
         [&] { domain(tapes.a2b, "B", real_b, fakes.b2b, fakes.a2b_cam, fakes.b2b_cam); }});
    if (looks()) all.require_finite();
  }

  /// Half of a share each: logits that say 1 of what is translated, and 0 of what is kept.
  void count_right(Index generator, const Tensor<D, P>& fake, const Tensor<D, P>& same) {
    const auto right = cam_right_.samples(generator, 1);
    const double each = share() / (2 * static_cast<double>(fake.shape().size()));
    primitive::map_reduce(detail::Positive{}, fake, fake, each, right, Write::accumulate);
    primitive::map_reduce(detail::Negative{}, same, same, each, right, Write::accumulate);
  }
  void forget_cam_accuracy() {
    primitive::fill(cam_right_, P(0));
    cam_steps_ = 0;
  }

  template <ActivationOf<T> U>
  void see(std::string_view name, const Var<D, U>& x) {
    if (!observer_) return;
    observer_({name, x.shape(), [value = x.value()] {
                 const auto values = value.download();
                 return std::vector<P>(values.begin(), values.end());
               }});
  }

  Model<D, T>* model_;
  TrainOptions options_;
  AdversarialLoss adversarial_;
  Adam<D, T> generator_adam_, discriminator_adam_;
  StepDistortions<D, T> distortions_;
  StepPenalties<D, T> penalties_;
  Tensor<D, P> cam_right_;  ///< shares of right answers, summed over cam_steps_ steps
  std::int64_t cam_steps_ = 0;
  Observer observer_;
  bool keep_gradients_ = false;
  bool untouched_ = false;  ///< by the step that is being computed
  double rate_factor_ = 1;
};

}  // namespace limn::inline v0::ugatit
