// SPDX-License-Identifier: MIT
// The table: every primitive with the shapes and parameters it is tested with. A row runs in every
// mode of run.hpp. Shapes have tails: extents that are multiples of nothing, 1, 3, 5, 17 and 64
// channels.
#pragma once

#include <array>
#include <string_view>

#include "limn/core/backend.hpp"

namespace limn_test {

using namespace limn;
using primitive::Axes;
using primitive::Interpolation;
using primitive::NormSpec;
using primitive::Transpose;

/// Which of the types a matrix product takes.
enum class MatrixTypes { forward, weights, master, narrow };

struct Case {
  std::string_view primitive;
  Shape x;                  ///< the first operand
  Shape y{};                ///< weights, right operand, or picture that x becomes
  ConvGeometry geometry{};  ///< of convolutions; padding and sides also of pad
  Activation activation{};
  bool shared = false;   ///< coefficients (1,1,1,C) instead of (N,1,1,C)
  bool extra = true;     ///< with the optional operands: bias, residual, p and q, scale
  bool moments = false;  ///< of a convolution's result
  Interpolation how = Interpolation::nearest;
  Axes axes{};
  Transpose ta = Transpose::no, tb = Transpose::no;
  MatrixTypes types = MatrixTypes::forward;
  NormSpec norm{};
  Index from = 0, to = 0, count = 0;  ///< of copy_channels; count: factors of adam_outer
  double offset = 0;                  ///< mean of x
  int variant = 0;                    ///< which of several functions
};

inline constexpr Activation relu = relu_activation, leaky = leaky_relu_activation(0.2F);
inline constexpr Activation none = identity_activation, tanh_ = tanh_activation;
inline constexpr ConvGeometry padded(Index kernel, Index stride, Padding padding, Sides sides,
                                     Index upsample = 1) {
  return {kernel, stride, padding, sides, upsample};
}
inline constexpr Transpose yes = Transpose::yes, no = Transpose::no;

// clang-format off
inline constexpr auto table = std::to_array<Case>({
    // x, weights (O,k,k,I)
    {.primitive = "conv_forward", .x = {2, 5, 7, 3}, .y = {5, 3, 3, 3},
     .geometry = reflect_conv(3, 1, 1), .activation = relu},
    {.primitive = "conv_forward", .x = {1, 9, 8, 17}, .y = {64, 3, 3, 17},
     .geometry = reflect_conv(3, 2, 1), .extra = false, .moments = true},
    {.primitive = "conv_forward", .x = {1, 11, 13, 3}, .y = {17, 7, 7, 3},
     .geometry = reflect_conv(7, 1, 3), .moments = true},
    {.primitive = "conv_forward", .x = {2, 6, 5, 64}, .y = {17, 3, 3, 64},
     .geometry = padded(3, 1, Padding::reflect, Sides::all(1), 2), .activation = leaky},
    {.primitive = "conv_forward", .x = {1, 9, 7, 5}, .y = {1, 4, 4, 5},
     .geometry = padded(4, 2, Padding::zero, {1, 2, 0, 1}), .activation = tanh_},
    {.primitive = "conv_forward", .x = {1, 6, 6, 1}, .y = {3, 4, 4, 1},
     .geometry = padded(4, 1, Padding::edge, {2, 1, 1, 2}), .extra = false},
    {.primitive = "conv_forward", .x = {3, 4, 5, 64}, .y = {64, 1, 1, 64},
     .geometry = {}, .extra = false},
    {.primitive = "conv_forward", .x = {1, 6, 5, 8}, .y = {72, 3, 3, 8},
     .geometry = reflect_conv(3, 1, 1), .activation = relu},
    {.primitive = "conv_forward", .x = {2, 3, 4, 8}, .y = {8, 3, 3, 8},
     .geometry = reflect_conv(3, 1, 1, 2), .moments = true},
    {.primitive = "conv_forward", .x = {1, 1, 2, 8}, .y = {8, 3, 3, 8},
     .geometry = padded(3, 1, Padding::edge, Sides::all(1), 2)},
    {.primitive = "conv_forward", .x = {1, 3, 5, 8}, .y = {24, 3, 3, 8},
     .geometry = padded(3, 1, Padding::zero, Sides::all(1), 2)},
    {.primitive = "conv_forward", .x = {1, 4, 3, 8}, .y = {8, 4, 4, 8},
     .geometry = padded(4, 1, Padding::reflect, {1, 2, 2, 1}, 2), .activation = leaky},
    {.primitive = "conv_forward", .x = {2, 6, 5, 24}, .y = {8, 3, 3, 24},
     .geometry = padded(3, 2, Padding::zero, {1, 1, 1, 0}), .extra = false},
    {.primitive = "conv_forward", .x = {1, 18, 17, 8}, .y = {8, 2, 2, 8},
     .geometry = padded(2, 1, Padding::none, {}), .extra = false},
    {.primitive = "conv_forward", .x = {2, 15, 18, 32}, .y = {33, 3, 3, 32},
     .geometry = reflect_conv(3, 1, 1), .extra = false, .moments = true},
    {.primitive = "conv_backward_data", .x = {2, 15, 18, 33}, .y = {32, 3, 3, 33},
     .geometry = reflect_conv(3, 1, 1)},
    {.primitive = "conv_backward_data", .x = {2, 5, 7, 3}, .y = {5, 3, 3, 3},
     .geometry = reflect_conv(3, 1, 1)},
    {.primitive = "conv_backward_data", .x = {1, 9, 8, 17}, .y = {64, 3, 3, 17},
     .geometry = reflect_conv(3, 2, 1)},
    {.primitive = "conv_backward_data", .x = {1, 11, 13, 3}, .y = {17, 7, 7, 3},
     .geometry = reflect_conv(7, 1, 3)},
    {.primitive = "conv_backward_data", .x = {2, 6, 5, 64}, .y = {17, 3, 3, 64},
     .geometry = padded(3, 1, Padding::reflect, Sides::all(1), 2)},
    {.primitive = "conv_backward_data", .x = {1, 9, 7, 5}, .y = {1, 4, 4, 5},
     .geometry = padded(4, 2, Padding::zero, {1, 2, 0, 1})},
    {.primitive = "conv_backward_data", .x = {1, 6, 6, 1}, .y = {3, 4, 4, 1},
     .geometry = padded(4, 1, Padding::edge, {2, 1, 1, 2})},
    {.primitive = "conv_backward_data", .x = {3, 4, 5, 64}, .y = {64, 1, 1, 64}, .geometry = {}},
    {.primitive = "conv_backward_data", .x = {1, 6, 5, 8}, .y = {72, 3, 3, 8},
     .geometry = reflect_conv(3, 1, 1)},
    {.primitive = "conv_backward_data", .x = {2, 3, 4, 8}, .y = {8, 3, 3, 8},
     .geometry = reflect_conv(3, 1, 1, 2)},
    {.primitive = "conv_backward_data", .x = {1, 1, 2, 8}, .y = {8, 3, 3, 8},
     .geometry = padded(3, 1, Padding::edge, Sides::all(1), 2)},
    {.primitive = "conv_backward_data", .x = {1, 3, 5, 8}, .y = {24, 3, 3, 8},
     .geometry = padded(3, 1, Padding::zero, Sides::all(1), 2)},
    {.primitive = "conv_backward_data", .x = {1, 4, 3, 8}, .y = {8, 4, 4, 8},
     .geometry = padded(4, 1, Padding::reflect, {1, 2, 2, 1}, 2)},
    {.primitive = "conv_backward_data", .x = {2, 6, 5, 24}, .y = {8, 3, 3, 24},
     .geometry = padded(3, 2, Padding::zero, {1, 1, 1, 0})},
    {.primitive = "conv_backward_data", .x = {1, 18, 17, 8}, .y = {8, 2, 2, 8},
     .geometry = padded(2, 1, Padding::none, {})},
    {.primitive = "conv_backward_weights", .x = {2, 5, 7, 3}, .y = {5, 3, 3, 3},
     .geometry = reflect_conv(3, 1, 1)},
    {.primitive = "conv_backward_weights", .x = {1, 9, 8, 17}, .y = {64, 3, 3, 17},
     .geometry = reflect_conv(3, 2, 1)},
    {.primitive = "conv_backward_weights", .x = {1, 11, 13, 3}, .y = {17, 7, 7, 3},
     .geometry = reflect_conv(7, 1, 3)},
    {.primitive = "conv_backward_weights", .x = {2, 6, 5, 64}, .y = {17, 3, 3, 64},
     .geometry = padded(3, 1, Padding::reflect, Sides::all(1), 2)},
    {.primitive = "conv_backward_weights", .x = {1, 9, 7, 5}, .y = {1, 4, 4, 5},
     .geometry = padded(4, 2, Padding::zero, {1, 2, 0, 1})},
    {.primitive = "conv_backward_weights", .x = {1, 6, 6, 1}, .y = {3, 4, 4, 1},
     .geometry = padded(4, 1, Padding::edge, {2, 1, 1, 2})},
    {.primitive = "conv_backward_weights", .x = {3, 4, 5, 64}, .y = {64, 1, 1, 64}, .geometry = {}},
    {.primitive = "conv_backward_weights", .x = {1, 6, 5, 8}, .y = {72, 3, 3, 8},
     .geometry = reflect_conv(3, 1, 1)},
    {.primitive = "conv_backward_weights", .x = {2, 3, 4, 8}, .y = {8, 3, 3, 8},
     .geometry = reflect_conv(3, 1, 1, 2)},
    {.primitive = "conv_backward_weights", .x = {1, 1, 2, 8}, .y = {8, 3, 3, 8},
     .geometry = padded(3, 1, Padding::edge, Sides::all(1), 2)},
    {.primitive = "conv_backward_weights", .x = {1, 3, 5, 8}, .y = {24, 3, 3, 8},
     .geometry = padded(3, 1, Padding::zero, Sides::all(1), 2)},
    {.primitive = "conv_backward_weights", .x = {1, 4, 3, 8}, .y = {8, 4, 4, 8},
     .geometry = padded(4, 1, Padding::reflect, {1, 2, 2, 1}, 2)},
    {.primitive = "conv_backward_weights", .x = {2, 6, 5, 24}, .y = {8, 3, 3, 24},
     .geometry = padded(3, 2, Padding::zero, {1, 1, 1, 0})},
    {.primitive = "conv_backward_weights", .x = {1, 18, 17, 8}, .y = {8, 2, 2, 8},
     .geometry = padded(2, 1, Padding::none, {})},

    // op(x) op(y): as linear layers use them, and others
    {.primitive = "gemm", .x = {2, 1, 1, 65}, .y = {17, 1, 1, 65}, .activation = relu, .tb = yes},
    {.primitive = "gemm", .x = {1, 1, 1, 3}, .y = {5, 1, 1, 3}, .extra = false, .tb = yes},
    {.primitive = "gemm", .x = {3, 1, 1, 17}, .y = {17, 1, 1, 65}, .activation = leaky},
    {.primitive = "gemm", .x = {7, 1, 1, 64}, .y = {7, 1, 1, 33}, .extra = false, .ta = yes},
    {.primitive = "gemm", .x = {2, 1, 1, 17}, .y = {2, 5, 5, 3}, .extra = false, .ta = yes,
     .types = MatrixTypes::weights},
    {.primitive = "gemm", .x = {1, 1, 1, 5}, .y = {1, 1, 1, 1}, .extra = false, .ta = yes,
     .types = MatrixTypes::weights},
    {.primitive = "gemm", .x = {33, 1, 1, 65}, .y = {65, 1, 1, 70}, .extra = false,
     .types = MatrixTypes::master},
    {.primitive = "gemm", .x = {40, 1, 1, 19}, .y = {23, 1, 1, 40}, .extra = false, .ta = yes,
     .tb = yes, .types = MatrixTypes::master},
    {.primitive = "gemm", .x = {1, 1, 1, 65}, .y = {17, 1, 1, 65}, .activation = relu, .tb = yes,
     .types = MatrixTypes::narrow},
    {.primitive = "gemm", .x = {3, 1, 1, 4133}, .y = {9, 1, 1, 4133}, .tb = yes,
     .types = MatrixTypes::narrow},
    {.primitive = "gemm", .x = {6, 1, 1, 8320}, .y = {19, 1, 1, 8320}, .extra = false, .tb = yes,
     .types = MatrixTypes::narrow},
    {.primitive = "gemm", .x = {3, 1, 1, 17}, .y = {17, 1, 1, 65}, .activation = leaky,
     .types = MatrixTypes::narrow},
    {.primitive = "gemm", .x = {19, 1, 1, 40}, .y = {23, 1, 1, 40}, .tb = yes,
     .types = MatrixTypes::narrow},
    {.primitive = "gemv", .x = {17, 3, 3, 5}},
    {.primitive = "gemv", .x = {17, 3, 3, 5}, .ta = yes},
    {.primitive = "gemv", .x = {1, 1, 1, 3}},
    {.primitive = "gemv", .x = {130, 1, 1, 300}, .ta = yes},
    {.primitive = "gemv", .x = {130, 1, 1, 300}},

    {.primitive = "moments", .x = {2, 7, 9, 3}},
    {.primitive = "moments", .x = {1, 33, 31, 1}, .offset = 100},
    {.primitive = "moments", .x = {2, 5, 5, 17}},
    {.primitive = "moments", .x = {3, 1, 1, 5}},
    {.primitive = "moments", .x = {1, 40, 41, 64}, .offset = -3},
    {.primitive = "moments", .x = {1, 3, 3, 257}},
    {.primitive = "moments", .x = {2, 23, 22, 24}, .offset = 50},
    {.primitive = "moments", .x = {1, 21, 40, 256}},
    {.primitive = "moments", .x = {1, 3, 1, 4096}},
    {.primitive = "affine_forward", .x = {2, 7, 9, 3}, .activation = relu},
    {.primitive = "affine_forward", .x = {1, 13, 11, 1}, .activation = leaky, .extra = false},
    {.primitive = "affine_forward", .x = {2, 5, 5, 17}, .activation = tanh_, .shared = true},
    {.primitive = "affine_forward", .x = {1, 30, 31, 64}, .activation = none},
    {.primitive = "affine_forward", .x = {3, 1, 1, 5}, .activation = relu, .extra = false},
    {.primitive = "affine_forward", .x = {2, 11, 7, 24}, .activation = tanh_},
    {.primitive = "affine_forward", .x = {1, 5, 5, 256}, .activation = leaky},
    {.primitive = "affine_forward", .x = {1, 3, 1, 4096}, .activation = relu, .shared = true},
    {.primitive = "affine_backward_sums", .x = {2, 7, 9, 3}, .activation = relu},
    {.primitive = "affine_backward_sums", .x = {1, 33, 11, 1}, .activation = leaky},
    {.primitive = "affine_backward_sums", .x = {2, 5, 5, 17}, .activation = tanh_, .shared = true},
    {.primitive = "affine_backward_sums", .x = {1, 40, 31, 64}, .activation = none, .extra = false},
    {.primitive = "affine_backward_sums", .x = {3, 1, 1, 5}, .activation = relu},
    {.primitive = "affine_backward_sums", .x = {2, 23, 22, 24}, .activation = tanh_},
    {.primitive = "affine_backward_sums", .x = {1, 21, 40, 256}, .activation = leaky},
    {.primitive = "affine_backward_data", .x = {2, 7, 9, 3}, .activation = relu},
    {.primitive = "affine_backward_data", .x = {1, 13, 11, 1}, .activation = leaky, .extra = false},
    {.primitive = "affine_backward_data", .x = {2, 5, 5, 17}, .activation = tanh_, .shared = true},
    {.primitive = "affine_backward_data", .x = {1, 30, 31, 64}, .activation = none},
    {.primitive = "affine_backward_data", .x = {2, 11, 7, 24}, .activation = tanh_},
    {.primitive = "affine_backward_data", .x = {1, 5, 5, 256}, .activation = leaky, .shared = true},
    // x: the normalized picture. extra: rho, gamma and beta; else instance normalization
    {.primitive = "norm_coefficients", .x = {2, 4, 5, 17}},
    {.primitive = "norm_coefficients", .x = {3, 2, 3, 5}, .shared = true, .norm = {1e-5, true}},
    {.primitive = "norm_coefficients", .x = {2, 7, 3, 64}, .extra = false},
    {.primitive = "norm_coefficients", .x = {2, 1, 1, 3}, .norm = {1e-3, true}},
    {.primitive = "norm_coefficients_backward", .x = {2, 4, 5, 17}},
    {.primitive = "norm_coefficients_backward", .x = {3, 2, 3, 5}, .shared = true,
     .norm = {1e-5, true}},
    {.primitive = "norm_coefficients_backward", .x = {2, 7, 3, 64}, .extra = false},
    {.primitive = "norm_coefficients_backward", .x = {2, 4, 4, 1}, .norm = {1e-5, true}},

    {.primitive = "pool_average", .x = {2, 7, 9, 3}, .y = {2, 1, 1, 3}},
    {.primitive = "pool_average", .x = {1, 7, 9, 17}, .y = {1, 3, 4, 17}},
    {.primitive = "pool_average", .x = {2, 8, 8, 64}, .y = {2, 4, 2, 64}},
    {.primitive = "pool_average", .x = {1, 5, 3, 1}, .y = {1, 5, 2, 1}},
    {.primitive = "pool_average_backward", .x = {2, 7, 9, 3}, .y = {2, 1, 1, 3}},
    {.primitive = "pool_average_backward", .x = {1, 7, 9, 17}, .y = {1, 3, 4, 17}},
    {.primitive = "pool_average_backward", .x = {2, 8, 8, 64}, .y = {2, 4, 2, 64}},
    {.primitive = "pool_average_backward", .x = {1, 5, 3, 1}, .y = {1, 5, 2, 1}},
    {.primitive = "pool_max", .x = {2, 7, 9, 3}, .y = {2, 1, 1, 3}},
    {.primitive = "pool_max", .x = {1, 7, 9, 17}, .y = {1, 3, 4, 17}},
    {.primitive = "pool_max", .x = {2, 8, 8, 64}, .y = {2, 4, 2, 64}},
    {.primitive = "pool_max", .x = {1, 5, 3, 1}, .y = {1, 5, 2, 1}},
    {.primitive = "pool_max_backward", .x = {2, 7, 9, 3}, .y = {2, 1, 1, 3}},
    {.primitive = "pool_max_backward", .x = {1, 7, 9, 17}, .y = {1, 3, 4, 17}},
    {.primitive = "pool_max_backward", .x = {2, 8, 8, 64}, .y = {2, 4, 2, 64}},

    {.primitive = "map", .x = {2, 7, 9, 3}},
    {.primitive = "map", .x = {1, 1, 1, 1}, .extra = false},
    {.primitive = "map", .x = {1, 65, 33, 17}},
    {.primitive = "map2", .x = {2, 7, 9, 5}},
    {.primitive = "map2", .x = {1, 1, 1, 1}, .extra = false},
    {.primitive = "map2", .x = {1, 65, 33, 17}},
    {.primitive = "map_reduce", .x = {2, 7, 9, 5}},
    {.primitive = "map_reduce", .x = {1, 1, 1, 1}},
    {.primitive = "map_reduce", .x = {1, 65, 33, 17}},
    {.primitive = "map_reduce", .x = {2, 40, 30, 24}},
    {.primitive = "reduce", .x = {2, 7, 9, 5}, .axes = primitive::all_axes},
    {.primitive = "reduce", .x = {3, 7, 9, 17}, .axes = primitive::positions},
    {.primitive = "reduce", .x = {3, 33, 9, 64}, .axes = primitive::all_but_channels},
    {.primitive = "reduce", .x = {2, 7, 9, 3}, .axes = {.c = true}},
    {.primitive = "reduce", .x = {2, 3, 9, 5}, .axes = {.h = true, .c = true}},
    {.primitive = "reduce", .x = {3, 4, 5, 1}, .axes = {.n = true, .w = true}},
    {.primitive = "reduce", .x = {2, 3, 4, 5}, .axes = {}},
    {.primitive = "reduce", .x = {70, 1, 1, 900}, .axes = {.n = true}},
    {.primitive = "reduce", .x = {2, 40, 30, 24}, .axes = primitive::all_axes},
    {.primitive = "reduce", .x = {1, 60, 31, 24}, .axes = primitive::positions},
    {.primitive = "reduce", .x = {2, 13, 17, 256}, .axes = {.c = true}},
    {.primitive = "reduce", .x = {3, 2, 4, 8}, .axes = {.n = true, .w = true}},

    {.primitive = "pad", .x = {2, 5, 7, 3},
     .geometry = padded(1, 1, Padding::reflect, {1, 3, 4, 2})},
    {.primitive = "pad", .x = {1, 4, 3, 17}, .geometry = padded(1, 1, Padding::zero, {2, 0, 1, 5})},
    {.primitive = "pad", .x = {2, 3, 2, 64}, .geometry = padded(1, 1, Padding::edge, {4, 1, 0, 3})},
    {.primitive = "pad", .x = {1, 1, 1, 1}, .geometry = padded(1, 1, Padding::edge, {1, 1, 1, 1})},
    {.primitive = "pad_backward", .x = {2, 5, 7, 3},
     .geometry = padded(1, 1, Padding::reflect, {1, 3, 4, 2})},
    {.primitive = "pad_backward", .x = {1, 4, 3, 17},
     .geometry = padded(1, 1, Padding::zero, {2, 0, 1, 5})},
    {.primitive = "pad_backward", .x = {2, 3, 2, 64},
     .geometry = padded(1, 1, Padding::edge, {4, 1, 0, 3})},
    {.primitive = "pad", .x = {2, 5, 4, 24},
     .geometry = padded(1, 1, Padding::reflect, {2, 3, 1, 3})},
    {.primitive = "pad_backward", .x = {2, 5, 4, 24},
     .geometry = padded(1, 1, Padding::reflect, {4, 3, 4, 3})},
    {.primitive = "resize", .x = {2, 5, 7, 3}, .y = {2, 10, 14, 3}},
    {.primitive = "resize", .x = {1, 9, 4, 17}, .y = {1, 4, 7, 17}},
    {.primitive = "resize", .x = {2, 5, 7, 3}, .y = {2, 8, 3, 3}, .how = Interpolation::bilinear},
    {.primitive = "resize", .x = {1, 1, 2, 64}, .y = {1, 3, 5, 64},
     .how = Interpolation::bilinear},
    {.primitive = "resize_backward", .x = {2, 5, 7, 3}, .y = {2, 10, 14, 3}},
    {.primitive = "resize_backward", .x = {1, 9, 4, 17}, .y = {1, 4, 7, 17}},
    {.primitive = "resize_backward", .x = {2, 5, 7, 3}, .y = {2, 8, 3, 3},
     .how = Interpolation::bilinear},
    {.primitive = "resize_backward", .x = {1, 1, 2, 64}, .y = {1, 3, 5, 64},
     .how = Interpolation::bilinear},
    {.primitive = "copy_channels", .x = {2, 3, 5, 17}, .y = {2, 3, 5, 21}, .from = 2, .to = 5,
     .count = 11},
    {.primitive = "copy_channels", .x = {2, 3, 5, 24}, .y = {2, 3, 5, 40}, .from = 8, .to = 24,
     .count = 16},
    {.primitive = "copy_channels", .x = {1, 3, 5, 3}, .y = {1, 3, 5, 1}, .from = 1, .count = 1},
    {.primitive = "copy", .x = {2, 7, 9, 5}},
    {.primitive = "copy", .x = {1, 65, 33, 17}},
    {.primitive = "fill", .x = {2, 7, 9, 5}},
    {.primitive = "fill", .x = {1, 65, 33, 17}},
    {.primitive = "cast", .x = {2, 7, 9, 5}},
    {.primitive = "cast", .x = {1, 65, 33, 17}},

    {.primitive = "adam", .x = {1, 1, 1, 77}},
    {.primitive = "adam", .x = {1, 65, 33, 17}},
    // weights (O,I); count: factors, of 1, 2, ... samples
    {.primitive = "adam_outer", .x = {17, 1, 1, 35}, .count = 1},
    {.primitive = "adam_outer", .x = {10, 3, 3, 5}, .count = 3},
    {.primitive = "adam_outer", .x = {9, 1, 1, 2500}, .count = 2},
    {.primitive = "adam_outer", .x = {19, 2, 2, 24}, .count = 6},
    {.primitive = "ema", .x = {1, 1, 1, 77}},
    {.primitive = "ema", .x = {1, 65, 33, 17}},
    {.primitive = "clamp", .x = {1, 1, 1, 77}},
    {.primitive = "clamp", .x = {1, 65, 33, 17}},
    {.primitive = "sum_squares", .x = {1, 1, 1, 3}},
    {.primitive = "sum_squares", .x = {1, 65, 33, 17}},
    {.primitive = "all_finite", .x = {1, 65, 33, 17}},
    {.primitive = "all_finite", .x = {1, 1, 1, 77}, .variant = 1},
    {.primitive = "all_finite", .x = {1, 1, 1, 1}, .variant = 2},
    {.primitive = "all_finite", .x = {1, 65, 33, 17}, .variant = 3},
    {.primitive = "random", .x = {1, 1, 1, 77}},
    {.primitive = "random", .x = {1, 65, 33, 5}},
    {.primitive = "random", .x = {1, 1, 1, 77}, .variant = 1},
    {.primitive = "random", .x = {1, 65, 33, 5}, .variant = 1},
});
// clang-format on

}  // namespace limn_test
