// SPDX-License-Identifier: MIT
// Backend: the closed table of primitives as a concept. A device header ends with
// static_assert(Backend<Device, float>), so a missing primitive is a compile error that names its
// group, never a surprise at run time.
#pragma once

#include <array>
#include <string_view>

#include "limn/core/primitives/affine.hpp"
#include "limn/core/primitives/convolution.hpp"
#include "limn/core/primitives/distortion.hpp"
#include "limn/core/primitives/layout.hpp"
#include "limn/core/primitives/matrix.hpp"
#include "limn/core/primitives/normalization.hpp"
#include "limn/core/primitives/optimizer.hpp"
#include "limn/core/primitives/pointwise.hpp"
#include "limn/core/primitives/pooling.hpp"
#include "limn/core/primitives/random.hpp"

namespace limn::inline v0 {

/// Every primitive by name: the test table must have a row for each of them.
inline constexpr std::array<std::string_view, 35> primitive_names{"conv_forward",
                                                                  "conv_backward_data",
                                                                  "conv_backward_weights",
                                                                  "gemm",
                                                                  "gemv",
                                                                  "moments",
                                                                  "affine_forward",
                                                                  "affine_backward_sums",
                                                                  "affine_backward_data",
                                                                  "norm_coefficients",
                                                                  "norm_coefficients_backward",
                                                                  "pool_average",
                                                                  "pool_average_backward",
                                                                  "pool_max",
                                                                  "pool_max_backward",
                                                                  "map",
                                                                  "map2",
                                                                  "map_reduce",
                                                                  "map_reduce_gradient",
                                                                  "reduce",
                                                                  "pad",
                                                                  "pad_backward",
                                                                  "resize",
                                                                  "resize_backward",
                                                                  "copy_channels",
                                                                  "copy",
                                                                  "fill",
                                                                  "cast",
                                                                  "adam",
                                                                  "adam_outer",
                                                                  "sum_squares",
                                                                  "all_finite",
                                                                  "random",
                                                                  "distort",
                                                                  "distort_backward"};

namespace primitive {

/// Groups that exist and have their members, told by naming each of them.
template <class D, class T>
concept ConvolutionGroup = requires {
  &Convolution<D, T>::forward;
  &Convolution<D, T>::backward_data;
  &Convolution<D, T>::backward_weights;
};
/// Products, in the types of operands that linear layers have.
template <class D, class T>
concept MatrixGroup = requires {
  &Matrix<D, T, param_t<T>, T>::gemm;
  &Matrix<D, T, T, param_t<T>>::gemm;
  &Matrix<D, T, T, T>::gemm;
  &Matrix<D, param_t<T>, param_t<T>, param_t<T>>::gemv;
};
/// Moments, and y = a x + b with its backward.
template <class D, class T>
concept AffineGroup = requires {
  &Affine<D, T>::moments;
  &Affine<D, T>::forward;
  &Affine<D, T>::backward_sums;
  &Affine<D, T>::backward_data;
};
/// The coefficients a and b, and what flows back through them.
template <class D, class T>
concept NormalizationGroup = requires {
  &Normalization<D, param_t<T>>::forward;
  &Normalization<D, param_t<T>>::backward;
};
/// Adaptive averages and maxima.
template <class D, class T>
concept PoolingGroup = requires {
  &Pooling<D, T>::average;
  &Pooling<D, T>::average_backward;
  &Pooling<D, T>::max;
  &Pooling<D, T>::max_backward;
};
/// Sums; maps are templates of their functor and cannot be named here.
template <class D, class T>
concept PointwiseGroup = requires {
  &Pointwise<D, T>::reduce;
  &Pointwise<D, T>::reduce_workspace;
};
/// Borders, sizes, copies, and conversions from and to float.
template <class D, class T>
concept LayoutGroup = requires {
  &Layout<D, T>::pad;
  &Layout<D, T>::pad_backward;
  &Layout<D, T>::resize;
  &Layout<D, T>::resize_backward;
  &Layout<D, T>::copy_channels;
  &Layout<D, T>::copy;
  &Layout<D, T>::fill;
  &Cast<D, T, float>::cast;
  &Cast<D, float, T>::cast;
};
/// Adam, its form for factored gradients, sums of squares, and whether all is finite.
template <class D, class T>
concept OptimizerGroup = requires {
  &Optimizer<D, param_t<T>>::adam;
  &Optimizer<D, param_t<T>>::sum_squares;
  &Optimizer<D, param_t<T>>::all_finite;
  &OuterOptimizer<D, T>::adam_outer;
};
/// Differentiable augmentation.
template <class D, class T>
concept DistortionGroup = requires {
  &Distorting<D, T>::forward;
  &Distorting<D, T>::backward;
  &Distorting<D, T>::workspace;
};
/// Uniform and normal values.
template <class D, class T>
concept RandomGroup = requires {
  &Random<D, T>::uniform;
  &Random<D, T>::normal;
};

}  // namespace primitive

/// D offers every primitive for activations of type T.
template <class D, class T>
concept Backend =
    Device<D> && Scalar<T> && primitive::ConvolutionGroup<D, T> && primitive::MatrixGroup<D, T> &&
    primitive::AffineGroup<D, T> && primitive::NormalizationGroup<D, T> &&
    primitive::PoolingGroup<D, T> && primitive::PointwiseGroup<D, T> &&
    primitive::LayoutGroup<D, T> && primitive::OptimizerGroup<D, T> &&
    primitive::RandomGroup<D, T> && primitive::DistortionGroup<D, T>;

}  // namespace limn::inline v0
