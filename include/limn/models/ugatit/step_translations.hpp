// SPDX-License-Identifier: MIT
// What the generators make of a step's pictures: translations and identities in one batch each, on
// tapes that keep what their backward needs, or translations alone.
#pragma once

#include <tuple>

#include "limn/models/ugatit/step_scope.hpp"
#include "limn/ops/batch.hpp"

namespace limn::inline v0::ugatit {

/// Real and translated pictures of both domains.
template <Device D, Scalar T>
struct StepPictures {
  /// (N,S,S,3) in [-1, 1].
  Tensor<D, T> real_a, real_b, fake_a, fake_b;
};

/// What each generator's translation and identity keep for its backward.
template <Device D>
struct StepTapes {
  Tape<D> a2b, b2a;  ///< of either generator
};

/// Translations and identities of both generators, and their CAM logits.
template <Device D, Scalar T>
struct StepFakes {
  /// (N,S,S,3): a2b of A, b2b of B by one generator, b2a of B, a2a of A by the other.
  Var<D, T> a2b, b2b, b2a, a2a;
  /// (N,1,1,2), likewise.
  Var<D, param_t<T>> a2b_cam, b2b_cam, b2a_cam, a2a_cam;
};

namespace detail {

template <Device D, Scalar T>
void require_finite(const StepScope<D, T>& scope, const StepFakes<D, T>& f) {
  scope.require_finite("the translation A2B", f.a2b.value());
  scope.require_finite("the identity of B", f.b2b.value());
  scope.require_finite("the translation B2A", f.b2a.value());
  scope.require_finite("the identity of A", f.a2a.value());
  scope.require_finite("the attention of generator A2B", f.a2b_cam.value());
  scope.require_finite("the attention of generator B2A", f.b2a_cam.value());
}

}  // namespace detail

/// Translations and identities. Throws NumericError where values are looked at and not finite.
template <Device D, Scalar T>
[[nodiscard]] StepFakes<D, T> translate(const StepScope<D, T>& scope, StepTapes<D>& tapes,
                                        const Tensor<D, T>& real_a, const Tensor<D, T>& real_b) {
  using P = param_t<T>;
  StepFakes<D, T> f;
  const auto both = [](Generator<D, T>& generator, Tape<D>& tape, const Tensor<D, T>& from,
                       const Tensor<D, T>& to, Var<D, T>& fake, Var<D, T>& same,
                       Var<D, P>& fake_cam, Var<D, P>& same_cam) {
    const auto pictures = generator(join_samples(tape.constant(from), tape.constant(to)));
    std::tie(fake, same) = split_samples(pictures.image, from.shape().n);
    std::tie(fake_cam, same_cam) = split_samples(pictures.cam_logits, from.shape().n);
  };
  scope.side_by_side(
      {[&] {
         both(scope.model->a2b, tapes.a2b, real_a, real_b, f.a2b, f.b2b, f.a2b_cam, f.b2b_cam);
       },
       [&] {
         both(scope.model->b2a, tapes.b2a, real_b, real_a, f.b2a, f.a2a, f.b2a_cam, f.a2a_cam);
       }});
  scope.see("fake_A2B", f.a2b);
  scope.see("fake_B2A", f.b2a);
  scope.see("fake_A2A", f.a2a);
  scope.see("fake_B2B", f.b2b);
  scope.see("fake_A2B_cam_logit", f.a2b_cam);
  scope.see("fake_B2A_cam_logit", f.b2a_cam);
  detail::require_finite(scope, f);
  return f;
}

/// Translations alone, part by part, where nothing is kept of them. Throws NumericError.
template <Device D, Scalar T>
[[nodiscard]] StepPictures<D, T> translate_alone(const StepScope<D, T>& scope,
                                                 const Tensor<D, T>& real_a,
                                                 const Tensor<D, T>& real_b) {
  D& device = scope.model->generators.device();
  StepPictures<D, T> all{real_a, real_b, Tensor<D, T>(device, real_b.shape()),
                         Tensor<D, T>(device, real_a.shape())};
  const auto translate = [&](Generator<D, T>& generator, const Tensor<D, T>& from,
                             const Tensor<D, T>& to) {
    for (Index i = 0; i < scope.options.accumulate; ++i)
      primitive::copy(generator(Var<D, T>(scope.part(from, i))).image.value(), scope.part(to, i));
  };
  scope.side_by_side({[&] { translate(scope.model->a2b, real_a, all.fake_b); },
                      [&] { translate(scope.model->b2a, real_b, all.fake_a); }});
  scope.require_finite("the translation A2B", all.fake_b);
  scope.require_finite("the translation B2A", all.fake_a);
  return all;
}

}  // namespace limn::inline v0::ugatit
