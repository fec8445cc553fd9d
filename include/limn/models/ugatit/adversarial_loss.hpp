// SPDX-License-Identifier: MIT
// The adversarial loss that a training was asked for, by name: a GanLoss and a gradient penalty
// whose formulas are chosen when it runs. A type for each would compile every kernel that they are
// used in once more, and this is read by a few logits.
#pragma once

#include "limn/loss/gan_losses.hpp"
#include "limn/loss/gradient_penalty.hpp"
#include "limn/models/ugatit/options.hpp"

namespace limn::inline v0::ugatit {

namespace detail {

enum class GanTerm { real, fake, generator };

/// f(loss) with the GanLoss that a type plays, whatever it penalizes.
template <class F>
LIMN_HOST_DEVICE auto with_gan_loss(GanType type, const F& f) {
  switch (type) {
    case GanType::gan:
    case GanType::dragan:
    case GanType::r1:
      return f(NonSaturatingGan{});
    case GanType::hinge:
      return f(HingeGan{});
    case GanType::wgan_gp:
    case GanType::wgan_lp:
      return f(WassersteinGan{});
    default:
      return f(LeastSquaresGan{});
  }
}

/// f(penalty) with what a type does to a squared length.
template <class F>
LIMN_HOST_DEVICE auto with_penalty(GanType type, const F& f) {
  return type == GanType::r1        ? f(ZeroGradient{})
         : type == GanType::wgan_lp ? f(AtMostUnitGradient{})
                                    : f(UnitGradient{});
}

/// A pointwise loss l(x, t) of the type's GanLoss; t is not used.
template <GanTerm term>
struct ChosenLoss {
  GanType type;

  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A t) const {
    return with_gan_loss(type, [x, t](const auto& loss) { return of(loss)(x, t); });
  }
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x, A t) const {
    return with_gan_loss(type, [x, t](const auto& loss) { return of(loss).derivative(x, t); });
  }

 private:
  template <class Loss>
  LIMN_HOST_DEVICE static constexpr auto of(const Loss& loss) {
    if constexpr (term == GanTerm::real)
      return loss.real;
    else if constexpr (term == GanTerm::fake)
      return loss.fake;
    else
      return loss.generator;
  }
};

/// f of a squared length, as the type penalizes it.
struct ChosenPenalty {
  GanType type;

  template <class A>
  LIMN_HOST_DEVICE A operator()(A q) const {
    return with_penalty(type, [q](const auto& penalty) { return penalty(q); });
  }
  template <class A>
  LIMN_HOST_DEVICE A slope(A q) const {
    return with_penalty(type, [q](const auto& penalty) { return penalty.slope(q); });
  }
};

}  // namespace detail

/// A GanLoss, see limn/loss/gan_losses.hpp; as published mean (D(real) - 1)^2 + mean D(fake)^2 of a
/// discriminator and mean (D(fake) - 1)^2 of a generator.
struct AdversarialLoss {
  detail::ChosenLoss<detail::GanTerm::real> real;            ///< of a discriminator's real logit
  detail::ChosenLoss<detail::GanTerm::fake> fake;            ///< of its logit of what is made
  detail::ChosenLoss<detail::GanTerm::generator> generator;  ///< of the same, for the generator
  detail::ChosenPenalty penalty;  ///< for penalize_gradient, where penalizes(type)

  /// As the type is played.
  explicit AdversarialLoss(GanType type) : real{type}, fake{type}, generator{type}, penalty{type} {}

  /// What a discriminator pays where real and made pictures have this logit.
  [[nodiscard]] double of_discriminator(double logit) const {
    return real(logit, 0.0) + fake(logit, 0.0);
  }
  /// What a generator pays for it.
  [[nodiscard]] double of_generator(double logit) const { return generator(logit, 0.0); }
  /// Whether a logit says real or made, as all but Wasserstein's do: there only differences count.
  [[nodiscard]] bool classifies() const {
    return penalty.type != GanType::wgan_gp && penalty.type != GanType::wgan_lp;
  }
};

}  // namespace limn::inline v0::ugatit
