// SPDX-License-Identifier: MIT
// Primitive group "optimizer": single linear passes over flat parameter buffers.
#pragma once

#include <cmath>
#include <span>

#include "limn/core/primitives/common.hpp"

namespace limn::inline v0::primitive {

/// One step of Adam (Kingma and Ba, 2015) with L2 weight decay added to the gradient, as
/// torch.optim.Adam:
///   g += decay w;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
///   w -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + epsilon).
struct AdamStep {
  double learning_rate = 1e-4, beta1 = 0.5, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  std::int64_t step = 1;  ///< t, from 1

  [[nodiscard]] double step_size() const {
    return learning_rate / (1 - std::pow(beta1, static_cast<double>(step)));
  }
  [[nodiscard]] double second_moment_scale() const {
    return 1 / std::sqrt(1 - std::pow(beta2, static_cast<double>(step)));
  }
};

/// The gradient of a linear layer's weights (O, I), never formed: sum over samples of dy x^T.
template <Device D, Scalar T>
struct Factors {
  Tensor<D, T> x;   ///< (N, I)
  Tensor<D, T> dy;  ///< (N, O)
};

/// A device specializes this: adam, ema, clamp, sum_squares, all_finite.
template <Device D, Scalar P>
struct Optimizer;

/// A device specializes this: adam_outer for activations T.
template <Device D, Scalar T>
struct OuterOptimizer;

/// All of one flat size: weights, gradient, both moments.
template <Device D, Scalar P>
void adam(const AdamStep& step, const Tensor<D, P>& w, const Tensor<D, P>& gradient,
          const Tensor<D, P>& m, const Tensor<D, P>& v) {
  require(w.size() == gradient.size() && w.size() == m.size() && w.size() == v.size(), "adam",
          "weights, gradient and moments must have one size", w.shape(), gradient.shape());
  if (begin(w.device(), traffic(w, w, gradient, m, m, v, v)))
    Optimizer<D, P>::adam(w.device(), step, w, gradient, m, v);
}

/// Adam where the gradient of w (O, I) is the sum of outer products dy^T x of all factors.
template <Device D, Scalar T>
void adam_outer(const AdamStep& step, const Tensor<D, param_t<T>>& w,
                std::span<const Factors<D, T>> factors, const Tensor<D, param_t<T>>& m,
                const Tensor<D, param_t<T>>& v) {
  require(w.size() == m.size() && w.size() == v.size(), "adam_outer",
          "weights and moments must have one size", w.shape(), m.shape());
  Index samples = 0;
  for (const auto& f : factors) {
    require(f.x.shape().sample() == w.shape().sample() && f.dy.shape().sample() == w.shape().n &&
                f.x.shape().n == f.dy.shape().n,
            "adam_outer", "factors must be x (N,I) and dy (N,O) of weights (O,I)", f.x.shape(),
            w.shape());
    samples += f.x.shape().n;
  }
  if (begin(w.device(), traffic(w, w, m, m, v, v), samples * w.size()))
    OuterOptimizer<D, T>::adam_outer(w.device(), step, w, factors, m, v);
}

/// average = decay average + (1 - decay) w.
template <Device D, Scalar P>
void ema(double decay, const Tensor<D, P>& w, const Tensor<D, P>& average) {
  require(w.size() == average.size(), "ema", "sizes must be equal", w.shape(), average.shape());
  if (begin(w.device(), traffic(w, average, average)))
    Optimizer<D, P>::ema(w.device(), decay, w, average);
}

/// x = min(max(x, low), high).
template <Device D, Scalar P>
void clamp(const Tensor<D, P>& x, double low, double high) {
  if (begin(x.device(), traffic(x, x))) Optimizer<D, P>::clamp(x.device(), x, low, high);
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
