// SPDX-License-Identifier: MIT
// Primitive group "pooling": adaptive average and maximum; global pooling is the (N,1,1,C) case.
// Pooled values, and their gradients, are few and stand for many: they are param_t<T>.
// Output row i covers input rows [floor(i H / P), ceil((i + 1) H / P)), as PyTorch's adaptive
// pooling.
#pragma once

#include "limn/core/primitives/common.hpp"

namespace limn::inline v0::primitive {

/// Rows (or columns) of one adaptive bin.
struct Bin {
  Index first, last;  ///< [first, last)
  constexpr bool operator==(const Bin&) const = default;
};
/// Bin i of `bins` over an axis of `extent` values. Neighbours overlap where bins do not divide it.
[[nodiscard]] LIMN_HOST_DEVICE constexpr Bin adaptive_bin(Index i, Index extent, Index bins) {
  return {i * extent / bins, ((i + 1) * extent + bins - 1) / bins};
}

/// A device specializes this: average, average_backward, max, max_backward, and the scratch memory
/// of average and max.
template <Device D, Scalar T>
struct Pooling;

/// Throws ShapeError, which names `where`, unless y has x's samples and channels, and at least one
/// and at most x's rows and columns.
inline void require_pooled(const char* where, const Shape& x, const Shape& y) {
  require(x.n == y.n && x.c == y.c && y.h >= 1 && y.w >= 1 && y.h <= x.h && y.w <= x.w, where,
          "the pooled picture keeps samples and channels and is not larger", x, y);
}

/// y[n,i,j,c] = mean of x over bin (i, j).
template <Device D, Scalar T>
void pool_average(const Tensor<D, T>& x, const Tensor<D, param_t<T>>& y,
                  Write write = Write::overwrite) {
  require_pooled("pool_average", x.shape(), y.shape());
  D& device = x.device();
  const auto scratch =
      workspace(device, Pooling<D, T>::average_workspace(device, x.shape(), y.shape()));
  if (begin(device, traffic(x, y))) Pooling<D, T>::average(device, x, y, write, scratch);
}

/// dx (+)= dy spread over its bins, divided by their sizes.
template <Device D, Scalar T>
void pool_average_backward(const Tensor<D, param_t<T>>& dy, const Tensor<D, T>& dx, Write write) {
  require_pooled("pool_average_backward", dx.shape(), dy.shape());
  if (begin(dx.device(), traffic(dy, dx)))
    Pooling<D, T>::average_backward(dx.device(), dy, dx, write);
}

/// y = maximum over each bin, index = h*W + w of the first one (row by row).
template <Device D, Scalar T>
void pool_max(const Tensor<D, T>& x, const Tensor<D, param_t<T>>& y,
              const Tensor<D, std::int32_t>& index) {
  require_pooled("pool_max", x.shape(), y.shape());
  require(index.shape() == y.shape(), "pool_max", "index must have y's shape", index.shape(),
          y.shape());
  D& device = x.device();
  const auto scratch =
      workspace(device, Pooling<D, T>::max_workspace(device, x.shape(), y.shape()));
  if (begin(device, traffic(x, y, index))) Pooling<D, T>::max(device, x, y, index, scratch);
}

/// dx (+)= dy at the maxima, zero elsewhere.
template <Device D, Scalar T>
void pool_max_backward(const Tensor<D, param_t<T>>& dy, const Tensor<D, std::int32_t>& index,
                       const Tensor<D, T>& dx, Write write) {
  require_pooled("pool_max_backward", dx.shape(), dy.shape());
  require(index.shape() == dy.shape(), "pool_max_backward", "index must have dy's shape",
          index.shape(), dy.shape());
  if (begin(dx.device(), traffic(dy, index, dx)))
    Pooling<D, T>::max_backward(dx.device(), dy, index, dx, write);
}

}  // namespace limn::inline v0::primitive
