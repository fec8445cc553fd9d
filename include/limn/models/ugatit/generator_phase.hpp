// SPDX-License-Identifier: MIT
// The second phase of a training step of U-GAT-IT: the generators learn. What need not live
// together does not: each judgement and each cycle runs back to the translated picture before the
// next begins, and no weight gradient of a discriminator is computed.
#pragma once

#include <string>

#include "limn/loss/loss_term.hpp"
#include "limn/models/ugatit/adversarial_loss.hpp"
#include "limn/models/ugatit/cam_accuracy.hpp"
#include "limn/models/ugatit/step_distortions.hpp"
#include "limn/models/ugatit/step_translations.hpp"

namespace limn::inline v0::ugatit {

/// Gradients of both generators, part by part.
template <Device D, Scalar T>
struct GeneratorPhase {
  /// The scalar type of losses.
  using P = param_t<T>;

  const StepScope<D, T>& scope;              ///< of the step
  const AdversarialLoss& adversarial;        ///< what is played
  const StepDistortions<D, T>& distortions;  ///< of what the discriminators are shown
  CamAccuracy<D, P>& cam_accuracy;           ///< is told

  /// L_G = lambda . (adversarial, cycle, identity, CAM), equation 5 to 8 of the paper, of part i.
  void operator()(StepTapes<D>& tapes, const StepFakes<D, T>& fakes, const Tensor<D, T>& real_a,
                  const Tensor<D, T>& real_b, Index i, Losses<D, T>& losses) const {
    const auto frozen = scope.model->discriminators.freeze();
    const Index number = (scope.options.critic_steps - 1) * scope.options.accumulate + i;
    // what follows a translated picture, back to its gradient
    const auto follow = [&](const Var<D, T>& fake, auto&& record) {
      Tape<D> branch(scope.options.stash);
      record(branch.branch(fake));
      branch.backward();
    };
    const auto judge = [&](Discriminator<D, T>& discriminator, const std::string& name,
                           const Var<D, T>& fake, Domain domain) {
      follow(fake, [&](const Var<D, T>& picture) {
        const auto judgement = discriminator(
            scope.distorted(picture, distortions.of_fakes(domain, number)), scope.passes(1, i));
        const double lambda = scope.options.lambda_adversarial;
        losses.term("G_ad_loss_" + name, lambda).add(adversarial.generator, judgement.logits);
        losses.term("G_ad_cam_loss_" + name, lambda)
            .add(adversarial.generator, judgement.cam_logits);
      });
    };
    // the judges of one domain add to the gradient of the same picture
    scope.side_by_side({[&] {
                          judge(scope.model->local_b, "LB", fakes.a2b, Domain::b);
                          judge(scope.model->global_b, "GB", fakes.a2b, Domain::b);
                        },
                        [&] {
                          judge(scope.model->local_a, "LA", fakes.b2a, Domain::a);
                          judge(scope.model->global_a, "GA", fakes.b2a, Domain::a);
                        }});
    const auto cycle = [&](Generator<D, T>& back, const std::string& name, const char* seen,
                           const Var<D, T>& fake, const Tensor<D, T>& real) {
      follow(fake, [&](const Var<D, T>& picture) {
        const auto again = back(picture).image;
        scope.see(seen, again);
        losses.term("G_recon_loss_" + name, scope.options.lambda_cycle)
            .add(AbsoluteError{}, again, real);
      });
    };
    scope.side_by_side({[&] { cycle(scope.model->a2b, "B", "fake_B2A2B", fakes.b2a, real_b); },
                        [&] { cycle(scope.model->b2a, "A", "fake_A2B2A", fakes.a2b, real_a); }});

    const auto domain = [&](Tape<D>& tape, const std::string& name, const Tensor<D, T>& real,
                            const Var<D, T>& same, const Var<D, P>& fake_cam,
                            const Var<D, P>& same_cam) {
      cam_accuracy.count(name == "B" ? 0 : 1, fake_cam.value(), same_cam.value(), scope.share());
      losses.term("G_identity_loss_" + name, scope.options.lambda_identity)
          .add(AbsoluteError{}, same, real);
      auto cam = losses.term("G_cam_loss_" + name, scope.options.lambda_cam);
      cam.add(Against<CrossEntropyWithLogits>{{}, 1}, fake_cam);
      cam.add(Against<CrossEntropyWithLogits>{{}, 0}, same_cam);
      tape.backward();
    };
    scope.side_by_side(
        {[&] { domain(tapes.b2a, "A", real_a, fakes.a2a, fakes.b2a_cam, fakes.a2a_cam); },
         [&] { domain(tapes.a2b, "B", real_b, fakes.b2b, fakes.a2b_cam, fakes.b2b_cam); }});
    if (scope.looks()) losses.require_finite();
  }
};

}  // namespace limn::inline v0::ugatit
