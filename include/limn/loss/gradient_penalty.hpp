// SPDX-License-Identifier: MIT
// Gradient penalties of a discriminator D: its output must not change too fast. With the norm
// n_i = |d sum D / d x_i| of each sample's gradient, over all its pixels and channels,
//   penalty = mean_i f(n_i^2)
//   f = (n - 1)^2           WGAN-GP (Gulrajani et al., 2017), DRAGAN
//       max(0, n - 1)^2     WGAN-LP (Petzka et al., 2018)
//       n^2                 R1, with lambda = gamma / 2 (Mescheder, 2018)
// The pictures x are real ones mixed with made ones (WGAN), with distorted ones (DRAGAN, Kodali et
// al., 2017), or real ones alone (R1). The published TensorFlow code of U-GAT-IT has lambda 10 and
// one penalty for a discriminator's map and one for its CAM logits.
//
// The weights' gradient is a second derivative, which needs no backward of a backward: with
// c_i = 2 f'(n_i^2) / N held fixed,  d penalty = sum_i c_i <g_i, d g_i>,  and  sum_i <c_i g_i, d
// g_i> is the change of the tangent of sum D along c_i g_i (dual.hpp), whose ordinary backward it
// is.
#pragma once

#include <cmath>
#include <cstddef>

#include "limn/loss/losses.hpp"
#include "limn/nn/layer.hpp"
#include "limn/nn/parameter_set.hpp"
#include "limn/nn/spectral_convolution.hpp"
#include "limn/ops/dual.hpp"

namespace limn::inline v0 {

/// f of q = n^2, and `slope`, 2 f'(q). A norm of 0 has no direction: it pulls nowhere.
struct UnitGradient {
  /// (n - 1)^2
  template <class A>
  LIMN_HOST_DEVICE A operator()(A q) const {
    const A over = std::sqrt(q) - A(1);
    return over * over;
  }
  /// 2 (n - 1) / n
  template <class A>
  LIMN_HOST_DEVICE A slope(A q) const {
    return q > A(0) ? A(2) * (A(1) - A(1) / std::sqrt(q)) : A(0);
  }
};
/// The same for norms above 1 alone: WGAN-LP.
struct AtMostUnitGradient {
  /// max(0, n - 1)^2
  template <class A>
  LIMN_HOST_DEVICE A operator()(A q) const {
    return q > A(1) ? UnitGradient{}(q) : A(0);
  }
  /// 2 (n - 1) / n above 1, 0 below.
  template <class A>
  LIMN_HOST_DEVICE A slope(A q) const {
    return q > A(1) ? UnitGradient{}.slope(q) : A(0);
  }
};
/// f of R1.
struct ZeroGradient {
  /// n^2
  template <class A>
  LIMN_HOST_DEVICE A operator()(A q) const {
    return q;
  }
  /// 2
  template <class A>
  LIMN_HOST_DEVICE A slope(A) const {
    return A(2);
  }
};

namespace detail {

/// l(x, t) = x: a mean_loss of it is the mean.
struct Itself {
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A) const {
    return x;
  }
  template <class A>
  LIMN_HOST_DEVICE A derivative(A, A) const {
    return A(1);
  }
};
template <class F>
struct Slope {
  F f;
  template <class A>
  LIMN_HOST_DEVICE A operator()(A q) const {
    return f.slope(q);
  }
};
struct OneMinus {
  template <class A>
  LIMN_HOST_DEVICE A operator()(A a) const {
    return A(1) - a;
  }
};

template <Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> sum(const Var<D, T>& x) {
  return static_cast<double>(x.shape().size()) * mean_loss(Itself{}, x, x.value());
}

/// to_i = factor_i x_i for each sample i; factor (N,1,1,1).
template <Device D, Scalar T>
void scale_samples(const Tensor<D, param_t<T>>& factor, const Tensor<D, T>& x,
                   const Tensor<D, T>& to, Write write = Write::overwrite) {
  for (Index i = 0; i < x.shape().n; ++i)
    primitive::map(Scaled{1}, x.samples(i, 1), to.samples(i, 1), write, factor.samples(i, 1));
}

}  // namespace detail

/// a_i first_i + (1 - a_i) second_i for each sample i, a (N,1,1,1). Throws ShapeError.
template <Device D, Scalar T>
[[nodiscard]] Tensor<D, T> mix_samples(const Tensor<D, param_t<T>>& a, const Tensor<D, T>& first,
                                       const Tensor<D, T>& second) {
  primitive::require(first.shape() == second.shape(), "mix_samples",
                     "pictures that are mixed must have one shape", first.shape(), second.shape());
  primitive::require(a.shape() == Shape{first.shape().n, 1, 1, 1}, "mix_samples",
                     "one share per sample, (N,1,1,1)", a.shape(), first.shape());
  Tensor<D, T> mixed(first.device(), first.shape());
  const Tensor<D, param_t<T>> rest(first.device(), a.shape());
  primitive::map(detail::OneMinus{}, a, rest);
  detail::scale_samples<D, T>(a, first, mixed);
  detail::scale_samples<D, T>(rest, second, mixed, Write::accumulate);
  return mixed;
}

namespace detail {

/// `first` and `last`: what the power iterations of the first and the last pass over x do.
template <class F, Device D, Scalar T, class Critic>
void penalize_output(F f, double lambda, ParameterSet<D, T>& parameters, const Tensor<D, T>& x,
                     Critic& critic, PowerIteration first, PowerIteration last,
                     const Tensor<D, param_t<T>>& penalty) {
  using P = param_t<T>;
  D& device = x.device();
  const Index samples = x.shape().n;
  Tensor<D, T> direction;  // first the gradient
  {
    const auto frozen = parameters.freeze();
    Tape<D> tape;
    const auto input = tape.input(x);
    tape.backward(sum(critic(input, first)));
    direction = input.gradient().tensor();
  }
  const Tensor<D, P> squares(device, {samples, 1, 1, 1}), c(device, squares.shape());
  for (Index i = 0; i < samples; ++i)
    primitive::map_reduce(Product{}, direction.samples(i, 1), direction.samples(i, 1), 1,
                          squares.samples(i, 1));
  primitive::map(Slope<F>{f}, squares, c);
  primitive::map(Scaled{lambda / static_cast<double>(samples)}, c, c);
  scale_samples<D, T>(c, direction, direction);
  primitive::map(f, squares, squares);
  primitive::map(Scaled{1 / static_cast<double>(samples)}, squares, squares);
  primitive::reduce(primitive::all_axes, squares, penalty, Write::accumulate);

  Tape<D> tape;
  const Dual<D, T> dual{tape.constant(x), tape.constant(direction)};
  tape.backward(sum(critic(dual, last).tangent));
}

}  // namespace detail

/// A discriminator's output whose gradient can be penalized, as a network or a lambda around one:
///   critic(x, how)    logits of any shape, a Var for a Var and a Dual for a Dual (ops/dual.hpp)
/// how: for the Passes of its spectral normalization; without one it is not used.
template <class C, class D, class T>
concept DiscriminatorOf = requires(C& critic, const Var<D, T>& x, const Dual<D, T>& dual) {
  { critic(x, PowerIteration::run) } -> AnyVar;
  { critic(dual, PowerIteration::run).tangent } -> AnyVar;
};

/// Adds lambda times the gradient of the penalties of a network's outputs to the gradients of its
/// `parameters`, and returns the sum of the penalties without lambda, one value. Each
/// `critic(x, how)` applies the network to a Var or a Dual and gives one output, of any shape; how:
/// for the Passes of its spectral normalization, which makes one power iteration in all. x may be a
/// part of a batch: `iteration` then says what is done for all of its parts. Throws what the
/// critics throw.
template <class F, Device D, Scalar T, class... Critics>
requires(sizeof...(Critics) > 0) [[nodiscard]] Tensor<D, param_t<T>> penalize_gradient_of_part(
    F f, double lambda, ParameterSet<D, T>& parameters, const Tensor<D, T>& x,
    PowerIteration iteration, Critics&&... critics) {
  using enum PowerIteration;
  static_assert((DiscriminatorOf<Critics, D, T> && ...),
                "limn: a discriminator under a gradient penalty needs operator()(x, how), which "
                "gives a Var for a Var and a Dual for a Dual: a template of x's type whose layers "
                "take both");
  const bool begins = iteration == run || iteration == hold;
  const bool ends = iteration == run || iteration == finish;
  Tensor<D, param_t<T>> penalty(x.device(), scalar_shape());
  primitive::fill(penalty, param_t<T>(0));
  std::size_t done = 0;
  const auto one = [&](auto& critic) {
    const auto first = done == 0 && begins ? hold : use;
    ++done;
    const auto last = done == sizeof...(critics) && ends ? finish : use;
    detail::penalize_output(f, lambda, parameters, x, critic, first, last, penalty);
  };
  if constexpr ((DiscriminatorOf<Critics, D, T> && ...)) (one(critics), ...);
  return penalty;
}

/// The same for a whole batch.
template <class F, Device D, Scalar T, class... Critics>
requires(sizeof...(Critics) > 0)
    [[nodiscard]] Tensor<D, param_t<T>> penalize_gradient(F f, double lambda,
                                                          ParameterSet<D, T>& parameters,
                                                          const Tensor<D, T>& x,
                                                          Critics&&... critics) {
  return penalize_gradient_of_part(f, lambda, parameters, x, PowerIteration::run, critics...);
}

}  // namespace limn::inline v0
