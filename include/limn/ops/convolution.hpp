// SPDX-License-Identifier: MIT
// convolution: y = activation(W * x + b), padding by addressing.
//   backward: g = dy activation'(y);  dW = g x^T per tap;  db = sum g;  dx = the transposed
//   convolution of g. keeps: x or its recipe, and y where there is an
//   activation.
// Where what made x wrote this convolution's border around it, it is read as it lies.
#pragma once

#include <type_traits>

#include "limn/nn/parameter.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn::inline v0 {

/// Whether a convolution also leaves the moments of its result for a normalization that follows.
enum class WithMoments : bool { no, yes };

/// The convolution as it is computed on x in memory: without a padding where the border is there.
template <Device D, Scalar T>
struct ConvolutionInput {
  ConvGeometry geometry;  ///< without padding where x has the border
  Tensor<D, T> x;         ///< (N,H,W,C) in memory, its border included

  /// Of a map that may have a border: if it has one, it is this convolution's.
  ConvolutionInput(const ConvGeometry& g, const Bordered<D, T>& in_memory)
      : geometry(in_memory.border.empty() ? g : g.within()), x(in_memory.tensor) {}
  /// Of a value: in its border, if that is this convolution's, else alone.
  ConvolutionInput(const ConvGeometry& g, const Var<D, T>& value)
      : ConvolutionInput(g, value.bordered().border == g.border() ? value.bordered()
                                                                  : Bordered<D, T>(value.value())) {
  }
  /// Of what was kept, likewise.
  ConvolutionInput(const ConvGeometry& g, const Kept<D, T>& kept)
      : ConvolutionInput(g, kept.bordered(g.border())) {}
};

/// What the gradient dy of a convolution's raw result gives to its weights, where `input` is kept
/// for them, and to its input, where that wants a gradient.
template <Device D, Scalar T, class Weights>
void convolution_backward(const ConvGeometry& geometry, const Tensor<D, T>& dy,
                          const Kept<D, T>& input, bool learn_weights, Weights& weights,
                          const Gradient<D, T>& dx) {
  if (learn_weights) {
    const ConvolutionInput<D, T> seen(geometry, input);
    primitive::conv_backward_weights(seen.geometry, seen.x, dy, weights.gradient,
                                     Write::accumulate);
  }
  if (dx.wanted()) {
    const auto target = dx.target();
    primitive::conv_backward_data(geometry, dy, weights.value, target.tensor, target.write);
  }
}

/// x (N,H,W,I), weights (O,k,k,I), bias (1,1,1,O) or null. Throws ShapeError.
template <Device D, Scalar U, Scalar T>
requires ActivationOf<U, T>
[[nodiscard]] Var<D, U> convolution(const Var<D, U>& x, Parameter<D, T>& weights,
                                    std::type_identity_t<Parameter<D, T>>* bias,
                                    const ConvGeometry& geometry, Activation activation = {},
                                    WithMoments with_moments = WithMoments::no) {
  weights.require_device_of(x);
  D& device = x.device();
  Tensor<D, U> y(device, geometry.output(x.shape(), weights.shape, weights.name.c_str()));
  Moments<D, U> moments;
  if (with_moments == WithMoments::yes) {
    moments.mean = Tensor<D, param_t<T>>(device, y.shape().per_channel());
    moments.m2 = Tensor<D, param_t<T>>(device, y.shape().per_channel());
  }
  const ConvolutionInput<D, U> seen(geometry, x);
  primitive::conv_forward<D, U>(
      seen.geometry, seen.x, weights.value,
      {bias ? bias->value : Tensor<D, param_t<T>>(), activation, moments.mean, moments.m2}, y);

  const bool learn_weights = weights.trainable(), learn_bias = bias && bias->trainable();
  Var<D, U> result;
  if (x.tape() && (x.wants_gradient() || learn_weights || learn_bias)) {
    const auto kept = activation == identity_activation ? Tensor<D, U>() : y;
    const auto input = learn_weights ? x.kept() : Kept<D, U>();
    result = x.tape()->record(
        y,
        [=, dx = x.gradient(), w = &weights](const auto& dy) {
          if (kept.defined()) activation_backward(activation, kept, dy, dy);
          if (learn_bias)
            primitive::reduce(primitive::all_but_channels, dy, bias->gradient, Write::accumulate);
          convolution_backward(geometry, dy, input, learn_weights, *w, dx);
        },
        weights.name);
  } else {
    result = Var<D, U>(y, x.tape(), false);
  }
  result.set_moments(moments);
  return result;
}

}  // namespace limn::inline v0
