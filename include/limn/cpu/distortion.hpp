// SPDX-License-Identifier: MIT
// Group "distortion" on the CPU: one pass for the picture's mean, one for its pixels, row by row.
#pragma once

#include <algorithm>
#include <cstddef>

#include "limn/core/primitives/distortion.hpp"
#include "limn/cpu/device.hpp"

namespace limn::inline v0::cpu {

/// One picture on its way: what is read, and how a pixel finds what it reads.
template <class T, bool transposed>
struct DistortedPicture {
  using P = param_t<T>;
  const T* from;
  Index channels;
  int height, width;
  primitive::DistortionRow<P> how;

  /// The pixel that row i, column j is made of; null: none.
  [[nodiscard]] const T* source(int i, int j) const {
    const int at =
        transposed ? how.transposed(i, j, height, width) : how.forward(i, j, height, width);
    return at < 0 ? nullptr : from + at * channels;
  }

  /// What row i adds to the mean: of all of x, or of what arrives of dy.
  [[nodiscard]] double row_sum(int i) const {
    double sum = 0;
    for (int j = 0; j < width; ++j) {
      const T* pixel = transposed ? source(i, j) : from + (Index{i} * width + j) * channels;
      if (pixel == nullptr) continue;
      P of_pixel{};
      for (Index c = 0; c < channels; ++c) of_pixel += P(pixel[c]);
      sum += static_cast<double>(of_pixel);
    }
    return sum;
  }

  /// Row i of the result, given the mean.
  void write_row(int i, P mean, T* to, bool accumulate) const {
    const P scale = how.contrast * how.saturation,
            gray = how.contrast * (1 - how.saturation) / static_cast<P>(channels);
    P offset = (1 - how.contrast) * mean;
    if (!transposed) offset += how.brightness;
    for (int j = 0; j < width; ++j, to += channels) {
      const T* pixel = source(i, j);
      P sum{};
      if (pixel != nullptr)
        for (Index c = 0; c < channels; ++c) sum += P(pixel[c]);
      // outside, y is 0; dx still has the share of the mean that every pixel has
      const P base = pixel == nullptr && !transposed ? P(0) : gray * sum + offset;
      for (Index c = 0; c < channels; ++c) {
        P value = base + (pixel == nullptr ? P(0) : scale * P(pixel[c]));
        if (accumulate) value += P(to[c]);
        to[c] = T(value);
      }
    }
  }
};

}  // namespace limn::inline v0::cpu

namespace limn::inline v0::primitive {

template <Scalar T>
struct Distorting<Cpu, T> {
  using P = param_t<T>;
  using Scratch = Tensor<Cpu, std::byte>;

  /// A sum per row.
  static std::size_t workspace(Cpu&, const Shape& s) {
    return static_cast<std::size_t>(s.n * s.h) * sizeof(double);
  }
  static void forward(Cpu& device, const Tensor<Cpu, P>& how, const Tensor<Cpu, T>& x,
                      const Tensor<Cpu, T>& y, const Scratch& scratch) {
    run<false>(device, how, x, y, false, scratch);
  }
  static void backward(Cpu& device, const Tensor<Cpu, P>& how, const Tensor<Cpu, T>& dy,
                       const Tensor<Cpu, T>& dx, Write write, const Scratch& scratch) {
    run<true>(device, how, dy, dx, write == Write::accumulate, scratch);
  }

 private:
  template <bool transposed>
  static void run(Cpu& device, const Tensor<Cpu, P>& how, const Tensor<Cpu, T>& from,
                  const Tensor<Cpu, T>& to, bool accumulate, const Scratch& scratch) {
    const Shape& s = from.shape();
    if (s.size() == 0) return;
    auto* sums = reinterpret_cast<double*>(scratch.data());
    const T* read = from.data();
    T* written = to.data();
    const P* rows = how.data();
    const auto picture = [&](Index n) {
      return cpu::DistortedPicture<T, transposed>{read + n * s.sample(), s.c, static_cast<int>(s.h),
                                                  static_cast<int>(s.w),
                                                  DistortionRow<P>(rows + n * how.shape().c)};
    };
    device.threads().run(s.n * s.h, [&](Index task, int) {
      sums[task] = picture(task / s.h).row_sum(static_cast<int>(task % s.h));
    });
    for (Index n = 0; n < s.n; ++n) {
      double total = 0;
      for (Index h = 0; h < s.h; ++h) total += sums[n * s.h + h];
      sums[n * s.h] = total / static_cast<double>(s.sample());
    }
    device.threads().run(s.n * s.h, [&](Index task, int) {
      const Index n = task / s.h;
      picture(n).write_row(static_cast<int>(task % s.h), static_cast<P>(sums[n * s.h]),
                           written + task * s.w * s.c, accumulate);
    });
  }
};

}  // namespace limn::inline v0::primitive
