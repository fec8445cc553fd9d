// SPDX-License-Identifier: MIT
// A CPU whose values are on no tape, and the table of primitives for it: a program that translates
// and never learns compiles no backward.
#pragma once

#include "limn/autograd/var.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/cpu/untaped_device.hpp"

namespace limn::inline v0 {

namespace cpu {

/// What holds tensors, as Cpu's; anything else as it is.
template <class X>
[[nodiscard]] const X& as_cpu(const X& x) {
  return x;
}
template <Scalar T>
[[nodiscard]] primitive::ConvEpilogue<Cpu, T> as_cpu(
    const primitive::ConvEpilogue<UntapedCpu, T>& e) {
  return {e.bias, e.activation, e.mean, e.m2};
}
template <Scalar P>
[[nodiscard]] primitive::NormOperands<Cpu, P> as_cpu(
    const primitive::NormOperands<UntapedCpu, P>& o) {
  return {o.mean, o.m2, o.area, o.rho, o.gamma, o.beta};
}

}  // namespace cpu

// The table of primitives is Cpu's: its functions take tensors of an UntapedCpu as its own.
namespace primitive {

template <Scalar T>
struct Convolution<UntapedCpu, T> : Convolution<Cpu, T> {
  static void forward(Cpu& device, const auto&... a) {
    Convolution<Cpu, T>::forward(device, cpu::as_cpu(a)...);
  }
};
template <Scalar P>
struct Normalization<UntapedCpu, P> : Normalization<Cpu, P> {
  static void forward(Cpu& device, const auto&... a) {
    Normalization<Cpu, P>::forward(device, cpu::as_cpu(a)...);
  }
};

template <Scalar A, Scalar B, Scalar C>
struct Matrix<UntapedCpu, A, B, C> : Matrix<Cpu, A, B, C> {};
template <Scalar T>
struct Affine<UntapedCpu, T> : Affine<Cpu, T> {};
template <Scalar T>
struct Pooling<UntapedCpu, T> : Pooling<Cpu, T> {};
template <Scalar T>
struct Pointwise<UntapedCpu, T> : Pointwise<Cpu, T> {};
template <Scalar T>
struct Layout<UntapedCpu, T> : Layout<Cpu, T> {};
template <Scalar From, Scalar To>
struct Cast<UntapedCpu, From, To> : Cast<Cpu, From, To> {};
template <Scalar P>
struct Optimizer<UntapedCpu, P> : Optimizer<Cpu, P> {};
template <Scalar T>
struct Random<UntapedCpu, T> : Random<Cpu, T> {};
template <Scalar T>
struct Distorting<UntapedCpu, T> : Distorting<Cpu, T> {};

}  // namespace primitive

}  // namespace limn::inline v0
