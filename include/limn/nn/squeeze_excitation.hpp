// SPDX-License-Identifier: MIT
// Squeeze-and-excitation (Hu et al., 2018): the mean of each channel decides how much of it goes
// on.
//   y[n,h,w,c] = s[n,c] x[n,h,w,c],   s = sigmoid(W2 relu(W1 mean(x) + b1) + b2)
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "limn/nn/linear.hpp"
#include "limn/ops/elementwise.hpp"
#include "limn/ops/pooling.hpp"

namespace limn::inline v0 {

/// 1 / (1 + exp(-x)), without overflow.
struct Sigmoid {
  /// At x.
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x) const {
    const A e = std::exp(x > A(0) ? -x : x);
    return (x > A(0) ? A(1) : e) / (A(1) + e);
  }
  /// s (1 - s).
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x) const {
    const A s = (*this)(x);
    return s * (A(1) - s);
  }
};

/// x (N,H,W,channels) -> the same shape; W1 (channels / reduction, at least 1). Throws ShapeError
/// with the layer's name.
template <Device D, Scalar T = float>
struct SqueezeExcitation {
  /// W1, b1 and W2, b2.
  Linear<D, T> squeeze, excite;

  /// W1 makes channels / reduction of channels, W2 goes back.
  explicit SqueezeExcitation(Index channels, Index reduction = 16)
      : squeeze(vector_shape(channels), std::max<Index>(1, channels / reduction),
                {.bias = true, .activation = relu_activation}),
        excite(vector_shape(std::max<Index>(1, channels / reduction)), channels, {.bias = true}) {}

  /// y, as above.
  [[nodiscard]] Var<D, T> operator()(const Var<D, T>& x) {
    return scale_channels<D, T>(x, pointwise(Sigmoid{}, excite(squeeze(average_pool(x)))));
  }

  /// Names as in published codes.
  void visit(auto&& f) { f("fc1", squeeze), f("fc2", excite); }
};

}  // namespace limn::inline v0
