// SPDX-License-Identifier: MIT
// normalize: y = activation(a x + b) + residual, where a and b come from x's own moments:
// InstanceNorm, LIN, AdaLIN in one pass.
//   a, b: limn/core/primitives/normalization.hpp.
//   backward: two sums per (n,c) give p, q and the gradients of rho, gamma, beta; dx = a g + p x +
//   q in one pass. keeps: x, its moments, a and b (small), from which y is
//   made again where a backward wants it.
#pragma once

#include <optional>
#include <string>

#include "limn/autograd/tape.hpp"
#include "limn/nn/parameter.hpp"

namespace limn::inline v0 {

/// What a normalization learns or is told. Undefined: rho 1 (pure instance statistics), gamma 1,
/// beta 0.
template <Device D, Scalar T>
struct NormInputs {
  /// (1,1,1,C) or, gamma and beta, (N,1,1,C).
  std::optional<Operand<D, T>> rho, gamma, beta;
};

/// x (N,H,W,C); rho (1,1,1,C); gamma and beta (N,1,1,C) or (1,1,1,C). The residual, if given, has
/// x's shape. `next` is the border that the convolution that reads y wants around it: written where
/// the device writes borders. Throws ShapeError, UsageError for values of two tapes or devices.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> normalize(Var<D, T> x, const primitive::NormSpec& spec,
                                  const NormInputs<D, T>& inputs = {}, Activation activation = {},
                                  const Var<D, T>& residual = {}, const Border& next = {}) {
  using P = param_t<T>;
  D& device = x.device();
  const auto join = [&x](Tape<D>* tape) {
    if (tape != x.tape()) x = x.on(tape);
  };
  if (residual.defined()) join(common_tape("normalize", x, residual));
  for (const auto* operand : {&inputs.rho, &inputs.gamma, &inputs.beta})
    if (*operand) join((*operand)->tape_with("normalize", x));
  const Shape coefficients = x.shape().per_channel();
  Moments<D, T> moments = x.moments();
  if (!moments.mean.defined()) {
    moments = {Tensor<D, P>(device, coefficients), Tensor<D, P>(device, coefficients)};
    primitive::moments(x.value(), moments.mean, moments.m2);
  }
  const auto value_of = [](const std::optional<Operand<D, T>>& o) {
    return o ? o->value() : Tensor<D, P>();
  };
  const primitive::NormOperands<D, P> operands{moments.mean,           moments.m2,
                                               x.shape().area(),       value_of(inputs.rho),
                                               value_of(inputs.gamma), value_of(inputs.beta)};
  const Tensor<D, P> a(device, coefficients), b(device, coefficients);
  primitive::norm_coefficients(spec, operands, a, b);
  // off the tapes, an x that nobody else holds becomes y
  const Border border = primitive::border_for<D, T>(next, x.shape());
  const bool in_place = !x.tape() && border.empty() && x.value().owners() == 1;
  const Bordered<D, T> y =
      in_place ? Bordered<D, T>(x.value()) : Bordered<D, T>(device, x.shape(), border);
  primitive::affine_forward_bordered(
      x.value(), a, b, activation, residual.defined() ? residual.bordered() : Bordered<D, T>(), y);

  const auto wants = [](const std::optional<Operand<D, T>>& o) { return o && o->wants_gradient(); };
  const bool residual_wants = residual.defined() && residual.wants_gradient();
  if (!x.tape() || !(x.wants_gradient() || wants(inputs.rho) || wants(inputs.gamma) ||
                     wants(inputs.beta) || residual_wants))
    return Var<D, T>(y, x.tape(), false);

  const Gradient<D, T> dresidual = residual.defined() ? residual.gradient() : Gradient<D, T>();
  const Kept<D, T> kept = x.kept();
  auto result = x.tape()->record(
      y,
      [=, dx = x.gradient()](const auto& dy) {
        const auto input = kept.tensor();
        const Tensor<D, P> s1(input.device(), coefficients), s2(input.device(), coefficients);
        primitive::affine_backward_sums(dy, input, a, b, activation, s1, s2);
        primitive::NormGradients<D, P> gradients;
        const auto target = [&](const std::optional<Operand<D, T>>& o, Tensor<D, P>& tensor,
                                Write& write) {
          if (!wants(o)) return;
          const auto t = o->gradient_target();
          tensor = t.tensor;
          write = t.write;
        };
        target(inputs.rho, gradients.rho, gradients.rho_write);
        target(inputs.gamma, gradients.gamma, gradients.gamma_write);
        target(inputs.beta, gradients.beta, gradients.beta_write);
        const Tensor<D, P> p(input.device(), coefficients), q(input.device(), coefficients);
        primitive::norm_coefficients_backward(spec, operands, s1, s2, p, q, gradients);
        if (dx.wanted()) {
          const auto t = dresidual.wanted() ? dx.target() : dx.target_reusing(dy);
          primitive::affine_backward_data(dy, input, a, b, activation, p, q, t.tensor, t.write);
        }
        if (dresidual.wanted()) dresidual.give(dy);
      },
      inputs.rho ? inputs.rho->name() : std::string_view());
  // a recipe needs tensors: y of a chain of residuals is a recipe and a tensor by turns
  if (!kept.is_recipe() && !(residual.defined() && residual.kept().is_recipe()))
    result.set_kept(Kept<D, T>(kept.stash(), a, b, activation,
                               residual.defined() ? residual.kept().stash() : Stash<D, T>()));
  return result;
}

}  // namespace limn::inline v0
