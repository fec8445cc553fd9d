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
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/loss/losses.hpp"
#include "limn/models/ugatit/model.hpp"
#include "limn/ops/pointwise.hpp"
#include "limn/optim/clip.hpp"
#include "limn/optim/schedule.hpp"

namespace limn::inline v0::ugatit {

/// The loss terms of a step by name, still on the device. Names as in the published code, totals
/// D_loss and G_loss.
template <Device D, Scalar T>
struct Losses {
  std::vector<std::pair<std::string, Tensor<D, param_t<T>>>> terms;

  /// Values, waiting for the device. Throws NumericError that names the first term that is not
  /// finite.
  [[nodiscard]] std::vector<std::pair<std::string, double>> read() const {
    std::vector<std::pair<std::string, double>> values;
    for (const auto& [name, tensor] : terms) {
      const auto value = static_cast<double>(tensor.item());
      if (!is_finite(value))
        throw NumericError("loss term " + name + " is not finite (" + std::to_string(value) + ")");
      values.emplace_back(name, value);
    }
    return values;
  }
};

/// Names of the terms, in the order in which a step gives them.
[[nodiscard]] inline std::vector<std::string> loss_names() {
  std::vector<std::string> names;
  for (const char* phase : {"D", "G"}) {
    for (const char* judge : {"GA", "LA", "GB", "LB"})
      for (const char* term : {"_ad_loss_", "_ad_cam_loss_"})
        names.push_back(std::string(phase) + term + judge);
    if (*phase == 'G')
      for (const char* domain : {"A", "B"})
        for (const char* term : {"G_recon_loss_", "G_identity_loss_", "G_cam_loss_"})
          names.push_back(std::string(term) + domain);
    names.push_back(std::string(phase) + "_loss");
  }
  return names;
}

/// Model and optimizers, one step at a time. The device and the options must fit the model; the
/// model must outlive it.
template <Device D, Scalar T = float>
class Step {
 public:
  using P = param_t<T>;
  /// An intermediate result: its name ("fake_A2B", "real_logit_GA", ...), its shape, and its values
  /// where they are asked for.
  struct Seen {
    std::string_view name;
    Shape shape;
    std::function<std::vector<P>()> values;
  };
  using Observer = std::function<void(const Seen&)>;

  Step(Model<D, T>& model, const TrainOptions& options)
      : model_(&model),
        options_((options.check(), options)),
        generator_adam_(model.generators, adam_options()),
        discriminator_adam_(model.discriminators, adam_options()) {}

  /// Trains on real pictures of both domains, (N,S,S,3) in [-1, 1]; `step` counts from 1 and sets
  /// the learning rate.
  [[nodiscard]] Losses<D, T> operator()(const Tensor<D, T>& real_a, const Tensor<D, T>& real_b,
                                        std::int64_t step) {
    Losses<D, T> losses;
    const double lr = learning_rate(step);
    Tape<D> tape;
    const Fakes fakes = translate(tape, real_a, real_b);
    discriminate(fakes, real_a, real_b, losses);
    discriminator_adam_.step(lr);
    generate(tape, fakes, real_a, real_b, losses);
    generator_adam_.step(lr);
    clip_rho(model_->generators);
    return losses;
  }

  [[nodiscard]] double learning_rate(std::int64_t step) const {
    return options_.decay ? linear_decay(options_.learning_rate, step, options_.steps)
                          : options_.learning_rate;
  }
  [[nodiscard]] Adam<D, T>& generator_adam() { return generator_adam_; }
  [[nodiscard]] Adam<D, T>& discriminator_adam() { return discriminator_adam_; }
  void observe(Observer observer) { observer_ = std::move(observer); }

 private:
  using Terms = std::vector<Weighted<D, P>>;

  /// Translations and identities of both generators.
  struct Fakes {
    Var<D, T> a2b, b2b, b2a, a2a;
    Var<D, P> a2b_cam, b2b_cam, b2a_cam, a2a_cam;
  };

  [[nodiscard]] AdamOptions adam_options() const {
    return {options_.beta1, options_.beta2, 1e-8, options_.weight_decay};
  }

  Fakes translate(Tape<D>& tape, const Tensor<D, T>& real_a, const Tensor<D, T>& real_b) {
    const Index n = real_a.shape().n;
    const auto a = tape.constant(real_a), b = tape.constant(real_b);
    Fakes f;
    const auto to_b = model_->a2b(join_samples(a, b));
    std::tie(f.a2b, f.b2b) = split_samples(to_b.image, n);
    std::tie(f.a2b_cam, f.b2b_cam) = split_samples(to_b.cam_logits, n);
    const auto to_a = model_->b2a(join_samples(b, a));
    std::tie(f.b2a, f.a2a) = split_samples(to_a.image, real_b.shape().n);
    std::tie(f.b2a_cam, f.a2a_cam) = split_samples(to_a.cam_logits, real_b.shape().n);
    see("fake_A2B", f.a2b);
    see("fake_B2A", f.b2a);
    see("fake_A2A", f.a2a);
    see("fake_B2B", f.b2b);
    see("fake_A2B_cam_logit", f.a2b_cam);
    see("fake_B2A_cam_logit", f.b2a_cam);
    return f;
  }

  /// L_D = sum over discriminators and both of their outputs of mean (D(real) - 1)^2 + mean
  /// D(fake)^2.
  void discriminate(const Fakes& fakes, const Tensor<D, T>& real_a, const Tensor<D, T>& real_b,
                    Losses<D, T>& losses) {
    model_->discriminators.zero_gradients();
    Tape<D> tape;
    Terms terms;
    const auto judge = [&](Discriminator<D, T>& discriminator, const std::string& name,
                           const Tensor<D, T>& real, const Var<D, T>& fake) {
      const auto judgement =
          discriminator(join_samples(tape.constant(real), tape.constant(fake.value())), 2);
      const auto real_against_fake = [&](const auto& logits, const char* loss, const char* kind) {
        const auto [on_real, on_fake] = split_samples(logits, real.shape().n);
        see("real" + std::string(kind) + name, on_real);
        see("fake" + std::string(kind) + name, on_fake);
        keep(losses, terms, loss + name, options_.lambda_adversarial,
             least_squares(on_real, 1) + least_squares(on_fake, 0));
      };
      real_against_fake(judgement.logits, "D_ad_loss_", "_logit_");
      real_against_fake(judgement.cam_logits, "D_ad_cam_loss_", "_cam_logit_");
    };
    judge(model_->global_a, "GA", real_a, fakes.b2a);
    judge(model_->local_a, "LA", real_a, fakes.b2a);
    judge(model_->global_b, "GB", real_b, fakes.a2b);
    judge(model_->local_b, "LB", real_b, fakes.a2b);
    learn(tape, losses, terms, "D_loss");
  }

  /// L_G = lambda . (adversarial, cycle, identity, CAM), equation 5 to 8 of the paper.
  void generate(Tape<D>& tape, const Fakes& fakes, const Tensor<D, T>& real_a,
                const Tensor<D, T>& real_b, Losses<D, T>& losses) {
    model_->generators.zero_gradients();
    Terms terms;
    const auto cycle_a = model_->b2a(fakes.a2b).image, cycle_b = model_->a2b(fakes.b2a).image;
    see("fake_A2B2A", cycle_a);
    see("fake_B2A2B", cycle_b);
    const auto frozen = model_->discriminators.freeze();
    const auto judge = [&](Discriminator<D, T>& discriminator, const std::string& name,
                           const Var<D, T>& fake) {
      const auto judgement = discriminator(fake);
      keep(losses, terms, "G_ad_loss_" + name, options_.lambda_adversarial,
           least_squares(judgement.logits, 1));
      keep(losses, terms, "G_ad_cam_loss_" + name, options_.lambda_adversarial,
           least_squares(judgement.cam_logits, 1));
    };
    judge(model_->global_a, "GA", fakes.b2a);
    judge(model_->local_a, "LA", fakes.b2a);
    judge(model_->global_b, "GB", fakes.a2b);
    judge(model_->local_b, "LB", fakes.a2b);
    const auto domain = [&](const std::string& name, const Tensor<D, T>& real,
                            const Var<D, T>& cycle, const Var<D, T>& same,
                            const Var<D, P>& fake_cam, const Var<D, P>& same_cam) {
      keep(losses, terms, "G_recon_loss_" + name, options_.lambda_cycle, l1(cycle, real));
      keep(losses, terms, "G_identity_loss_" + name, options_.lambda_identity, l1(same, real));
      keep(losses, terms, "G_cam_loss_" + name, options_.lambda_cam,
           cross_entropy_with_logits(fake_cam, 1) + cross_entropy_with_logits(same_cam, 0));
    };
    domain("A", real_a, cycle_a, fakes.a2a, fakes.b2a_cam, fakes.a2a_cam);
    domain("B", real_b, cycle_b, fakes.b2b, fakes.a2b_cam, fakes.b2b_cam);
    learn(tape, losses, terms, "G_loss");
  }

  void keep(Losses<D, T>& losses, Terms& terms, const std::string& name, double lambda,
            const Var<D, P>& loss) {
    losses.terms.emplace_back(name, loss.value());
    terms.emplace_back(lambda, loss);
  }

  void learn(Tape<D>& tape, Losses<D, T>& losses, const Terms& terms, const char* name) {
    const auto total = weighted_sum(terms);
    losses.terms.emplace_back(name, total.value());
    tape.backward(total);
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
  Adam<D, T> generator_adam_, discriminator_adam_;
  Observer observer_;
};

}  // namespace limn::inline v0::ugatit
