// SPDX-License-Identifier: MIT
// Losses: means over all elements, one value each, in param_t<T>. U-GAT-IT (Kim et al., 2020)
// section 2.2: least squares for the adversarial terms, L1 for cycle and identity, binary cross
// entropy for the class activation maps.
#pragma once

#include <cmath>
#include <concepts>

#include "limn/autograd/tape.hpp"

namespace limn::inline v0 {

/// Pointwise functors: a loss l(x, t) of a prediction x and a target t, and its derivative with
/// respect to x.
struct LeastSquares {
  /// (x - t)^2
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A t) const {
    return (x - t) * (x - t);
  }
  /// 2 (x - t)
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x, A t) const {
    return A(2) * (x - t);
  }
};
/// L1.
struct AbsoluteError {
  /// |x - t|
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A t) const {
    return std::abs(x - t);  // no branch: half of its predictions would fail
  }
  /// sign(x - t), 0 where they are equal
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x, A t) const {
    return x > t ? A(1) : x < t ? A(-1) : A(0);
  }
};
/// log(1 + exp(x)) - t x, without overflow.
struct CrossEntropyWithLogits {
  /// log(1 + exp(x)) - t x
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A t) const {
    const A size = x > A(0) ? x : -x;
    return (x > A(0) ? x : A(0)) - t * x + std::log1p(std::exp(-size));
  }
  /// s(x) - t, s the logistic function.
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x, A t) const {
    const A e = std::exp(x > A(0) ? -x : x);
    return (x > A(0) ? A(1) : e) / (A(1) + e) - t;
  }
};

/// A pointwise loss l(x, t) with its derivative with respect to x, in double.
template <class F>
concept PointwiseLoss = requires(const F f, double x, double t) {
  { f(x, t) } -> std::convertible_to<double>;
  { f.derivative(x, t) } -> std::convertible_to<double>;
};

/// A loss against one target value for all elements.
template <class Loss>
struct Against {
  static_assert(PointwiseLoss<Loss>,
                "limn: what is taken Against a target must be a pointwise loss, with operator()(x, "
                "t) and derivative(x, t), which take and give a number");
  Loss loss;      ///< of each element
  double target;  ///< in place of the target that it is called with
  /// loss(x, target); its own second argument is ignored.
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A) const {
    return loss(x, static_cast<A>(target));
  }
  /// Its derivative with respect to x.
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x, A) const {
    return loss.derivative(x, static_cast<A>(target));
  }
};

namespace detail {

template <class Loss>
struct MeanBackward {
  Loss loss;
  double factor;
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A t) const {
    return static_cast<A>(factor) * loss.derivative(x, t);
  }
};

}  // namespace detail

/// Mean over all elements of loss(x, t), for any pointwise loss with a derivative. t is a constant
/// of x's shape.
template <class Loss, Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> mean_loss(Loss loss, const Var<D, T>& x, const Tensor<D, T>& t) {
  using P = param_t<T>;
  static_assert(
      PointwiseLoss<Loss>,
      "limn: a pointwise loss needs operator()(x, t) and derivative(x, t), which take and "
      "give a number");
  const double factor = 1.0 / static_cast<double>(x.shape().size());
  const Tensor<D, P> value(x.device(), scalar_shape());
  primitive::map_reduce(loss, x.value(), t, factor, value);
  if (!x.wants_gradient()) return Var<D, P>(value, x.tape(), false);
  return x.tape()->record(value, [=, dx = x.gradient(), input = x.value()](const Tensor<D, P>& dy) {
    const auto target = dx.target();
    primitive::map2(detail::MeanBackward<Loss>{loss, factor}, input, t, target.tensor, target.write,
                    dy);
  });
}

/// mean (x - target)^2 (Mao et al., 2017): discriminators aim at 1 for real and 0 for fake,
/// generators at 1.
template <Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> least_squares(const Var<D, T>& x, double target) {
  return mean_loss(Against<LeastSquares>{{}, target}, x, x.value());
}

/// mean |x - t|: cycle and identity.
template <Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> l1(const Var<D, T>& x, const Tensor<D, T>& t) {
  return mean_loss(AbsoluteError{}, x, t);
}

/// mean of log(1 + exp(x)) - target x: binary cross entropy of logits against 0 or 1.
template <Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> cross_entropy_with_logits(const Var<D, T>& x, double target) {
  return mean_loss(Against<CrossEntropyWithLogits>{{}, target}, x, x.value());
}

}  // namespace limn::inline v0
