// SPDX-License-Identifier: MIT
// Primitive group "distortion": the differentiable augmentation of Zhao et al. ("Differentiable
// augmentation for data-efficient GAN training", 2020), one Distortion per picture, in one pass.
// With m(p) the mean over the channels of pixel p and M the mean of the whole picture,
//   colour:  z(p) = c s x(p) + c (1 - s) m(p) + (1 - c) M + b
//            (brightness b, then saturation s, then contrast c),
//   place:   y(p) = z(p - shift), 0 where that lies outside or p in the hole.
// Given its numbers it is affine in x; the transpose is exact: with g(p) = dy(p + shift), 0 where y
// did not read x(p),
//   dx(p) = c s g(p) + c (1 - s) m_g(p) + (1 - c) M_g.
#pragma once

#include <array>

#include "limn/core/primitives/common.hpp"

namespace limn::inline v0::primitive {

/// What happens to one picture. It reaches the device as a row of a tensor, (N,1,1,9), so that a
/// step that was captured once can be replayed with new numbers.
struct Distortion {
  /// b, s and c of this file's formula: added, and two factors.
  double brightness = 0, saturation = 1, contrast = 1;
  /// The shift of the picture in pixels, towards higher indices; what comes in is 0.
  Index down = 0, right = 0;
  /// Rows [top, bottom) and columns [left, right) that become 0; they may lie outside.
  Index hole_top = 0, hole_bottom = 0, hole_left = 0, hole_right = 0;

  /// In the order of the row.
  template <class P>
  [[nodiscard]] std::array<P, 9> values() const {
    return {static_cast<P>(brightness),  static_cast<P>(saturation), static_cast<P>(contrast),
            static_cast<P>(down),        static_cast<P>(right),      static_cast<P>(hole_top),
            static_cast<P>(hole_bottom), static_cast<P>(hole_left),  static_cast<P>(hole_right)};
  }
};
/// Shape of the distortions of n pictures.
[[nodiscard]] constexpr Shape distortions_shape(Index n) { return {n, 1, 1, 9}; }

/// A row of them, as kernels read it. Positions count rows first.
template <class P>
struct DistortionRow {
  /// Factors of the colours, as in Distortion.
  P brightness, saturation, contrast;
  /// Pixels, as in Distortion.
  int down, right, hole_top, hole_bottom, hole_left, hole_right;

  /// From nine values in the order of Distortion::values().
  LIMN_HOST_DEVICE explicit DistortionRow(const P* row)
      : brightness(row[0]),
        saturation(row[1]),
        contrast(row[2]),
        down(static_cast<int>(row[3])),
        right(static_cast<int>(row[4])),
        hole_top(static_cast<int>(row[5])),
        hole_bottom(static_cast<int>(row[6])),
        hole_left(static_cast<int>(row[7])),
        hole_right(static_cast<int>(row[8])) {}

  /// Which pixel of x y(i, j) reads, row by row: i * width + j; -1: none.
  [[nodiscard]] LIMN_HOST_DEVICE int forward(int i, int j, int height, int width) const {
    if (hole(i, j)) return -1;
    i -= down;
    j -= right;
    return i < 0 || j < 0 || i >= height || j >= width ? -1 : i * width + j;
  }
  /// The pixel of y that reads x(i, j), counted as forward() does; -1: none does.
  [[nodiscard]] LIMN_HOST_DEVICE int transposed(int i, int j, int height, int width) const {
    i += down;
    j += right;
    return i < 0 || j < 0 || i >= height || j >= width || hole(i, j) ? -1 : i * width + j;
  }

 private:
  [[nodiscard]] LIMN_HOST_DEVICE bool hole(int i, int j) const {
    return i >= hole_top && i < hole_bottom && j >= hole_left && j < hole_right;
  }
};

/// A device specializes this: forward, backward, and the scratch memory of both.
template <Device D, Scalar T>
struct Distorting;

/// Throws ShapeError, which names `where`, unless x and y have one shape (N,H,W,C) and `how` is
/// (N,1,1,9).
template <Device D, Scalar T>
void require_distorted(const char* where, const Tensor<D, param_t<T>>& how, const Tensor<D, T>& x,
                       const Tensor<D, T>& y) {
  require(x.shape() == y.shape(), where, "pictures must have one shape", x.shape(), y.shape());
  require(how.shape() == distortions_shape(x.shape().n), where,
          "there must be nine numbers per picture", how.shape(), x.shape());
}

/// y = x distorted; shapes (N,H,W,C), how (N,1,1,9) as Distortion.
template <Device D, Scalar T>
void distort(const Tensor<D, param_t<T>>& how, const Tensor<D, T>& x, const Tensor<D, T>& y) {
  require_distorted("distort", how, x, y);
  D& device = x.device();
  const auto scratch = workspace(device, Distorting<D, T>::workspace(device, x.shape()));
  if (begin(device, traffic(how, x, x, y))) Distorting<D, T>::forward(device, how, x, y, scratch);
}

/// dx (+)= the transpose of distort's linear part applied to dy.
template <Device D, Scalar T>
void distort_backward(const Tensor<D, param_t<T>>& how, const Tensor<D, T>& dy,
                      const Tensor<D, T>& dx, Write write) {
  require_distorted("distort_backward", how, dy, dx);
  D& device = dx.device();
  const auto scratch = workspace(device, Distorting<D, T>::workspace(device, dx.shape()));
  if (begin(device, traffic(how, dy, dy, dx)))
    Distorting<D, T>::backward(device, how, dy, dx, write, scratch);
}

}  // namespace limn::inline v0::primitive
