// SPDX-License-Identifier: MIT
// The adversarial loss that a training was asked for, by name.
#pragma once

#include "limn/loss/gan_losses.hpp"
#include "limn/loss/gradient_penalty.hpp"
#include "limn/models/ugatit/options.hpp"

namespace limn::inline v0::ugatit {

/// Means over maps or CAM logits of any shape, see limn/loss/gan_losses.hpp.
class AdversarialLoss {
  /// f(loss) with the type that the name stands for.
  template <class F>
  auto with(F&& f) const {
    switch (type_) {
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

 public:
  explicit AdversarialLoss(GanType type) : type_(type) {}

  /// Of a discriminator; as published mean (D(real) - 1)^2 + mean D(fake)^2.
  template <Device D, Scalar T>
  [[nodiscard]] Var<D, param_t<T>> discriminator(const Var<D, T>& on_real,
                                                 const Var<D, T>& on_fake) const {
    return with([&](const auto& loss) { return discriminator_loss(loss, on_real, on_fake); });
  }
  /// Of a generator; as published mean (D(fake) - 1)^2.
  template <Device D, Scalar T>
  [[nodiscard]] Var<D, param_t<T>> generator(const Var<D, T>& on_fake) const {
    return with([&](const auto& loss) { return generator_loss(loss, on_fake); });
  }
  /// penalize_gradient_of_part with the penalty that belongs to the type, if one does.
  template <Device D, Scalar T, class... Critics>
  [[nodiscard]] Tensor<D, param_t<T>> penalize(double lambda, ParameterSet<D, T>& parameters,
                                               const Tensor<D, T>& x, PowerIteration how,
                                               Critics&&... critics) const {
    const auto by = [&](auto f) {
      return penalize_gradient_of_part(f, lambda, parameters, x, how, critics...);
    };
    if (type_ == GanType::wgan_lp) return by(AtMostUnitGradient{});
    if (type_ == GanType::r1) return by(ZeroGradient{});
    return by(UnitGradient{});
  }

  /// The same for one logit, real and made alike.
  [[nodiscard]] double of_discriminator(double logit) const {
    return with([=](const auto& loss) { return loss.real(logit, 0.0) + loss.fake(logit, 0.0); });
  }
  [[nodiscard]] double of_generator(double logit) const {
    return with([=](const auto& loss) -> double { return loss.generator(logit, 0.0); });
  }
  /// Whether a logit says real or made, as all but Wasserstein's do: there only differences count.
  [[nodiscard]] bool classifies() const {
    return type_ != GanType::wgan_gp && type_ != GanType::wgan_lp;
  }

 private:
  GanType type_;
};

}  // namespace limn::inline v0::ugatit
