// SPDX-License-Identifier: MIT
// Every kernel of the CUDA backend, instantiated and never run: what tests/cuda/resources compiles
// to ask the compiler about registers, stack and the width of accesses.
#include <tuple>

#include "limn/core/activation.hpp"
#include "limn/cuda.hpp"
#include "limn/loss/losses.hpp"

namespace limn::inline v0::primitive {

template struct Normalization<Cuda, float>;
template struct Normalization<Cuda, double>;
template struct Optimizer<Cuda, float>;
template struct Optimizer<Cuda, double>;
template struct Matrix<Cuda, float, float, float>;
template struct Matrix<Cuda, double, double, double>;
template struct Matrix<Cuda, bfloat16, float, bfloat16>;
template struct Matrix<Cuda, bfloat16, bfloat16, float>;
template struct Matrix<Cuda, bfloat16, bfloat16, bfloat16>;
template struct Cast<Cuda, float, bfloat16>;
template struct Cast<Cuda, bfloat16, float>;
template struct Convolution<Cuda, float>;
template struct Convolution<Cuda, double>;
template struct Convolution<Cuda, bfloat16>;
template struct Affine<Cuda, float>;
template struct Affine<Cuda, double>;
template struct Affine<Cuda, bfloat16>;
template struct Pooling<Cuda, float>;
template struct Pooling<Cuda, double>;
template struct Pooling<Cuda, bfloat16>;
template struct Pointwise<Cuda, float>;
template struct Pointwise<Cuda, double>;
template struct Pointwise<Cuda, bfloat16>;
template struct Layout<Cuda, float>;
template struct Layout<Cuda, double>;
template struct Layout<Cuda, bfloat16>;
template struct Distorting<Cuda, float>;
template struct Distorting<Cuda, double>;
template struct Distorting<Cuda, bfloat16>;
template struct Random<Cuda, float>;
template struct Random<Cuda, double>;
template struct Random<Cuda, bfloat16>;
template struct OuterOptimizer<Cuda, float>;
template struct OuterOptimizer<Cuda, double>;
template struct OuterOptimizer<Cuda, bfloat16>;

namespace {

/// The functors that the library maps.
template <class T>
[[maybe_unused]] void mapped(const Tensor<Cuda, T>& x, const Tensor<Cuda, param_t<T>>& sum) {
  map(relu_activation, x, x, Write::accumulate, sum);
  map2(ActivationBackward<Activation::Kind::tanh>{}, x, x, x, Write::accumulate, sum);
  map_reduce(ActivationBackward<Activation::Kind::leaky_relu>{0.2F}, x, x, 1.0, sum);
  map_reduce_gradient(AbsoluteError{}, x, x, {1, sum}, {1, x, Write::accumulate});
}
[[maybe_unused]] constexpr auto all_mapped =
    std::tuple{&mapped<float>, &mapped<double>, &mapped<bfloat16>};

}  // namespace

}  // namespace limn::inline v0::primitive
