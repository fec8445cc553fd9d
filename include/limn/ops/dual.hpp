// SPDX-License-Identifier: MIT
// Dual: a value and its tangent, the derivative of the value along one direction of the network's
// input. Operations and layers on a Dual compute both, and both are recorded on the tape like any
// other value: the backward of a tangent is a second derivative.
//   A network whose call is a template of its input's type takes a Var and a Dual:
//     template <class X> auto operator()(const X& image) { return last(first(image)); }
//   An operation without a tangent form does not compile with a Dual. An own one is a function on
//   Dual beside that on Var: the derivative of the operation, made of differentiable operations.
#pragma once

#include <type_traits>
#include <utility>

#include "limn/nn/parameter.hpp"
#include "limn/ops/batch.hpp"
#include "limn/ops/cam.hpp"
#include "limn/ops/pointwise.hpp"
#include "limn/ops/pooling.hpp"
#include "limn/ops/reshape.hpp"

namespace limn::inline v0 {

/// A value and its tangent: Vars of one shape.
template <Device D, Scalar T>
struct Dual {
  Var<D, T> value, tangent;  ///< of one shape

  /// Of both.
  [[nodiscard]] const Shape& shape() const { return value.shape(); }
  /// Of both.
  [[nodiscard]] D& device() const { return value.device(); }
  /// That the tangent is on.
  [[nodiscard]] Tape<D>* tape() const { return tangent.tape(); }
};

/// (y, t) -> -2 y t: what the slope of tanh, 1 - y^2, gives to y.
struct TanhSlopeGradient {
  /// -2 y t
  template <class A>
  LIMN_HOST_DEVICE A operator()(A y, A t) const {
    return A(-2) * y * t;
  }
};

/// dy = f'(x) dx, from y = f(x) and dx; differentiable in both, as far as f' is not constant.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> activation_tangent(Activation activation, const Var<D, T>& y,
                                           const Var<D, T>& dx) {
  if (activation == identity_activation) return dx;
  Tape<D>* tape = common_tape("activation_tangent", y, dx);
  const Tensor<D, T> t(dx.device(), dx.shape());
  const Tensor<D, T>& at = y.value();
  activation_backward(activation, at, dx.value(), t);
  const bool curved = activation.kind == Activation::Kind::tanh && y.wants_gradient();
  if (!dx.wants_gradient() && !curved) return Var<D, T>(t, tape, false);
  return tape->record(
      t, [=, to_y = y.gradient(), to_dx = dx.gradient(), along = dx.value()](const auto& dt) {
        if (curved) {
          const Tensor<D, T> bent(dt.device(), dt.shape());
          primitive::map2(TanhSlopeGradient{}, at, along, bent);
          const auto target = to_y.target();
          primitive::map2(Product{}, bent, dt, target.tensor, target.write);
        }
        if (!to_dx.wanted()) return;
        const auto target = to_dx.target();
        activation_backward(activation, at, dt, target.tensor, target.write);
      });
}

/// y = f(x), dy = f'(x) dx.
template <Device D, Scalar T>
[[nodiscard]] Dual<D, T> activate(const Dual<D, T>& x, Activation activation) {
  const auto y = activate(x.value, activation);
  return {y, activation_tangent(activation, y, x.tangent)};
}

/// The sum of values, and that of tangents.
template <Device D, Scalar T>
[[nodiscard]] Dual<D, T> operator+(const Dual<D, T>& x1, const Dual<D, T>& x2) {
  return {x1.value + x2.value, x1.tangent + x2.tangent};
}
/// Both times a constant.
template <Device D, Scalar T>
[[nodiscard]] Dual<D, T> operator*(double factor, const Dual<D, T>& x) {
  return {factor * x.value, factor * x.tangent};
}

/// Both in another shape of the same size.
template <Device D, Scalar T>
[[nodiscard]] Dual<D, T> reshape(const Dual<D, T>& x, const Shape& shape) {
  return {reshape(x.value, shape), reshape(x.tangent, shape)};
}
/// Both joined along the channels, (N,H,W,C1 + C2).
template <Device D, Scalar T>
[[nodiscard]] Dual<D, T> join_channels(const Dual<D, T>& first, const Dual<D, T>& second) {
  return {join_channels(first.value, second.value), join_channels(first.tangent, second.tangent)};
}
/// Both joined along the samples, (N1 + N2,H,W,C).
template <Device D, Scalar T>
[[nodiscard]] Dual<D, T> join_samples(const Dual<D, T>& first, const Dual<D, T>& second) {
  return {join_samples(first.value, second.value), join_samples(first.tangent, second.tangent)};
}

/// Both averaged in bins x bins bins, (N,bins,bins,C).
template <Device D, Scalar T>
[[nodiscard]] std::pair<Dual<D, T>, Dual<D, T>> split_samples(const Dual<D, T>& x, Index count) {
  const auto values = split_samples(x.value, count), tangents = split_samples(x.tangent, count);
  return {{values.first, tangents.first}, {values.second, tangents.second}};
}

/// Means over bins x bins parts: linear, so of value and tangent alike.
template <Device D, Scalar T>
[[nodiscard]] Dual<D, param_t<T>> average_pool(const Dual<D, T>& x, Index bins = 1) {
  return {average_pool(x.value, bins), average_pool(x.tangent, bins)};
}

/// The maximum of all pixels, and the tangent there. Global pooling only.
template <Device D, Scalar T>
[[nodiscard]] Dual<D, param_t<T>> max_pool(const Dual<D, T>& x) {
  using P = param_t<T>;
  D& device = x.device();
  const Tensor<D, P> y(device, x.shape().per_channel()), one(device, y.shape()),
      t(device, y.shape());
  const Tensor<D, std::int32_t> index(device, y.shape());
  primitive::pool_max(x.value.value(), y, index);
  // the tangent times 1 at the maximum and 0 elsewhere, summed
  const Tensor<D, T> there(device, x.shape());
  primitive::fill(one, P(1));
  primitive::pool_max_backward(one, index, there, Write::overwrite);
  primitive::map2(Product{}, x.tangent.value(), there, there);
  primitive::reduce(primitive::positions, there, t);
  const auto pooled = [&](const Tensor<D, P>& result, const Var<D, T>& from) {
    if (!from.wants_gradient()) return Var<D, P>(result, from.tape(), false);
    return from.tape()->record(result, [index, to = from.gradient()](const auto& dy) {
      const auto target = to.target();
      primitive::pool_max_backward(dy, index, target.tensor, target.write);
    });
  };
  return {pooled(y, x.value), pooled(t, x.tangent)};
}

/// y = activation(W [x w_avg, x w_max] + b): linear in x but for the activation.
template <Device D, Scalar T>
[[nodiscard]] Dual<D, T> attend_features(const Dual<D, T>& x,
                                         const std::type_identity_t<Operand<D, T>>& w_average,
                                         const std::type_identity_t<Operand<D, T>>& w_maximum,
                                         Parameter<D, T>& weights, Parameter<D, T>* bias,
                                         Activation activation) {
  const auto y = attend_features(x.value, w_average, w_maximum, weights, bias, activation);
  const auto t = attend_features<D, T>(x.tangent, w_average, w_maximum, weights, nullptr, {});
  return {y, activation_tangent(activation, y, t)};
}

}  // namespace limn::inline v0
