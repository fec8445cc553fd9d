// SPDX-License-Identifier: MIT
// The first phase of a training step of U-GAT-IT: the discriminators learn. Each learns alone, from
// its forward to its Adam, and has gradients only then.
#pragma once

#include <string>
#include <vector>

#include "limn/models/ugatit/adversarial_loss.hpp"
#include "limn/models/ugatit/step_distortions.hpp"
#include "limn/models/ugatit/step_penalties.hpp"
#include "limn/models/ugatit/step_translations.hpp"
#include "limn/optim/adam.hpp"

namespace limn::inline v0::ugatit {

/// One turn of the discriminators in a step, counted from 0.
template <Device D, Scalar T>
struct DiscriminatorPhase {
  /// The scalar type of losses.
  using P = param_t<T>;

  const StepScope<D, T>& scope;              ///< of the step
  const AdversarialLoss& adversarial;        ///< what is played
  const StepDistortions<D, T>& distortions;  ///< of what is shown
  const StepPenalties<D, T>& penalties;      ///< where gradients are penalized
  Adam<D, T>& adam;                          ///< of the four
  Index turn;                                ///< which of options.critic_steps

  /// L_D = sum over discriminators and both of their outputs of the adversarial loss, as published
  /// mean (D(real) - 1)^2 + mean D(fake)^2, and of its gradient penalty. Each discriminator has its
  /// terms for itself.
  void operator()(const StepPictures<D, T>& pictures, Losses<D, T>& losses) const {
    const auto number = [&](Index i) { return turn * scope.options.accumulate + i; };
    const auto see_part = [&](Discriminator<D, T>& discriminator, const std::string& name,
                              const Tensor<D, T>& real, const Tensor<D, T>& fake,
                              const Tensor<D, P>& how, Index i) {
      Tape<D> tape(scope.options.stash);
      const auto both = join_samples(tape.constant(real), tape.constant(fake));
      const auto judgement = discriminator(scope.distorted(both, how), scope.passes(2, i));
      const auto real_against_fake = [&](const auto& logits, const char* loss, const char* kind) {
        const auto [on_real, on_fake] = split_samples(logits, real.shape().n);
        scope.see("real" + std::string(kind) + name, on_real);
        scope.see("fake" + std::string(kind) + name, on_fake);
        auto term = losses.term(loss + name, scope.options.lambda_adversarial);
        term.add(adversarial.real, on_real);
        term.add(adversarial.fake, on_fake);
      };
      real_against_fake(judgement.logits, "D_ad_loss_", "_logit_");
      real_against_fake(judgement.cam_logits, "D_ad_cam_loss_", "_cam_logit_");
      if (scope.looks()) losses.require_finite();
      tape.backward();
    };
    const auto penalize_part = [&](Discriminator<D, T>& discriminator, const std::string& name,
                                   const Tensor<D, T>& x, Index i) {
      const double lambda = scope.options.lambda_adversarial * scope.options.lambda_penalty;
      const auto value = penalize_gradient_of_part(
          adversarial.penalty, lambda * scope.share(), scope.model->discriminators, x,
          scope.passes(1, i).iteration,
          [&](const auto& at, PowerIteration how) {
            return discriminator(at, {1, how}).logits;
          },
          [&](const auto& at, PowerIteration how) {
            return discriminator(at, {1, how}).cam_logits;
          });
      losses.term("D_penalty_" + name, lambda).take(value);
      if (scope.looks()) losses.require_finite();
    };
    const auto learn_alone = [&](Discriminator<D, T>& discriminator, const std::string& name,
                                 const Tensor<D, T>& real, const Tensor<D, T>& fake, Domain domain,
                                 const std::vector<Tensor<D, T>>& at) {
      const std::size_t network = scope.model->discriminators.part_of(discriminator.last.weight);
      scope.model->discriminators.zero_gradients(network);
      for (Index i = 0; i < scope.options.accumulate; ++i)
        see_part(discriminator, name, scope.part(real, i), scope.part(fake, i),
                 distortions.of_both(domain, number(i)), i);
      for (Index i = 0; i < static_cast<Index>(at.size()); ++i)
        penalize_part(discriminator, name, at[static_cast<std::size_t>(i)], i);
      scope.require_finite({&discriminator.layers.front().weight});
      adam.update(network, turn);
      if (!scope.keep_gradients) scope.model->discriminators.release_gradients(network);
    };
    // where a domain's two discriminators are penalized, part by part
    const auto penalized_at = [&](const Tensor<D, T>& real, const Tensor<D, T>& fake,
                                  Domain domain) {
      std::vector<Tensor<D, T>> at;
      const auto half_deviation = penalties.half_deviation(real);
      for (Index i = 0; i < scope.options.accumulate; ++i) {
        const auto shown = [&](const Tensor<D, T>& x, const Tensor<D, P>& how) {
          return scope.distorted(Var<D, T>(scope.part(x, i)), how).value();
        };
        at.push_back(penalties.pictures(
            domain, number(i), shown(real, distortions.of_real(domain, number(i))),
            penalties.mixes_fakes() ? shown(fake, distortions.of_translated(domain, number(i)))
                                    : Tensor<D, T>(),
            half_deviation));
      }
      return at;
    };
    const auto& p = pictures;
    std::vector<Tensor<D, T>> at_a, at_b;
    if (penalties.any())
      scope.side_by_side({[&] { at_a = penalized_at(p.real_a, p.fake_a, Domain::a); },
                          [&] { at_b = penalized_at(p.real_b, p.fake_b, Domain::b); }});
    scope.side_by_side(
        {[&] { learn_alone(scope.model->global_a, "GA", p.real_a, p.fake_a, Domain::a, at_a); },
         [&] { learn_alone(scope.model->local_a, "LA", p.real_a, p.fake_a, Domain::a, at_a); },
         [&] { learn_alone(scope.model->global_b, "GB", p.real_b, p.fake_b, Domain::b, at_b); },
         [&] { learn_alone(scope.model->local_b, "LB", p.real_b, p.fake_b, Domain::b, at_b); }});
  }
};

}  // namespace limn::inline v0::ugatit
