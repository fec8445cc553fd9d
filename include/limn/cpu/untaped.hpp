// SPDX-License-Identifier: MIT
// A CPU whose values are on no tape, and the forward half of the table of primitives for it: a
// program that translates and never learns compiles no backward, and is a fourth of the size. It
// computes with Cpu's kernels, whose tensors its own are seen as.
#pragma once

#include "limn/autograd/var.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/cpu/untaped_device.hpp"

namespace limn::inline v0 {

namespace cpu {

/// Tensors, and what holds them, as Cpu's; anything else as it is.
template <class X>
[[nodiscard]] const X& as_cpu(const X& x) {
  return x;
}
template <class T>
[[nodiscard]] Tensor<Cpu, T> as_cpu(const Tensor<UntapedCpu, T>& x) {
  return Tensor<Cpu, T>(x);
}
template <Scalar T>
[[nodiscard]] primitive::ConvEpilogue<Cpu, T> as_cpu(
    const primitive::ConvEpilogue<UntapedCpu, T>& e) {
  return {as_cpu(e.bias), e.activation, as_cpu(e.mean), as_cpu(e.m2)};
}
template <Scalar P>
[[nodiscard]] primitive::NormOperands<Cpu, P> as_cpu(
    const primitive::NormOperands<UntapedCpu, P>& o) {
  return {as_cpu(o.mean), as_cpu(o.m2), o.area, as_cpu(o.rho), as_cpu(o.gamma), as_cpu(o.beta)};
}

}  // namespace cpu

// Of the table of primitives, what forwards need.
namespace primitive {

template <Scalar T>
struct Convolution<UntapedCpu, T> {
  static std::size_t forward_workspace(Cpu& device, const auto&... a) {
    return Convolution<Cpu, T>::forward_workspace(device, a...);
  }
  static void forward(Cpu& device, const auto&... a) {
    Convolution<Cpu, T>::forward(device, cpu::as_cpu(a)...);
  }
};

template <Scalar A, Scalar B, Scalar C>
struct Matrix<UntapedCpu, A, B, C> {
  static std::size_t gemm_workspace(Cpu& device, const auto&... a) {
    return Matrix<Cpu, A, B, C>::gemm_workspace(device, a...);
  }
  static void gemm(Cpu& device, const auto&... a) {
    Matrix<Cpu, A, B, C>::gemm(device, cpu::as_cpu(a)...);
  }
  static std::size_t gemv_workspace(Cpu& device, const auto&... a) {
    return Matrix<Cpu, A, B, C>::gemv_workspace(device, a...);
  }
  static void gemv(Cpu& device, const auto&... a) {
    Matrix<Cpu, A, B, C>::gemv(device, cpu::as_cpu(a)...);
  }
};

template <Scalar T>
struct Affine<UntapedCpu, T> {
  static std::size_t moments_workspace(Cpu& device, const auto&... a) {
    return Affine<Cpu, T>::moments_workspace(device, a...);
  }
  static void moments(Cpu& device, const auto&... a) {
    Affine<Cpu, T>::moments(device, cpu::as_cpu(a)...);
  }
  static void forward(Cpu& device, const auto&... a) {
    Affine<Cpu, T>::forward(device, cpu::as_cpu(a)...);
  }
};

template <Scalar P>
struct Normalization<UntapedCpu, P> {
  static void forward(Cpu& device, const auto&... a) {
    Normalization<Cpu, P>::forward(device, cpu::as_cpu(a)...);
  }
};

template <Scalar T>
struct Pooling<UntapedCpu, T> {
  static std::size_t average_workspace(Cpu& device, const auto&... a) {
    return Pooling<Cpu, T>::average_workspace(device, a...);
  }
  static void average(Cpu& device, const auto&... a) {
    Pooling<Cpu, T>::average(device, cpu::as_cpu(a)...);
  }
  static std::size_t max_workspace(Cpu& device, const auto&... a) {
    return Pooling<Cpu, T>::max_workspace(device, a...);
  }
  static void max(Cpu& device, const auto&... a) {
    Pooling<Cpu, T>::max(device, cpu::as_cpu(a)...);
  }
};

template <Scalar T>
struct Pointwise<UntapedCpu, T> {
  static void map(Cpu& device, const auto&... a) {
    Pointwise<Cpu, T>::map(device, cpu::as_cpu(a)...);
  }
  static void map2(Cpu& device, const auto&... a) {
    Pointwise<Cpu, T>::map2(device, cpu::as_cpu(a)...);
  }
  static void map_reduce(Cpu& device, const auto&... a) {
    Pointwise<Cpu, T>::map_reduce(device, cpu::as_cpu(a)...);
  }
  static std::size_t reduce_workspace(Cpu& device, const auto&... a) {
    return Pointwise<Cpu, T>::reduce_workspace(device, a...);
  }
  static void reduce(Cpu& device, const auto&... a) {
    Pointwise<Cpu, T>::reduce(device, cpu::as_cpu(a)...);
  }
};

template <Scalar T>
struct Layout<UntapedCpu, T> {
  static void pad(Cpu& device, const auto&... a) { Layout<Cpu, T>::pad(device, cpu::as_cpu(a)...); }
  /// Takes borders off, too.
  static void pad_backward(Cpu& device, const auto&... a) {
    Layout<Cpu, T>::pad_backward(device, cpu::as_cpu(a)...);
  }
  static void resize(Cpu& device, const auto&... a) {
    Layout<Cpu, T>::resize(device, cpu::as_cpu(a)...);
  }
  static void copy_channels(Cpu& device, const auto&... a) {
    Layout<Cpu, T>::copy_channels(device, cpu::as_cpu(a)...);
  }
  static void copy(Cpu& device, const auto&... a) {
    Layout<Cpu, T>::copy(device, cpu::as_cpu(a)...);
  }
  static void fill(Cpu& device, const auto&... a) {
    Layout<Cpu, T>::fill(device, cpu::as_cpu(a)...);
  }
};

template <Scalar From, Scalar To>
struct Cast<UntapedCpu, From, To> {
  static void cast(Cpu& device, const auto&... a) {
    Cast<Cpu, From, To>::cast(device, cpu::as_cpu(a)...);
  }
};

template <Scalar P>
struct Optimizer<UntapedCpu, P> {
  static std::size_t reduce_workspace(Cpu& device, const auto&... a) {
    return Optimizer<Cpu, P>::reduce_workspace(device, a...);
  }
  static void sum_squares(Cpu& device, const auto&... a) {
    Optimizer<Cpu, P>::sum_squares(device, cpu::as_cpu(a)...);
  }
  static void all_finite(Cpu& device, const auto&... a) {
    Optimizer<Cpu, P>::all_finite(device, cpu::as_cpu(a)...);
  }
};

template <Scalar T>
struct Random<UntapedCpu, T> {
  static void uniform(Cpu& device, const auto&... a) {
    Random<Cpu, T>::uniform(device, cpu::as_cpu(a)...);
  }
  static void normal(Cpu& device, const auto&... a) {
    Random<Cpu, T>::normal(device, cpu::as_cpu(a)...);
  }
};

template <Scalar T>
struct Distorting<UntapedCpu, T> {
  static std::size_t workspace(Cpu& device, const auto&... a) {
    return Distorting<Cpu, T>::workspace(device, a...);
  }
  static void forward(Cpu& device, const auto&... a) {
    Distorting<Cpu, T>::forward(device, cpu::as_cpu(a)...);
  }
};

}  // namespace primitive

}  // namespace limn::inline v0
