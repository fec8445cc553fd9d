// SPDX-License-Identifier: MIT
// Group "convolution" on the CPU: checked tensors to the kernels' plain arguments.
#pragma once

#include "limn/core/primitives/convolution.hpp"
#include "limn/cpu/conv_backward_data.hpp"
#include "limn/cpu/conv_backward_weights.hpp"
#include "limn/cpu/conv_forward.hpp"
#include "limn/cpu/device.hpp"

namespace limn::inline v0::primitive {

template <Scalar T>
struct Convolution<Cpu, T> {
  using P = param_t<T>;
  using Scratch = Tensor<Cpu, std::byte>;

  static std::size_t forward_workspace(Cpu& device, const ConvGeometry& geometry, const Shape& x,
                                       const Shape& w) {
    return cpu::conv_forward_workspace<T>(device.isa(), device.maths(), geometry, x, w,
                                          device.threads().threads());
  }
  static void forward(Cpu& device, const ConvGeometry& geometry, const Tensor<Cpu, T>& x,
                      const Tensor<Cpu, P>& w, const ConvEpilogue<Cpu, T>& epilogue,
                      const Tensor<Cpu, T>& y, Write write, const Scratch& scratch) {
    cpu::ConvForward<T> a;
    a.x = x.data();
    a.x_shape = x.shape();
    a.weights = w.data();
    a.w_shape = w.shape();
    a.bias = epilogue.bias.data_or_null();
    a.activation = epilogue.activation;
    a.y = y.data();
    a.accumulate = write == Write::accumulate;
    a.mean = epilogue.mean.data_or_null();
    a.m2 = epilogue.m2.data_or_null();
    cpu::conv_forward<T>(device.threads(), device.isa(), device.maths(), geometry, a,
                         scratch.data_or_null());
  }

  static std::size_t backward_data_workspace(Cpu& device, const ConvGeometry& geometry,
                                             const Shape& x, const Shape& w) {
    return cpu::conv_backward_data_workspace<T>(device.isa(), device.maths(), geometry, x, w,
                                                device.threads().threads());
  }
  static void backward_data(Cpu& device, const ConvGeometry& geometry, const Tensor<Cpu, T>& dy,
                            const Tensor<Cpu, P>& w, const Tensor<Cpu, T>& dx, Write write,
                            const Scratch& scratch) {
    cpu::ConvBackwardData<T> a;
    a.dy = dy.data();
    a.weights = w.data();
    a.w_shape = w.shape();
    a.dx = dx.data();
    a.x_shape = dx.shape();
    a.accumulate = write == Write::accumulate;
    cpu::conv_backward_data<T>(device.threads(), device.isa(), device.maths(), geometry, a,
                               scratch.data_or_null());
  }

  static std::size_t backward_weights_workspace(Cpu& device, const ConvGeometry& geometry,
                                                const Shape& x, const Shape& w) {
    return cpu::conv_backward_weights_workspace<T>(device.isa(), device.maths(), geometry, x, w,
                                                   device.threads().threads());
  }
  static void backward_weights(Cpu& device, const ConvGeometry& geometry, const Tensor<Cpu, T>& x,
                               const Tensor<Cpu, T>& dy, const Tensor<Cpu, P>& dw, Write write,
                               const Scratch& scratch) {
    cpu::ConvBackwardWeights<T> a;
    a.x = x.data();
    a.x_shape = x.shape();
    a.dy = dy.data();
    a.dw = dw.data();
    a.w_shape = dw.shape();
    a.accumulate = write == Write::accumulate;
    cpu::conv_backward_weights<T>(device.threads(), device.isa(), device.maths(), geometry, a,
                                  scratch.data_or_null());
  }
};

}  // namespace limn::inline v0::primitive
