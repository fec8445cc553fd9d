// SPDX-License-Identifier: MIT
// Group "distortion" as kernels: sums of rows, means of pictures, pixels (one per thread).
#pragma once

#include <cstddef>

#include "limn/core/primitives/distortion.hpp"
#include "limn/cuda/block.hpp"

namespace limn::inline v0::gpu {

/// sums[row] = what a row adds to its picture's mean: of all of x, or of what arrives of dy.
template <class T, bool transposed>
struct DistortedSumKernel {
  static constexpr int threads = 128;
  using P = param_t<T>;
  const P* how;
  const T* from;
  double* sums;
  int height, width, channels;

  LIMN_NO_EXECUTION_CHECK
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    typename Block::template Registers<double> parts;
    const int row = static_cast<int>(block.x()), n = row / height, i = row - n * height;
    const primitive::DistortionRow<P> numbers(how + Index{n} * 9);
    const T* picture = from + Index{n} * height * width * channels;
    block.each([&](int thread) {
      double sum = 0;
      LIMN_NO_UNROLL
      for (int j = thread; j < width; j += threads) {
        const int at = transposed ? numbers.transposed(i, j, height, width) : i * width + j;
        if (at < 0) continue;
        P of_pixel = P(0);
        LIMN_NO_UNROLL
        for (int c = 0; c < channels; ++c) of_pixel += P(picture[Index{at} * channels + c]);
        sum += static_cast<double>(of_pixel);
      }
      parts(thread) = sum;
    });
    const double total = block.sum(parts);
    block.each([&](int thread) {
      if (thread == 0) sums[row] = total;
    });
  }
};

/// means[n] = sum of a picture's rows / its values.
struct DistortedMeanKernel {
  static constexpr int threads = 128;
  const double* sums;
  double* means;
  int height;
  double values;

  LIMN_NO_EXECUTION_CHECK
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    typename Block::template Registers<double> parts;
    block.each([&](int thread) {
      double sum = 0;
      LIMN_NO_UNROLL
      for (int i = thread; i < height; i += threads) sum += sums[block.x() * height + i];
      parts(thread) = sum;
    });
    const double total = block.sum(parts);
    block.each([&](int thread) {
      if (thread == 0) means[block.x()] = total / values;
    });
  }
};

/// The pixels, as primitive::distort and its transpose say.
template <class T, bool transposed>
struct DistortKernel {
  static constexpr int threads = 256;
  using P = param_t<T>;
  const P* how;
  const T* from;
  const double* means;
  T* to;
  Index pixels;
  int height, width, channels;
  bool accumulate;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const Index pixel = block.x() * threads + thread;
      if (pixel >= pixels) return;
      const int area = height * width, n = static_cast<int>(pixel / area),
                place = static_cast<int>(pixel - Index{n} * area), i = place / width,
                j = place - i * width;
      const primitive::DistortionRow<P> numbers(how + Index{n} * 9);
      const int at = transposed ? numbers.transposed(i, j, height, width)
                                : numbers.forward(i, j, height, width);
      const T* source = from + (Index{n} * area + (at < 0 ? 0 : at)) * channels;
      P sum = P(0);
      LIMN_NO_UNROLL
      for (int c = 0; c < channels && at >= 0; ++c) sum += P(source[c]);
      P base = (P(1) - numbers.contrast) * static_cast<P>(means[n]);
      if (!transposed) base += numbers.brightness;
      base += numbers.contrast * (P(1) - numbers.saturation) / static_cast<P>(channels) * sum;
      // outside, y is 0; dx still has the share of the mean that every pixel has
      if (at < 0 && !transposed) base = P(0);
      const P scale = at < 0 ? P(0) : numbers.contrast * numbers.saturation;
      T* target = to + pixel * channels;
      LIMN_NO_UNROLL
      for (int c = 0; c < channels; ++c) {
        P value = base;
        if (at >= 0) value += scale * P(source[c]);
        if (accumulate) value += P(target[c]);
        target[c] = T(value);
      }
    });
  }
};

}  // namespace limn::inline v0::gpu

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar T>
struct Distorting<D, T> {
  using P = param_t<T>;
  using Scratch = Tensor<D, std::byte>;

  /// A sum per row, and a mean per picture.
  static std::size_t workspace(D&, const Shape& s) {
    return static_cast<std::size_t>(s.n * s.h + s.n) * sizeof(double);
  }
  static void forward(D& device, const Tensor<D, P>& how, const Tensor<D, T>& x,
                      const Tensor<D, T>& y, const Scratch& scratch) {
    run<false>(device, how, x, y, false, scratch);
  }
  static void backward(D& device, const Tensor<D, P>& how, const Tensor<D, T>& dy,
                       const Tensor<D, T>& dx, Write write, const Scratch& scratch) {
    run<true>(device, how, dy, dx, write == Write::accumulate, scratch);
  }

 private:
  template <bool transposed>
  static void run(D& device, const Tensor<D, P>& how, const Tensor<D, T>& from,
                  const Tensor<D, T>& to, bool accumulate, const Scratch& scratch) {
    const Shape& s = from.shape();
    if (s.size() == 0) return;
    const auto height = static_cast<int>(s.h), width = static_cast<int>(s.w),
               channels = static_cast<int>(s.c);
    auto* sums = reinterpret_cast<double*>(scratch.data());
    double* means = sums + s.n * s.h;
    gpu::launch(device, {s.n * s.h},
                gpu::DistortedSumKernel<T, transposed>{how.data(), from.data(), sums, height, width,
                                                       channels});
    gpu::launch(device, {s.n},
                gpu::DistortedMeanKernel{sums, means, height, static_cast<double>(s.sample())});
    using Kernel = gpu::DistortKernel<T, transposed>;
    const Index pixels = s.n * s.area();
    gpu::launch(device, {gpu::blocks_of(pixels, Kernel::threads)},
                Kernel{how.data(), from.data(), means, to.data(), pixels, height, width, channels,
                       accumulate});
  }
};

}  // namespace limn::inline v0::primitive
