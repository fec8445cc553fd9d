// SPDX-License-Identifier: MIT
// Primitive group "optimizer": single linear passes over flat parameter buffers.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

#include "limn/core/primitives/common.hpp"

namespace limn::inline v0::primitive {

/// Adam (Kingma and Ba, 2015) with L2 weight decay added to the gradient, as torch.optim.Adam; the
/// t-th step is
///   g += decay w;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
///   w -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + epsilon),
/// or, with epsilon before the correction of v (the paper's "epsilon hat", tf.train.AdamOptimizer),
///   w -= lr sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon).
/// This is what stays from step to step; the rest is AdamRates.
struct AdamRule {
  /// As the formula names them: b1, b2, epsilon, decay.
  double beta1 = 0.5, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool epsilon_hat = false;  ///< the second form
};

/// The factors of Adam that every step changes. They reach the device as a tensor `rates` of three
/// values, so that a step that was captured once can be replayed with new ones.
struct AdamRates {
  double step_size = 0;            ///< what m is multiplied by: lr / (1 - b1^t)
  double second_moment_scale = 0;  ///< what sqrt(v) is multiplied by: 1 / sqrt(1 - b2^t)
  double average_rate = 0;         ///< 1 - decay of the average, where one is kept

  /// In the order of the tensor.
  template <class P>
  [[nodiscard]] constexpr std::array<P, 3> values() const {
    return {static_cast<P>(step_size), static_cast<P>(second_moment_scale),
            static_cast<P>(average_rate)};
  }
};
/// Shape of the tensor `rates`.
[[nodiscard]] constexpr Shape adam_rates_shape() { return vector_shape(3); }

/// Of the t-th step, from 1.
[[nodiscard]] inline AdamRates adam_rates(const AdamRule& rule, double learning_rate,
                                          std::int64_t t, double average_decay = 1) {
  const auto power = static_cast<double>(t);
  const double step_size = learning_rate / (1 - std::pow(rule.beta1, power)),
               correction = std::sqrt(1 - std::pow(rule.beta2, power));
  if (rule.epsilon_hat) return {step_size * correction, 1, 1 - average_decay};
  return {step_size, 1 / correction, 1 - average_decay};
}

/// An interval that values are kept in.
struct Bounds {
  /// Both ends belong to it.
  double low = 0, high = 0;
  /// Compares both.
  friend bool operator==(const Bounds&, const Bounds&) = default;
};

/// What a step of Adam may do to the weights besides, in the same pass, in this order:
///   w = min(max(w, low), high);  average += average_rate (w - average).
template <Device D, Scalar P>
struct AdamExtras {
  Tensor<D, P> average{};          ///< of w's size; undefined: none is kept
  std::optional<Bounds> bounds{};  ///< where w is kept; none: anywhere
};

/// The gradient of a linear layer's weights (O, I), never formed: sum over samples of dy x^T.
template <Device D, Scalar T>
struct Factors {
  Tensor<D, T> x;   ///< (N, I)
  Tensor<D, T> dy;  ///< (N, O)
};

/// A device specializes this: adam, sum_squares, all_finite.
template <Device D, Scalar P>
struct Optimizer;

/// A device specializes this: adam_outer for activations T.
template <Device D, Scalar T>
struct OuterOptimizer;

/// What every form of Adam asks of its operands; throws ShapeError.
template <Device D, Scalar P>
void check_adam(const char* where, const Tensor<D, P>& rates, const Tensor<D, P>& w,
                const Tensor<D, P>& m, const Tensor<D, P>& v, const AdamExtras<D, P>& extras) {
  require(rates.shape() == adam_rates_shape(), where,
          "rates must be step size, scale of the second moment and rate of the average",
          rates.shape(), w.shape());
  require(w.size() == m.size() && w.size() == v.size(), where,
          "weights and moments must have one size", w.shape(), m.shape());
  require(!extras.average.defined() || extras.average.size() == w.size(), where,
          "weights and their average must have one size", w.shape(), extras.average.shape());
}

/// One step. All of one flat size: weights, gradient, both moments; rates (1,1,1,3) as AdamRates.
template <Device D, Scalar P>
void adam(const AdamRule& rule, const Tensor<D, P>& rates, const Tensor<D, P>& w,
          const Tensor<D, P>& gradient, const Tensor<D, P>& m, const Tensor<D, P>& v,
          const AdamExtras<D, P>& extras = {}) {
  check_adam("adam", rates, w, m, v, extras);
  require(w.size() == gradient.size(), "adam", "weights and gradient must have one size", w.shape(),
          gradient.shape());
  const auto& average = extras.average;
  if (begin(w.device(), traffic(rates, w, w, gradient, m, m, v, v, average, average)))
    Optimizer<D, P>::adam(w.device(), rule, rates, w, gradient, m, v, extras);
}

/// Adam where the gradient of w (O, I) is the sum of outer products dy^T x of all factors.
template <Device D, Scalar T>
void adam_outer(const AdamRule& rule, const Tensor<D, param_t<T>>& rates,
                const Tensor<D, param_t<T>>& w, std::span<const Factors<D, T>> factors,
                const Tensor<D, param_t<T>>& m, const Tensor<D, param_t<T>>& v,
                const AdamExtras<D, param_t<T>>& extras = {}) {
  check_adam("adam_outer", rates, w, m, v, extras);
  Index samples = 0;
  for (const auto& f : factors) {
    require(f.x.shape().sample() == w.shape().sample() && f.dy.shape().sample() == w.shape().n &&
                f.x.shape().n == f.dy.shape().n,
            "adam_outer", "factors must be x (N,I) and dy (N,O) of weights (O,I)", f.x.shape(),
            w.shape());
    samples += f.x.shape().n;
  }
  const auto& average = extras.average;
  if (begin(w.device(), traffic(rates, w, w, m, m, v, v, average, average), samples * w.size()))
    OuterOptimizer<D, T>::adam_outer(w.device(), rule, rates, w, factors, m, v, extras);
}

/// y = sum of x^2, one value, in a fixed order.
template <Device D, Scalar P>
void sum_squares(const Tensor<D, P>& x, const Tensor<D, P>& y) {
  require(y.shape() == scalar_shape(), "sum_squares", "the result is one value", x.shape(),
          y.shape());
  D& device = x.device();
  const auto scratch = workspace(device, Optimizer<D, P>::reduce_workspace(device, x.size()));
  if (begin(device, traffic(x))) Optimizer<D, P>::sum_squares(device, x, y, scratch);
}

/// y = 1 if every value is finite, else 0; one value. By bits, also under -ffast-math.
template <Device D, Scalar P>
void all_finite(const Tensor<D, P>& x, const Tensor<D, P>& y) {
  require(y.shape() == scalar_shape(), "all_finite", "the result is one value", x.shape(),
          y.shape());
  D& device = x.device();
  const auto scratch = workspace(device, Optimizer<D, P>::reduce_workspace(device, x.size()));
  if (begin(device, traffic(x))) Optimizer<D, P>::all_finite(device, x, y, scratch);
}

}  // namespace limn::inline v0::primitive
