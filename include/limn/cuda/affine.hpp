// SPDX-License-Identifier: MIT
// Groups "statistics" and "affine" on a GPU: bound by memory, so each is one pass over the picture.
// Sums per channel take a second, small kernel.
#pragma once

#include <type_traits>

#include "limn/core/primitives/affine.hpp"
#include "limn/cuda/affine_bordered.hpp"
#include "limn/cuda/affine_kernels.hpp"

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar T>
struct Affine<D, T> {
  using P = param_t<T>;
  using Coefficients = Tensor<D, P>;
  using Scratch = Tensor<D, std::byte>;

  static std::size_t moments_workspace(D&, const Shape& x) { return sums_bytes(x); }
  static std::size_t sums_workspace(D&, const Shape& x) { return sums_bytes(x); }

  static void moments(D& device, const Tensor<D, T>& x, const Coefficients& mean,
                      const Coefficients& m2, const Scratch& scratch) {
    const Shape& s = x.shape();
    gpu::with_width<T>(vectors(s, x.data()), [&](auto width) {
      using Term = gpu::MomentsTerm<T, decltype(width)::value>;
      sums(s).template run<T>(device, Term{{}, x.data(), mean.data(), m2.data(), s.c, s.area()},
                              rows(s), scratch);
    });
  }

  static void forward(D& device, const Tensor<D, T>& x, const Coefficients& a,
                      const Coefficients& b, const Activation& activation,
                      const Tensor<D, T>& residual, const Tensor<D, T>& y, Write write) {
    const Shape& s = x.shape();
    const bool packs =
        vectors(s, x.data(), residual.data_or_null(), y.data(), a.data(), b.data_or_null());
    variants(packs, activation, [&](auto width, auto tanh) {
      using Kernel = gpu::AffineForward<T, decltype(width)::value, decltype(tanh)::value>;
      const auto cut = gpu::PositionCut::of(s.n, s.area(), s.c / width.value, Kernel::unroll);
      gpu::launch(device, cut.grid(s.n),
                  Kernel{cut,
                         x.data(),
                         residual.data_or_null(),
                         y.data(),
                         values(a),
                         values(b),
                         {slope(activation)},
                         write == Write::accumulate});
    });
  }

  static void forward_bordered(D& device, const Tensor<D, T>& x, const Coefficients& a,
                               const Coefficients& b, const Activation& activation,
                               const Bordered<D, T>& residual, const Bordered<D, T>& y) {
    const Shape &s = x.shape(), &out = y.tensor.shape();
    const Sides& sides = y.border.sides;
    const bool packs = vectors(s, x.data(), residual.tensor.data_or_null(), y.tensor.data(),
                               a.data(), b.data_or_null());
    variants(packs, activation, [&](auto width, auto tanh) {
      using Kernel = gpu::AffineBordered<T, decltype(width)::value, decltype(tanh)::value>;
      const auto cut = gpu::PositionCut::of(s.n, out.area(), s.c / width.value, Kernel::unroll);
      gpu::launch(device, cut.grid(s.n),
                  Kernel{cut,
                         x.data(),
                         residual.tensor.data_or_null(),
                         y.tensor.data(),
                         values(a),
                         values(b),
                         {slope(activation)},
                         gpu::detail::pad_axis(y.border.padding, s.h, 1, sides.top, out.h),
                         gpu::detail::pad_axis(y.border.padding, s.w, 1, sides.left, out.w),
                         gpu::InBorder::of(Bordered<D, T>(x)),
                         gpu::InBorder::of(residual)});
    });
  }

  static void backward_sums(D& device, const Tensor<D, T>& dy, const Tensor<D, T>& x,
                            const Coefficients& a, const Coefficients& b,
                            const Activation& activation, const Coefficients& s1,
                            const Coefficients& s2, const Scratch& scratch) {
    const Shape& s = x.shape();
    const bool packs = vectors(s, dy.data(), x.data(), a.data(), b.data_or_null());
    variants(packs, activation, [&](auto width, auto tanh) {
      using Term = gpu::AffineSumsTerm<T, decltype(width)::value, decltype(tanh)::value>;
      sums(s).template run<T>(device,
                              Term{{},
                                   dy.data(),
                                   x.data(),
                                   values(a),
                                   values(b),
                                   {slope(activation)},
                                   s1.data(),
                                   s2.data(),
                                   s.c},
                              rows(s), scratch);
    });
  }

  static void backward_data(D& device, const Tensor<D, T>& dy, const Tensor<D, T>& x,
                            const Coefficients& a, const Coefficients& b,
                            const Activation& activation, const Coefficients& p,
                            const Coefficients& q, const Tensor<D, T>& dx, Write write) {
    const Shape& s = x.shape();
    const bool packs = vectors(s, dy.data(), x.data(), dx.data(), a.data(), b.data_or_null(),
                               p.data_or_null(), q.data_or_null());
    variants(packs, activation, [&](auto width, auto tanh) {
      using Kernel = gpu::AffineBackward<T, decltype(width)::value, decltype(tanh)::value>;
      const auto cut = gpu::PositionCut::of(s.n, s.area(), s.c / width.value, Kernel::unroll);
      gpu::launch(device, cut.grid(s.n),
                  Kernel{cut,
                         dy.data(),
                         x.data(),
                         dx.data(),
                         values(a),
                         values(b),
                         values(p),
                         values(q),
                         {slope(activation)},
                         write == Write::accumulate});
    });
  }

 private:
  static gpu::Reduction sums(const Shape& s) {
    return gpu::Reduction::of<T>(s.n, s.area(), s.c, s.area());
  }
  static gpu::DenseRows rows(const Shape& s) {
    return {1, 1, static_cast<std::uint32_t>(s.area()), s.c};
  }
  static std::size_t sums_bytes(const Shape& s) {
    return sums(s).template workspace<gpu::TwoSums>();
  }
  template <class... M>
  static bool vectors(const Shape& s, const M*... memory) {
    return s.c % gpu::full_width<T> == 0 && gpu::aligned_for_packs(memory...);
  }
  static gpu::ChannelValues<P> values(const Coefficients& t) {
    return {t.data_or_null(), t.defined() && t.shape().n > 1 ? t.shape().c : 0};
  }
  static P slope(const Activation& a) {
    return a.kind == Activation::Kind::none   ? P(1)
           : a.kind == Activation::Kind::relu ? P(0)
                                              : P(a.slope);
  }
  // body(width, is tanh)
  template <class Body>
  static void variants(bool packs, const Activation& activation, const Body& body) {
    gpu::with_width<T>(packs, [&](auto width) {
      if (activation.kind == Activation::Kind::tanh)
        body(width, std::true_type{});
      else
        body(width, std::false_type{});
    });
  }
};

}  // namespace limn::inline v0::primitive
