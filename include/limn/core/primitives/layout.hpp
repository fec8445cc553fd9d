// SPDX-License-Identifier: MIT
// Primitive group "layout": moving and converting values. Padding and resizing here are the unfused
// reference of what the convolution folds in, and serve the data path.
#pragma once

#include <algorithm>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/primitives/common.hpp"

namespace limn::inline v0::primitive {

/// How resized values are read: the nearest pixel, or a mean of four by distance.
enum class Interpolation { nearest, bilinear };

/// A device specializes this: pad, pad_backward, resize, resize_backward, copy_channels, copy,
/// fill.
template <Device D, Scalar T>
struct Layout;

/// A device specializes this for pairs of scalar types: cast.
template <Device D, Scalar From, Scalar To>
struct Cast;

/// Throws ShapeError, which names `where`, unless y is x with its padding, and x is large enough to
/// be mirrored so far.
inline void require_padded(const char* where, Padding padding, const Sides& s, const Shape& x,
                           const Shape& y) {
  require(y == Shape{x.n, x.h + s.top + s.bottom, x.w + s.left + s.right, x.c}, where,
          "the padded picture must be larger by the padding", x, y);
  require(padding != Padding::reflect ||
              (std::max(s.top, s.bottom) < x.h && std::max(s.left, s.right) < x.w),
          where, "reflection padding needs a picture larger than the padding", x, y);
}

/// y = x continued by `sides` pixels: zero, reflect (without repeating the border) or edge.
template <Device D, Scalar T>
void pad(Padding padding, const Sides& sides, const Tensor<D, T>& x, const Tensor<D, T>& y) {
  require_padded("pad", padding, sides, x.shape(), y.shape());
  if (begin(x.device(), traffic(x, y))) Layout<D, T>::pad(x.device(), padding, sides, x, y);
}

/// dx (+)= dy folded back.
template <Device D, Scalar T>
void pad_backward(Padding padding, const Sides& sides, const Tensor<D, T>& dy,
                  const Tensor<D, T>& dx, Write write) {
  require_padded("pad_backward", padding, sides, dx.shape(), dy.shape());
  if (begin(dx.device(), traffic(dy, dx)))
    Layout<D, T>::pad_backward(dx.device(), padding, sides, dy, dx, write);
}

/// y = x at another extent, half-pixel centres, without antialiasing (PyTorch's interpolate:
/// "nearest-exact", or "bilinear" with align_corners false).
template <Device D, Scalar T>
void resize(Interpolation how, const Tensor<D, T>& x, const Tensor<D, T>& y) {
  require(x.shape().n == y.shape().n && x.shape().c == y.shape().c, "resize",
          "samples and channels must stay", x.shape(), y.shape());
  if (begin(x.device(), traffic(x, y))) Layout<D, T>::resize(x.device(), how, x, y);
}

/// dx (+)= the transpose of resize applied to dy.
template <Device D, Scalar T>
void resize_backward(Interpolation how, const Tensor<D, T>& dy, const Tensor<D, T>& dx,
                     Write write) {
  require(dx.shape().n == dy.shape().n && dx.shape().c == dy.shape().c, "resize_backward",
          "samples and channels must stay", dx.shape(), dy.shape());
  if (begin(dx.device(), traffic(dy, dx)))
    Layout<D, T>::resize_backward(dx.device(), how, dy, dx, write);
}

/// y[.., to + i] (+)= x[.., from + i], i < count: concatenation and slicing of channels.
template <Device D, Scalar T>
void copy_channels(const Tensor<D, T>& x, Index from, const Tensor<D, T>& y, Index to, Index count,
                   Write write = Write::overwrite) {
  const Shape &xs = x.shape(), &ys = y.shape();
  require(xs.n == ys.n && xs.h == ys.h && xs.w == ys.w, "copy_channels",
          "samples and positions must be equal", xs, ys);
  require(from >= 0 && to >= 0 && count >= 0 && from + count <= xs.c && to + count <= ys.c,
          "copy_channels", "channel range leaves the tensor", xs, ys);
  if (begin(x.device(), traffic(x, y)))
    Layout<D, T>::copy_channels(x.device(), x, from, y, to, count, write);
}

/// y (+)= x.
template <Device D, Scalar T>
void copy(const Tensor<D, T>& x, const Tensor<D, T>& y, Write write = Write::overwrite) {
  require(x.size() == y.size(), "copy", "sizes must be equal", x.shape(), y.shape());
  if (begin(x.device(), traffic(x, y))) Layout<D, T>::copy(x.device(), x, y, write);
}

/// x = value.
template <Device D, Scalar T>
void fill(const Tensor<D, T>& x, param_t<T> value) {
  if (begin(x.device(), traffic(x))) Layout<D, T>::fill(x.device(), x, value);
}

/// y = x in another scalar type.
template <Device D, Scalar From, Scalar To>
void cast(const Tensor<D, From>& x, const Tensor<D, To>& y) {
  require(x.size() == y.size(), "cast", "sizes must be equal", x.shape(), y.shape());
  if (begin(x.device(), traffic(x, y))) Cast<D, From, To>::cast(x.device(), x, y);
}

}  // namespace limn::inline v0::primitive
