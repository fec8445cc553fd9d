// SPDX-License-Identifier: MIT
// Primitive group "convolution": three directions, each explicit.
#pragma once

#include "limn/core/activation.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/primitives/common.hpp"

namespace limn::inline v0::primitive {

/// What a convolution does to its result before storing it: bias per output channel, activation,
/// and moments per (sample, channel) of the stored result. Undefined tensors mean "not wanted".
/// Moments and activation exclude each other.
template <Device D, Scalar T>
struct ConvEpilogue {
  Tensor<D, param_t<T>> bias;  ///< (1,1,1,O)
  Activation activation;       ///< applied after the bias; identity where moments are wanted
  Tensor<D, param_t<T>> mean;  ///< (N,1,1,O): mean over H, W
  Tensor<D, param_t<T>> m2;    ///< (N,1,1,O): sum over H, W of (y - mean)^2
};

/// A device specializes this with: workspace sizes and the three directions on checked operands.
template <Device D, Scalar T>
struct Convolution;

/// y (+)= activation(conv(x, w) + bias), moments of y. x (N,H,W,I), w (O,k,k,I), y =
/// geometry.output(x, w). Accumulation excludes activation and moments. Throws ShapeError.
template <Device D, Scalar T>
void conv_forward(const ConvGeometry& geometry, const Tensor<D, T>& x,
                  const Tensor<D, param_t<T>>& w, const ConvEpilogue<D, T>& epilogue,
                  const Tensor<D, T>& y, Write write = Write::overwrite) {
  require(y.shape() == geometry.output(x.shape(), w.shape(), "conv_forward"), "conv_forward",
          "y must be the geometry's output", y.shape(), geometry.output(x.shape(), w.shape()));
  const bool moments = epilogue.mean.defined();
  require(write == Write::overwrite || (epilogue.activation == identity_activation && !moments),
          "conv_forward", "accumulation excludes activation and moments", x.shape(), y.shape());
  require(!moments || epilogue.activation == identity_activation, "conv_forward",
          "moments exclude an activation", x.shape(), y.shape());
  require(!moments || (epilogue.mean.shape() == y.shape().per_channel() &&
                       epilogue.m2.shape() == y.shape().per_channel()),
          "conv_forward", "moments must be (N,1,1,O)", epilogue.mean.shape(), y.shape());
  require(!epilogue.bias.defined() || epilogue.bias.shape() == vector_shape(w.shape().n),
          "conv_forward", "bias must be (1,1,1,O)", epilogue.bias.shape(), w.shape());
  D& device = x.device();
  const auto scratch = workspace(
      device, Convolution<D, T>::forward_workspace(device, geometry, x.shape(), w.shape()));
  if (begin(device, traffic(x, w, y), geometry.multiply_adds(x.shape(), w.shape())))
    Convolution<D, T>::forward(device, geometry, x, w, epilogue, y, write, scratch);
}

/// dx (+)= the transposed convolution of dy: the gradient of x. Also the forward of a transposed
/// convolution.
template <Device D, Scalar T>
void conv_backward_data(const ConvGeometry& geometry, const Tensor<D, T>& dy,
                        const Tensor<D, param_t<T>>& w, const Tensor<D, T>& dx, Write write) {
  require(dy.shape() == geometry.output(dx.shape(), w.shape(), "conv_backward_data"),
          "conv_backward_data", "dy must be the output of dx's shape", dy.shape(), dx.shape());
  D& device = dy.device();
  const auto scratch = workspace(
      device, Convolution<D, T>::backward_data_workspace(device, geometry, dx.shape(), w.shape()));
  if (begin(device, traffic(dy, w, dx), geometry.multiply_adds(dx.shape(), w.shape())))
    Convolution<D, T>::backward_data(device, geometry, dy, w, dx, write, scratch);
}

/// dw (+)= sum over samples and pixels of dy x^T per tap: the gradient of w.
template <Device D, Scalar T>
void conv_backward_weights(const ConvGeometry& geometry, const Tensor<D, T>& x,
                           const Tensor<D, T>& dy, const Tensor<D, param_t<T>>& dw, Write write) {
  require(dy.shape() == geometry.output(x.shape(), dw.shape(), "conv_backward_weights"),
          "conv_backward_weights", "dy must be the output of x's shape", dy.shape(), x.shape());
  D& device = x.device();
  const auto scratch = workspace(device, Convolution<D, T>::backward_weights_workspace(
                                             device, geometry, x.shape(), dw.shape()));
  if (begin(device, traffic(x, dy, dw), geometry.multiply_adds(x.shape(), dw.shape())))
    Convolution<D, T>::backward_weights(device, geometry, x, dy, dw, write, scratch);
}

}  // namespace limn::inline v0::primitive
