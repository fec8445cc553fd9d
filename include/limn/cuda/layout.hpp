// SPDX-License-Identifier: MIT
// Group "layout" as kernels.
#pragma once

#include "limn/core/primitives/layout.hpp"
#include "limn/cuda/flat.hpp"
#include "limn/cuda/pad.hpp"
#include "limn/cuda/resize.hpp"

namespace limn::inline v0::gpu {

/// y (+)= x
template <class T>
struct CopyStep {
  const T* x;
  T* y;
  bool accumulate;

  template <int width>
  LIMN_HOST_DEVICE void run(Index i) const {
    auto value = load<width>(x + i);
    if (accumulate) {
      using P = param_t<T>;
      auto sums = converted<P>(load<width>(y + i));
      const auto added = converted<P>(value);
      for (int e = 0; e < width; ++e) sums.value[e] += added.value[e];
      value = converted<T>(sums);
    }
    store(y + i, value);
  }
};

/// x = value
template <class T>
struct FillStep {
  T* x;
  T value;

  template <int width>
  LIMN_HOST_DEVICE void run(Index i) const {
    store(x + i, filled<width>(value));
  }
};

/// y = x in another type.
template <class From, class To>
struct CastStep {
  const From* x;
  To* y;

  template <int width>
  LIMN_HOST_DEVICE void run(Index i) const {
    // double becomes bfloat16 by way of float, as everywhere
    using Middle =
        std::conditional_t<std::is_same_v<From, double> || std::is_same_v<To, double>,
                           std::conditional_t<std::is_same_v<To, bfloat16>, float, To>, float>;
    store(y + i, converted<To>(converted<Middle>(load<width>(x + i))));
  }
};

/// y[.., i] (+)= x[.., i] for `count` channels of pixels that have more of them.
template <class T, int width>
struct CopyChannelsKernel {
  static constexpr int threads = 256;
  const T* x;
  T* y;
  Index pixels, x_channels, y_channels;
  int count, per_block;  ///< channels; pixels of a block
  bool accumulate;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    const Index first = block.x() * per_block;
    const int here = static_cast<int>(smaller<Index>(per_block, pixels - first));
    const int packs = count / width;
    block.each([&](int thread) {
      for (int k = thread; k < here * packs; k += threads) {
        const int pixel = k / packs, c = (k - pixel * packs) * width;
        CopyStep<T>{x + (first + pixel) * x_channels + c, y + (first + pixel) * y_channels + c,
                    accumulate}
            .template run<width>(0);
      }
    });
  }
};

}  // namespace limn::inline v0::gpu

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar T>
struct Layout<D, T> {
  static void pad(D& device, Padding padding, const Sides& sides, const Tensor<D, T>& x,
                  const Tensor<D, T>& y) {
    gpu::pad(device, padding, sides, 1, x.data(), x.shape(), y.data(), y.shape());
  }

  static void pad_backward(D& device, Padding padding, const Sides& sides, const Tensor<D, T>& dy,
                           const Tensor<D, T>& dx, Write write) {
    gpu::fold(device, padding, sides, 1, dy.data(), dy.shape(), dx.data(), dx.shape(), write);
  }

  static void resize(D& device, Interpolation how, const Tensor<D, T>& x, const Tensor<D, T>& y) {
    gpu::resize(device, how, x.data(), x.shape(), y.data(), y.shape());
  }

  static void resize_backward(D& device, Interpolation how, const Tensor<D, T>& dy,
                              const Tensor<D, T>& dx, Write write) {
    gpu::resize_backward(device, how, dy.data(), dy.shape(), dx.data(), dx.shape(), write);
  }

  static void copy_channels(D& device, const Tensor<D, T>& x, Index from, const Tensor<D, T>& y,
                            Index to, Index count, Write write) {
    const Index pixels = x.shape().n * x.shape().area(), read = x.shape().c, written = y.shape().c;
    const T* source = x.data() + from;
    T* target = y.data() + to;
    constexpr Index full = gpu::full_width<T>;
    const bool aligned = count % full == 0 && read % full == 0 && written % full == 0 &&
                         gpu::aligned_for_packs(source, target);
    if (count == 0) return;
    gpu::with_width<T>(aligned, [&](auto width) {
      const Index per_block = gpu::larger<Index>(1, 1024 / (count / width()));
      gpu::launch(device, {gpu::blocks_of(pixels, per_block)},
                  gpu::CopyChannelsKernel<T, width()>{
                      source, target, pixels, read, written, static_cast<int>(count),
                      static_cast<int>(per_block), write == Write::accumulate});
    });
  }

  static void copy(D& device, const Tensor<D, T>& x, const Tensor<D, T>& y, Write write) {
    gpu::flat_pass<T>(device, x.size(), gpu::aligned_for_packs(x.data(), y.data()),
                      gpu::CopyStep<T>{x.data(), y.data(), write == Write::accumulate});
  }

  static void fill(D& device, const Tensor<D, T>& x, param_t<T> value) {
    gpu::flat_pass<T>(device, x.size(), gpu::aligned_for_packs(x.data()),
                      gpu::FillStep<T>{x.data(), T(value)});
  }
};

template <gpu::BlockDevice D, Scalar From, Scalar To>
struct Cast<D, From, To> {
  static void cast(D& device, const Tensor<D, From>& x, const Tensor<D, To>& y) {
    gpu::flat_pass<gpu::detail::Narrower<From, To>>(device, x.size(),
                                                    gpu::aligned_for_packs(x.data(), y.data()),
                                                    gpu::CastStep<From, To>{x.data(), y.data()});
  }
};

}  // namespace limn::inline v0::primitive
