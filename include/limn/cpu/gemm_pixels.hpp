// SPDX-License-Identifier: MIT
// Each pixel of a map times all weights, as one dense product: what convolutions begin with that
// add up taps afterwards.
#pragma once

#include "limn/core/maths.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/gemm_engine.hpp"
#include "limn/cpu/gemm_pack.hpp"

namespace limn::inline v0::cpu {

/// y[row] = x[row] weights: the product of `rows` rows of weights.channels values, say pixels, that
/// lie side by side, as do those of y. Not planned yet.
template <class T>
[[nodiscard]] Product<T, float, float> product_of_pixels(const T* x, Index rows,
                                                         const Weights<float>& weights, float* y,
                                                         Maths maths) {
  Product<T, float, float> product;
  product.patches.a = x;
  product.patches.channels = product.patches.leading = weights.channels;
  product.patches.out_h = rows;
  product.weights = weights;
  product.out.y = y;
  product.out.out_h = rows;
  product.out.columns = product.out.row_stride = weights.columns;
  product.split = maths == Maths::split;
  return product;
}

}  // namespace limn::inline v0::cpu
