// SPDX-License-Identifier: MIT
// What the two players of a GAN minimize, as types that take one another's place. The discriminator
// D has logits x = D(real) and y = D(G(z)); all are means over the logits of a map or a vector.
//   type              discriminator                  generator
//   LeastSquaresGan   (x - 1)^2 + y^2                (y - 1)^2    Mao et al., 2017
//   NonSaturatingGan  -log s(x) - log(1 - s(y))      -log s(y)    Goodfellow, 2014
//   HingeGan          max(0, 1 - x) + max(0, 1 + y)  -y           Lim & Ye, 2017
//   WassersteinGan    -x + y                         -y           Arjovsky, 2017
// s is the logistic function. A WassersteinGan needs a gradient penalty (gradient_penalty.hpp).
// The published TensorFlow code of U-GAT-IT uses the same one for its maps and its CAM logits.
#pragma once

#include <concepts>

#include "limn/loss/losses.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn::inline v0 {

/// max(0, 1 - t x) for t = 1 or -1, and its derivative with respect to x (0 at the kink).
struct Hinge {
  /// max(0, 1 - t x)
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A t) const {
    const A room = A(1) - t * x;
    return room > A(0) ? room : A(0);
  }
  /// Its derivative with respect to x; 0 at the kink.
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x, A t) const {
    return A(1) - t * x > A(0) ? -t : A(0);
  }
};
/// -t x: what a critic says, for it (t = 1) or against it (t = -1).
struct Criticism {
  /// -t x
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A t) const {
    return -t * x;
  }
  /// -t
  template <class A>
  LIMN_HOST_DEVICE A derivative(A, A t) const {
    return -t;
  }
};

/// Least squares, as U-GAT-IT publishes it.
struct LeastSquaresGan {
  /// Of D(real) and of D(G(z)) when D learns, of D(G(z)) when G learns.
  Against<LeastSquares> real{{}, 1}, fake{{}, 0}, generator{{}, 1};
};
/// Non-saturating cross entropy.
struct NonSaturatingGan {
  /// As in LeastSquaresGan.
  Against<CrossEntropyWithLogits> real{{}, 1}, fake{{}, 0}, generator{{}, 1};
};
/// The hinge loss.
struct HingeGan {
  /// As in LeastSquaresGan.
  Against<Hinge> real{{}, 1}, fake{{}, -1};
  Against<Criticism> generator{{}, 1};  ///< as in LeastSquaresGan
};
/// The critic's difference of means; needs a gradient penalty.
struct WassersteinGan {
  /// As in LeastSquaresGan.
  Against<Criticism> real{{}, 1}, fake{{}, -1}, generator{{}, 1};
};

/// Three pointwise losses of a logit: `real` and `fake` of the discriminator, `generator`. Their
/// target is not used: use Against, or ignore it.
template <class L>
concept GanLoss = requires(const L loss) {
  requires PointwiseLoss<decltype(loss.real)>;
  requires PointwiseLoss<decltype(loss.fake)>;
  requires PointwiseLoss<decltype(loss.generator)>;
};

/// What a discriminator minimizes: on its logits of real and of made pictures, of any shapes.
template <class L, Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> discriminator_loss(const L& loss, const Var<D, T>& on_real,
                                                    const Var<D, T>& on_fake) {
  static_assert(
      GanLoss<L>,
      "limn: a GAN loss has three members: real, fake and generator, each a pointwise loss "
      "with operator()(x, t) and derivative(x, t) (see limn/loss/gan_losses.hpp)");
  if constexpr (GanLoss<L>)
    return mean_loss(loss.real, on_real, on_real.value()) +
           mean_loss(loss.fake, on_fake, on_fake.value());
  else
    return {};
}

/// What a generator minimizes: on the discriminator's logits of its pictures.
template <class L, Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> generator_loss(const L& loss, const Var<D, T>& on_fake) {
  static_assert(
      GanLoss<L>,
      "limn: a GAN loss has three members: real, fake and generator, each a pointwise loss "
      "with operator()(x, t) and derivative(x, t) (see limn/loss/gan_losses.hpp)");
  if constexpr (GanLoss<L>)
    return mean_loss(loss.generator, on_fake, on_fake.value());
  else
    return {};
}

}  // namespace limn::inline v0
