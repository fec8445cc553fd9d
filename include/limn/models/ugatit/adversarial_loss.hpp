// SPDX-License-Identifier: MIT
// The adversarial loss that a training was asked for, by name.
#pragma once

#include "limn/loss/gan_losses.hpp"
#include "limn/models/ugatit/options.hpp"

namespace limn::inline v0::ugatit {

/// Means over maps or CAM logits of any shape, see limn/loss/gan_losses.hpp.
class AdversarialLoss {
  /// f(loss) with the type that the name stands for.
  template <class F>
  auto with(F&& f) const {
    switch (type_) {
      case GanType::gan:
        return f(NonSaturatingGan{});
      case GanType::hinge:
        return f(HingeGan{});
      default:
        return f(LeastSquaresGan{});
    }
  }

 public:
  /// What discriminators and generators play.
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

  /// The same for one logit, real and made alike.
  [[nodiscard]] double of_discriminator(double logit) const {
    return with([=](const auto& loss) { return loss.real(logit, 0.0) + loss.fake(logit, 0.0); });
  }
  /// The generator's for one logit.
  [[nodiscard]] double of_generator(double logit) const {
    return with([=](const auto& loss) -> double { return loss.generator(logit, 0.0); });
  }

 private:
  GanType type_;
};

}  // namespace limn::inline v0::ugatit
