// SPDX-License-Identifier: MIT
// Group "matrix" on the CPU: checked tensors to the kernels' plain arguments.
#pragma once

#include "limn/core/primitives/matrix.hpp"
#include "limn/cpu/device.hpp"
#include "limn/cpu/gemm.hpp"

namespace limn::inline v0::primitive {

template <Scalar A, Scalar B, Scalar C>
struct Matrix<Cpu, A, B, C> {
  using P = param_t<C>;
  using Scratch = Tensor<Cpu, std::byte>;

  static std::size_t gemm_workspace(Cpu& device, Transpose ta, Transpose tb, Index m, Index n,
                                    Index k) {
    return cpu::gemm_workspace(device.isa(), product(ta, tb, m, n, k), device.threads().threads());
  }
  static void gemm(Cpu& device, Transpose ta, Transpose tb, const Tensor<Cpu, A>& a,
                   const Tensor<Cpu, B>& b, const Tensor<Cpu, C>& c, Write write,
                   const Tensor<Cpu, P>& bias, const Activation& activation,
                   const Scratch& scratch) {
    auto g = product(ta, tb, rows(c.shape()), columns(c.shape()), columns(a.shape(), ta));
    g.a = a.data();
    g.a_leading = columns(a.shape());
    g.b = b.data();
    g.b_leading = columns(b.shape());
    g.c = c.data();
    g.c_leading = g.n;
    g.bias = bias.data_or_null();
    g.activation = activation;
    g.accumulate = write == Write::accumulate;
    cpu::gemm(device.threads(), device.isa(), g, scratch.data_or_null());
  }

  static std::size_t gemv_workspace(Cpu& device, Transpose ta, Index rows, Index columns) requires
      std::same_as<A, P> && std::same_as<B, P> && std::same_as<C, P> {
    return cpu::gemv_workspace(device.isa(), matrix(ta, rows, columns), device.threads().threads());
  }
  static void gemv(Cpu& device, Transpose ta, const Tensor<Cpu, A>& a, const Tensor<Cpu, B>& x,
                   const Tensor<Cpu, C>& y, Write write, const Scratch& scratch) requires
      std::same_as<A, P> && std::same_as<B, P> && std::same_as<C, P> {
    auto v = matrix(ta, rows(a.shape()), columns(a.shape()));
    v.a = a.data();
    v.x = x.data();
    v.y = y.data();
    v.accumulate = write == Write::accumulate;
    cpu::gemv(device.threads(), device.isa(), v, scratch.data_or_null());
  }

 private:
  static cpu::Gemm<A, B, C> product(Transpose ta, Transpose tb, Index m, Index n, Index k) {
    cpu::Gemm<A, B, C> g;
    g.transpose_a = ta == Transpose::yes;
    g.transpose_b = tb == Transpose::yes;
    g.m = m;
    g.n = n;
    g.k = k;
    return g;
  }
  static cpu::Gemv<P> matrix(Transpose ta, Index rows, Index columns) {
    cpu::Gemv<P> v;
    v.transpose = ta == Transpose::yes;
    v.rows = rows;
    v.columns = v.leading = columns;
    return v;
  }
};

}  // namespace limn::inline v0::primitive
