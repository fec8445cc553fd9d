// SPDX-License-Identifier: MIT
// Elementwise operations on their own, and sums of losses. Inside layers, activations and residuals
// are fused into what comes before.
#pragma once

#include <concepts>
#include <utility>
#include <vector>

#include "limn/autograd/tape.hpp"

namespace limn::inline v0 {

/// Pointwise functors: x -> factor x.
struct Scaled {
  double factor;  ///< rounded to the type of x when it is used
  /// factor x
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x) const {
    return static_cast<A>(factor) * x;
  }
};

/// (x, y) -> x y
struct Product {
  /// x y
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A y) const {
    return x * y;
  }
};

/// to = factor x, for a factor that lives on the device, (1,1,1,1). Not differentiable: for the
/// insides of operations.
template <Device D, Scalar P>
void scale_by(const Tensor<D, P>& factor, const Tensor<D, P>& x, const Tensor<D, P>& to) {
  primitive::map(Scaled{1}, x, to, Write::overwrite, factor);
}

/// dx (+)= dy activation'(y), from the activation's result. dx may be dy. Not differentiable.
template <Device D, Scalar T>
void activation_backward(Activation activation, const Tensor<D, T>& y, const Tensor<D, T>& dy,
                         const Tensor<D, T>& dx, Write write = Write::overwrite) {
  using Kind = Activation::Kind;
  if (activation.kind == Kind::tanh)
    return primitive::map2(ActivationBackward<Kind::tanh>{}, y, dy, dx, write);
  // all others have two slopes, to the right of 0 that of leaky ReLU
  const float slope = activation.kind == Kind::none         ? 1.0F
                      : activation.kind == Kind::leaky_relu ? activation.slope
                                                            : 0.0F;
  primitive::map2(ActivationBackward<Kind::leaky_relu>{slope}, y, dy, dx, write);
}

/// y = activation(x). Keeps y.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> activate(const Var<D, T>& x, Activation activation) {
  const Tensor<D, T> y(x.device(), x.shape());
  primitive::map(activation, x.value(), y);
  if (!x.wants_gradient()) return Var<D, T>(y, x.tape(), false);
  return x.tape()->record(y, [=, dx = x.gradient()](const auto& dy) {
    const auto target = dx.target_reusing(dy);
    activation_backward(activation, y, dy, target.tensor, target.write);
  });
}

/// y = x1 + x2. Keeps nothing.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> operator+(const Var<D, T>& x1, const Var<D, T>& x2) {
  primitive::require(x1.shape() == x2.shape(), "add", "summands must have one shape", x1.shape(),
                     x2.shape());
  Tape<D>* tape = common_tape("add", x1, x2);
  const Tensor<D, T> y(x1.device(), x1.shape());
  primitive::copy(x1.value(), y);
  primitive::copy(x2.value(), y, Write::accumulate);
  if (!x1.wants_gradient() && !x2.wants_gradient()) return Var<D, T>(y, tape, false);
  return tape->record(y, [d1 = x1.gradient(), d2 = x2.gradient()](const auto& dy) {
    if (d1.wanted()) {
      const auto target = d1.target();
      primitive::copy(dy, target.tensor, target.write);
    }
    if (d2.wanted()) d2.give(dy);
  });
}

/// y = factor x. Keeps nothing.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> operator*(double factor, const Var<D, T>& x) {
  const Tensor<D, T> y(x.device(), x.shape());
  primitive::map(Scaled{factor}, x.value(), y);
  if (!x.wants_gradient()) return Var<D, T>(y, x.tape(), false);
  return x.tape()->record(y, [factor, dx = x.gradient()](const auto& dy) {
    const auto target = dx.target_reusing(dy);
    primitive::map(Scaled{factor}, dy, target.tensor, target.write);
  });
}

/// x in param_t<T>: what normalizations take gamma and beta in. No operation where T is that type
/// already.
template <Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> widen(const Var<D, T>& x) {
  if constexpr (std::same_as<T, param_t<T>>) {
    return x;
  } else {
    const Tensor<D, param_t<T>> y(x.device(), x.shape());
    primitive::cast(x.value(), y);
    if (!x.wants_gradient()) return Var<D, param_t<T>>(y, x.tape(), false);
    return x.tape()->record(y, [dx = x.gradient()](const auto& dy) {
      const Tensor<D, T> narrow(dy.device(), dy.shape());
      primitive::cast(dy, narrow);
      dx.give(narrow);
    });
  }
}

/// x as an activation of type T: for what is kept in factors. No operation where it is one already.
template <Scalar T, Device D>
[[nodiscard]] Var<D, T> narrow(const Var<D, param_t<T>>& x) {
  if constexpr (std::same_as<T, param_t<T>>) {
    return x;
  } else {
    const Tensor<D, T> y(x.device(), x.shape());
    primitive::cast(x.value(), y);
    if (!x.wants_gradient()) return Var<D, T>(y, x.tape(), false);
    return x.tape()->record(y, [dx = x.gradient()](const auto& dy) {
      const Tensor<D, param_t<T>> wide(dy.device(), dy.shape());
      primitive::cast(dy, wide);
      dx.give(wide);
    });
  }
}

/// A loss and its lambda.
template <Device D, Scalar P>
using Weighted = std::pair<double, Var<D, P>>;

/// The sum of lambda_i loss_i over losses of one value each. Terms that want no gradient only add
/// to the value.
template <Device D, Scalar P>
[[nodiscard]] Var<D, P> weighted_sum(const std::vector<Weighted<D, P>>& terms) {
  if (terms.empty()) throw ShapeError("[weighted_sum] needs at least one term");
  const Tensor<D, P> y(terms.front().second.device(), scalar_shape());
  Tape<D>* tape = nullptr;
  const Var<D, P>* first = &terms.front().second;  // that is on a tape, once there is one
  std::vector<std::pair<double, Gradient<D, P>>> gradients;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto& [lambda, loss] = terms[i];
    primitive::require(loss.shape() == scalar_shape(), "weighted_sum",
                       "each term must be one value", loss.shape(), scalar_shape());
    if (!first->tape()) first = &loss;
    tape = common_tape("weighted_sum", *first, loss);
    primitive::map(Scaled{lambda}, loss.value(), y, i == 0 ? Write::overwrite : Write::accumulate);
    if (loss.wants_gradient()) gradients.emplace_back(lambda, loss.gradient());
  }
  if (gradients.empty()) return Var<D, P>(y, tape, false);
  return tape->record(y, [gradients = std::move(gradients)](const auto& dy) {
    for (const auto& [lambda, gradient] : gradients) {
      const auto target = gradient.target();
      primitive::map(Scaled{lambda}, dy, target.tensor, target.write);
    }
  });
}

}  // namespace limn::inline v0
