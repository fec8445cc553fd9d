// SPDX-License-Identifier: MIT
// Building blocks for layers of one's own: any function of a value, products, and scaling by
// channel.
//   Scaling anything else is scaling by channel under another shape, which costs nothing: in the
//   view (N H W, C, 1, 1) of features (N,H,W,C) every pixel is a sample of its own, so that a
//   factor (N H W, 1, 1, 1) scales pixels, and average_pool is the mean over channels.
#pragma once

#include <concepts>
#include <utility>

#include "limn/nn/parameter.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn::inline v0 {

namespace detail {

template <class F>
struct PointwiseBackward {
  F f;
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x, A dy) const {
    return f.derivative(x) * dy;
  }
};

}  // namespace detail

/// A function of one value and its derivative, both templates of the number's type.
template <class F>
concept PointwiseFunction = requires(const F f, double x) {
  { f(x) } -> std::convertible_to<double>;
  { f.derivative(x) } -> std::convertible_to<double>;
};

/// x, cut at -1 and 1; a PointwiseFunction.
struct HardTanh {
  /// min(max(x, -1), 1)
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x) const {
    return x > A(1) ? A(1) : x < A(-1) ? A(-1) : x;
  }
  /// 1 between -1 and 1, bounds included, 0 beyond.
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x) const {
    return x > A(1) || x < A(-1) ? A(0) : A(1);
  }
};

/// How much a value between black, -1, and white, 1, may still change; a PointwiseFunction.
struct Midtones {
  /// 1 - x^2
  template <class A>
  LIMN_HOST_DEVICE A operator()(A x) const {
    return A(1) - x * x;
  }
  /// -2 x
  template <class A>
  LIMN_HOST_DEVICE A derivative(A x) const {
    return A(-2) * x;
  }
};

/// y = f(x), f a struct with operator()(x) and derivative(x) that holds values only; see
/// LIMN_HOST_DEVICE for CUDA. Keeps x.
template <class F, Device D, Scalar T>
[[nodiscard]] Var<D, T> pointwise(F f, const Var<D, T>& x) {
  static_assert(PointwiseFunction<F>,
                "limn: a pointwise function needs operator()(x) and derivative(x), which take and "
                "give a number");
  const Tensor<D, T> y(x.device(), x.shape());
  primitive::map(f, x.value(), y);
  if (!x.wants_gradient()) return Var<D, T>(y, x.tape(), false);
  return x.tape()->record(y, [f, kept = x.kept(), dx = x.gradient()](const auto& dy) {
    const auto target = dx.target();
    primitive::map2(detail::PointwiseBackward<F>{f}, kept.tensor(), dy, target.tensor,
                    target.write);
  });
}

/// y = x1 x2, element by element. Keeps both. Throws ShapeError.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> operator*(const Var<D, T>& x1, const Var<D, T>& x2) {
  primitive::require(x1.shape() == x2.shape(), "multiply", "factors must have one shape",
                     x1.shape(), x2.shape());
  Tape<D>* tape = common_tape("multiply", x1, x2);
  const Tensor<D, T> y(x1.device(), x1.shape());
  primitive::map2(Product{}, x1.value(), x2.value(), y);
  if (!x1.wants_gradient() && !x2.wants_gradient()) return Var<D, T>(y, tape, false);
  return tape->record(y, [v1 = x1.value(), v2 = x2.value(), d1 = x1.gradient(),
                          d2 = x2.gradient()](const auto& dy) {
    for (const auto& [gradient, other] : {std::pair{&d1, &v2}, {&d2, &v1}}) {
      if (!gradient->wanted()) continue;
      const auto target = gradient->target();
      primitive::map2(Product{}, dy, *other, target.tensor, target.write);
    }
  });
}

/// y[n,h,w,c] = s[n,c] x[n,h,w,c]; s: a parameter or a value, (N,1,1,C) or (1,1,1,C). Keeps both.
/// Throws ShapeError.
template <Device D, Scalar T>
[[nodiscard]] Var<D, T> scale_channels(const Var<D, T>& x, const Operand<D, T>& s) {
  using P = param_t<T>;
  Tape<D>* tape = s.tape_with("scale_channels", x);
  const Tensor<D, P> a = s.value(), none;
  const Tensor<D, T> y(x.device(), x.shape());
  primitive::affine_forward(x.value(), a, none, {}, {}, y);
  if (!tape || !(x.wants_gradient() || s.wants_gradient())) return Var<D, T>(y, tape, false);
  return tape->record(
      y,
      [a, none, s, kept = x.kept(), dx = x.gradient()](const auto& dy) {
        const auto input = kept.tensor();
        if (s.wants_gradient()) {
          const Tensor<D, P> s1(dy.device(), input.shape().per_channel()),
              s2(dy.device(), s1.shape());
          primitive::affine_backward_sums(dy, input, a, none, {}, s1, s2);
          const auto target = s.gradient_target();
          if (a.shape() == s2.shape())
            primitive::copy(s2, target.tensor, target.write);
          else
            primitive::reduce(primitive::Axes{.n = true}, s2, target.tensor, target.write);
        }
        if (!dx.wanted()) return;
        const auto target = dx.target();
        primitive::affine_backward_data(dy, input, a, none, {}, none, none, target.tensor,
                                        target.write);
      },
      s.name());
}

}  // namespace limn::inline v0
