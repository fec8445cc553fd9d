// SPDX-License-Identifier: MIT
// attend_features: the re-weighting of class activation maps, y = activation(W [x w_avg, x w_max] +
// b), W (O, 2I) a 1x1 convolution.
//   Computed as one convolution with the merged weights W' = W_1 diag(w_avg) + W_2 diag(w_max):
//   half the multiplications, and the concatenated features never exist. backward: g = dy
//   activation'(y);  dW' = g x^T;  dW_1 = dW' diag(w_avg), dW_2 = dW' diag(w_max);  dw_avg[c] =
//   sum_o dW'[o,c] W_1[o,c], likewise dw_max;  db = sum g;  dx = W'^T g. keeps: x or its recipe, y,
//   W'. U-GAT-IT (Kim et al., 2020) section 2.1.1; in the discriminators of the published PyTorch
//   code the weights that multiply are the raw ones, not the spectrally normalized.
// classifier_weights: what multiplies the features in the published TensorFlow code, where both
// poolings share a classifier with a bias: w r + b, r = 1 / |w| where w is spectrally normalized
// (the largest singular value of one row is its length), else 1.
//   backward: dw = r dy - (dy . w) r^3 w,  without normalization dw = dy;  db = sum dy.
#pragma once

#include <type_traits>

#include "limn/nn/parameter.hpp"
#include "limn/ops/pointwise.hpp"
#include "limn/ops/spectral.hpp"

namespace limn::inline v0 {

/// (r, s) -> -s r^3
struct LengthGradient {
  /// r is 1 / length.
  template <class A>
  LIMN_HOST_DEVICE A operator()(A r, A s) const {
    return -s * r * r * r;
  }
};

/// weights of I values, bias of one or null; (1,1,1,I), on `tape`, or on none if it is null.
template <Device D, Scalar T>
[[nodiscard]] Var<D, param_t<T>> classifier_weights(Tape<D>* tape, Parameter<D, T>& weights,
                                                    Parameter<D, T>* bias, bool normalized) {
  using P = param_t<T>;
  D& device = weights.value.device();
  const Shape column{1, weights.shape.size(), 1, 1};  // values as positions of one channel
  const Tensor<D, P> w = weights.value.reshape(column), y(device, column),
                     r(device, scalar_shape()), b = bias ? bias->value : Tensor<D, P>();
  primitive::fill(r, P(1));
  if (normalized) {
    primitive::sum_squares(w, r);
    primitive::map(InverseSigma{torch_least_length}, r, r);
  }
  primitive::affine_forward(w, r, b, {}, {}, y);
  const auto result = y.reshape(vector_shape(column.h));
  const bool learn = weights.trainable(), learn_bias = bias && bias->trainable();
  if (!tape || !(learn || learn_bias)) return Var<D, P>(result, tape, false);
  return tape->record(
      result,
      [=, parameter = &weights](const auto& dy) {
        const Tensor<D, P> g = dy.reshape(column), s1(dy.device(), scalar_shape()),
                           s2(dy.device(), scalar_shape());
        primitive::affine_backward_sums(g, w, r, b, {}, s1, s2);
        if (learn_bias) primitive::copy(s1, bias->gradient, Write::accumulate);
        if (!learn) return;
        Tensor<D, P> p, q;
        if (normalized) {
          p = s2;
          q = Tensor<D, P>(dy.device(), scalar_shape());
          primitive::map2(LengthGradient{}, r, s2, p);
          primitive::fill(q, P(0));
        }
        primitive::affine_backward_data(g, w, r, b, {}, p, q, parameter->gradient.reshape(column),
                                        Write::accumulate);
      },
      weights.name);
}

/// x (N,H,W,I), w_average and w_maximum of I values each, parameters or computed; weights
/// (O,1,1,2I), bias (1,1,1,O) or null; y (N,H,W,O). Throws ShapeError.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> attend_features(const Var<D, T>& x,
                                        const std::type_identity_t<Operand<D, T>>& w_average,
                                        const std::type_identity_t<Operand<D, T>>& w_maximum,
                                        Parameter<D, T>& weights, Parameter<D, T>* bias,
                                        Activation activation) {
  using P = param_t<T>;
  weights.require_device_of(x);
  D& device = x.device();
  const Index in = x.shape().c, out = weights.shape.n;
  primitive::require(weights.shape == Shape{out, 1, 1, 2 * in}, weights.name.c_str(),
                     "weights must be (O,1,1,2I)", x.shape(), weights.shape);
  const Tensor<D, P> average = w_average.value(), maximum = w_maximum.value();
  primitive::require(average.size() == in && maximum.size() == in, weights.name.c_str(),
                     "one weight per channel of the features", x.shape(), average.shape());
  const Shape half{
      1, out, 1,
      in};  // rows as positions, so that a scale per channel scales columns of the matrix
  const Tensor<D, P> none, w1(device, half), w2(device, half), merged(device, half);
  const auto scale_average = average.reshape(vector_shape(in)),
             scale_maximum = maximum.reshape(vector_shape(in));
  const auto rows = weights.value.reshape({1, out, 1, 2 * in});
  primitive::copy_channels(rows, 0, w1, 0, in);
  primitive::copy_channels(rows, in, w2, 0, in);
  primitive::affine_forward(w1, scale_average, none, {}, none, merged);
  primitive::affine_forward(w2, scale_maximum, none, {}, none, merged, Write::accumulate);
  const auto merged_weights = merged.reshape({out, 1, 1, in});

  constexpr ConvGeometry one_by_one{};
  const Tensor<D, T> y(device, {x.shape().n, x.shape().h, x.shape().w, out});
  primitive::conv_forward<D, T>(one_by_one, x.value(), merged_weights,
                                {bias ? bias->value : none, activation, {}, {}}, y);

  const bool learn = weights.trainable();
  if (!x.tape() || !(x.wants_gradient() || learn)) return Var<D, T>(y, x.tape(), false);
  const Stash<D, T> own(y, x.tape()->stash_format());
  auto result = x.tape()->record(
      y,
      [=, input = learn ? x.kept() : Kept<D, T>(), dx = x.gradient(),
       w = &weights](const auto& dy) {
        activation_backward(activation, own.tensor(), dy, dy);
        if (learn) {
          if (bias)
            primitive::reduce(primitive::all_but_channels, dy, bias->gradient, Write::accumulate);
          const Tensor<D, P> dmerged(dy.device(), half), dhalf(dy.device(), half),
              s1(dy.device(), vector_shape(in)), s2(dy.device(), vector_shape(in));
          primitive::conv_backward_weights(one_by_one, input.tensor(), dy,
                                           dmerged.reshape({out, 1, 1, in}), Write::overwrite);
          const auto drows = w->gradient.reshape({1, out, 1, 2 * in});
          const auto half_backward = [&](const Tensor<D, P>& values, const Tensor<D, P>& scale,
                                         const Operand<D, T>& operand, Index from) {
            primitive::affine_forward(dmerged, scale, none, {}, none, dhalf);
            primitive::copy_channels(dhalf, 0, drows, from, in, Write::accumulate);
            if (!operand.wants_gradient()) return;
            primitive::affine_backward_sums(dmerged, values, scale, none, {}, s1, s2);
            const auto target = operand.gradient_target();
            primitive::copy(s2, target.tensor, target.write);
          };
          half_backward(w1, scale_average, w_average, 0);
          half_backward(w2, scale_maximum, w_maximum, in);
        }
        if (dx.wanted()) {
          const auto target = dx.target();
          primitive::conv_backward_data(one_by_one, dy, merged_weights, target.tensor,
                                        target.write);
        }
      },
      weights.name);
  result.set_kept(Kept<D, T>(own));
  return result;
}

}  // namespace limn::inline v0
