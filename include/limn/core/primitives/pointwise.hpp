// SPDX-License-Identifier: MIT
// Primitive group "pointwise": functors over elements, and sums. A functor takes and returns
// param_t<T> (float for bfloat16), is callable on host and device, and holds values only.
#pragma once

#include <array>
#include <utility>

#include "limn/core/primitives/common.hpp"

namespace limn::inline v0::primitive {

/// Which axes a sum runs over.
struct Axes {
  /// Whether this axis is summed.
  bool n = false, h = false, w = false, c = false;
  /// The shape of the sums: 1 along summed axes.
  [[nodiscard]] constexpr Shape reduced(const Shape& s) const {
    return {n ? 1 : s.n, h ? 1 : s.h, w ? 1 : s.w, c ? 1 : s.c};
  }
};
/// Extents in groups: kept, summed, kept, summed, kept. Neighbouring axes that are treated alike
/// are one, an axis of extent 1 joins any group, and the groups that are used are the last,
/// innermost ones; where nothing is summed, the first.
[[nodiscard]] constexpr std::array<Index, 5> grouped(const Shape& s, const Axes& axes) {
  const std::array<Index, 4> extents{s.n, s.h, s.w, s.c};
  const std::array<bool, 4> summed{axes.n, axes.h, axes.w, axes.c};
  std::array<Index, 5> groups{1, 1, 1, 1, 1};
  std::size_t group = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (extents[i] == 1) continue;
    if (summed[i] != (group % 2 == 1)) ++group;
    groups[group] *= extents[i];
  }
  if (group == 1 || group == 2) {
    groups[4] = std::exchange(groups[2], 1);
    groups[3] = std::exchange(groups[1], 1);
  }
  return groups;
}
inline constexpr Axes all_axes{true, true, true, true};     ///< everything: (N,H,W,C) -> (1,1,1,1)
inline constexpr Axes positions{false, true, true, false};  ///< (N,H,W,C) -> (N,1,1,C)
inline constexpr Axes all_but_channels{true, true, true, false};  ///< (N,H,W,C) -> (1,1,1,C)

/// A device specializes this: map, map2, map_reduce, map_reduce_gradient, reduce.
template <Device D, Scalar T>
struct Pointwise;

/// y (+)= scale f(x). `scale`: one value on the device, or undefined for 1. y may be x.
template <Device D, Scalar T, class F>
void map(F f, const Tensor<D, T>& x, const Tensor<D, T>& y, Write write = Write::overwrite,
         const Tensor<D, param_t<T>>& scale = {}) {
  require(x.shape() == y.shape(), "map", "operands must have one shape", x.shape(), y.shape());
  if (begin(x.device(), traffic(x, y))) Pointwise<D, T>::map(x.device(), f, x, y, write, scale);
}

/// y (+)= scale f(x1, x2). y may be x1 or x2.
template <Device D, Scalar T, class F>
void map2(F f, const Tensor<D, T>& x1, const Tensor<D, T>& x2, const Tensor<D, T>& y,
          Write write = Write::overwrite, const Tensor<D, param_t<T>>& scale = {}) {
  require(x1.shape() == x2.shape(), "map2", "operands must have one shape", x1.shape(), x2.shape());
  require(x1.shape() == y.shape(), "map2", "operands must have one shape", x1.shape(), y.shape());
  if (begin(x1.device(), traffic(x1, x2, y)))
    Pointwise<D, T>::map2(x1.device(), f, x1, x2, y, write, scale);
}

/// y (+)= factor * sum of f(x1, x2) over all elements; y (1,1,1,1). Summed in a fixed order, in
/// double on the CPU.
template <Device D, Scalar T, class F>
void map_reduce(F f, const Tensor<D, T>& x1, const Tensor<D, T>& x2, double factor,
                const Tensor<D, param_t<T>>& y, Write write = Write::overwrite) {
  require(x1.shape() == x2.shape(), "map_reduce", "operands must have one shape", x1.shape(),
          x2.shape());
  require(y.shape() == scalar_shape(), "map_reduce", "the result is one value", x1.shape(),
          y.shape());
  D& device = x1.device();
  const auto scratch =
      workspace(device, Pointwise<D, T>::reduce_workspace(device, x1.shape(), all_axes));
  if (begin(device, traffic(x1, x2)))
    Pointwise<D, T>::map_reduce(device, f, x1, x2, factor, y, write, scratch);
}

/// Where a result goes: to (+)= factor * what it is.
template <Device D, Scalar T>
struct Weighed {
  double factor;                   ///< of a sum in double, of elements in param_t<T>
  Tensor<D, T> to;                 ///< of the result's shape
  Write write = Write::overwrite;  ///< accumulate: += instead of =
};

/// A loss with its gradient, x and t read once: value (+)= factor * sum of f(x, t) as map_reduce
/// has it, and dx (+)= factor * f.derivative(x, t), each with its own factor; dx has x's shape.
template <Device D, Scalar T, class F>
void map_reduce_gradient(F f, const Tensor<D, T>& x, const Tensor<D, T>& t,
                         const Weighed<D, param_t<T>>& value, const Weighed<D, T>& dx) {
  require(x.shape() == t.shape(), "map_reduce_gradient", "operands must have one shape", x.shape(),
          t.shape());
  require(x.shape() == dx.to.shape(), "map_reduce_gradient", "a gradient has the operands' shape",
          x.shape(), dx.to.shape());
  require(value.to.shape() == scalar_shape(), "map_reduce_gradient", "the result is one value",
          x.shape(), value.to.shape());
  D& device = x.device();
  const auto scratch =
      workspace(device, Pointwise<D, T>::reduce_workspace(device, x.shape(), all_axes));
  if (begin(device, traffic(x, t, value.to, dx.to)))
    Pointwise<D, T>::map_reduce_gradient(device, f, x, t, value.factor, value.to, value.write,
                                         dx.factor, dx.to, dx.write, scratch);
}

/// y (+)= sum of x over `axes`; y = axes.reduced(x). Fixed order.
template <Device D, Scalar T>
void reduce(Axes axes, const Tensor<D, T>& x, const Tensor<D, param_t<T>>& y,
            Write write = Write::overwrite) {
  require(y.shape() == axes.reduced(x.shape()), "reduce",
          "y must be x with the summed axes of extent 1", x.shape(), y.shape());
  D& device = x.device();
  const auto scratch =
      workspace(device, Pointwise<D, T>::reduce_workspace(device, x.shape(), axes));
  if (begin(device, traffic(x, y))) Pointwise<D, T>::reduce(device, axes, x, y, write, scratch);
}

}  // namespace limn::inline v0::primitive
