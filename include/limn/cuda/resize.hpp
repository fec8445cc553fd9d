// SPDX-License-Identifier: MIT
// Pictures at another extent, and the transpose, which gathers: each pixel of dx is written once,
// from the pixels of dy that read it.
#pragma once

#include <cstdint>

#include "limn/core/primitives/layout.hpp"
#include "limn/cuda/pad.hpp"

namespace limn::inline v0::gpu {

/// One axis of a resized picture: half-pixel centres, position i of `out` lies at
/// (i + 1/2) in / out - 1/2 of `in`, moved into the picture.
struct ResizeAxis {
  int in = 1, out = 1;
  bool bilinear = false;

  /// Up to two neighbouring positions of `in`: low with weight 1 - part, low + 1 with part.
  struct Taps {
    int low;
    double part;
    [[nodiscard]] LIMN_HOST_DEVICE double weight(int position) const {
      return position == low ? 1 - part : position == low + 1 ? part : 0.0;
    }
  };
  [[nodiscard]] LIMN_HOST_DEVICE Taps taps(int i) const {
    if (!bilinear)
      return {static_cast<int>(static_cast<unsigned>(2 * i + 1) * static_cast<std::uint64_t>(in) /
                               static_cast<unsigned>(2 * out)),
              0.0};
    const double centre =
        (static_cast<double>(i) + 0.5) * static_cast<double>(in) / static_cast<double>(out) - 0.5;
    const double at = larger(centre, 0.0);
    const int low = smaller(static_cast<int>(at), in - 1);
    return {low, low == in - 1 ? 0.0 : at - static_cast<double>(low)};
  }

  /// A range of positions of `out` that holds all that read position s of `in`.
  struct Range {
    int first, end;
  };
  [[nodiscard]] LIMN_HOST_DEVICE Range readers(int s) const {
    const double scale = static_cast<double>(out) / static_cast<double>(in);
    // the hat reaches one position to either side; one more for the rounding
    const int first = static_cast<int>((static_cast<double>(s) - 0.5) * scale - 0.5) - 1;
    const int end = static_cast<int>((static_cast<double>(s) + 1.5) * scale - 0.5) + 3;
    return {s == 0 ? 0 : larger(first, 0), s == in - 1 ? out : smaller(end, out)};
  }
};

/// y = x at another extent.
template <class T, int width>
struct ResizeKernel {
  static constexpr int threads = PackRows::threads;
  using P = param_t<T>;
  const T* x;
  T* y;
  ResizeAxis h, w;
  PackRows cut;  ///< of y
  int channels;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    const auto at = cut.place(block.x());
    const auto down = h.taps(at.i);
    const Index line = Index{w.in} * channels;
    const T* source = x + (Index{at.sample} * h.in + down.low) * line;
    T* target = y + Index{at.row} * cut.packs * width;
    block.each([&](int thread) {
      const int k = at.first + thread;
      if (k >= cut.packs) return;
      const int j = k / cut.pixel, c = (k - j * cut.pixel) * width;
      const auto across = w.taps(j);
      const T* from = source + Index{across.low} * channels + c;
      auto sums = filled<width>(P(0));
      LIMN_NO_UNROLL
      for (int r = 0; r < (down.part == 0.0 ? 1 : 2); ++r) {
        LIMN_NO_UNROLL
        for (int s = 0; s < (across.part == 0.0 ? 1 : 2); ++s) {
          const auto weight = static_cast<P>((r == 0 ? 1 - down.part : down.part) *
                                             (s == 0 ? 1 - across.part : across.part));
          const auto value = converted<P>(load<width>(from + r * line + s * channels));
          LIMN_UNROLL
          for (int e = 0; e < width; ++e) sums.value[e] += weight * value.value[e];
        }
      }
      store(target + Index{k} * width, converted<T>(sums));
    });
  }
};

/// dx (+)= the transpose of ResizeKernel applied to dy.
template <class T, int width>
struct ResizeBackwardKernel {
  static constexpr int threads = PackRows::threads;
  using P = param_t<T>;
  const T* dy;
  T* dx;
  ResizeAxis h, w;  ///< in: dx, out: dy
  PackRows cut;     ///< of dx
  int channels;
  bool accumulate;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    const auto at = cut.place(block.x());
    const Index line = Index{w.out} * channels;
    const T* source = dy + at.sample * h.out * line;
    T* target = dx + Index{at.row} * cut.packs * width;
    const auto rows = h.readers(at.i);
    block.each([&](int thread) {
      const int k = at.first + thread;
      if (k >= cut.packs) return;
      const int j = k / cut.pixel, c = (k - j * cut.pixel) * width;
      const auto columns = w.readers(j);
      auto sums = filled<width>(P(0));
      if (accumulate) sums = converted<P>(load<width>(target + Index{k} * width));
      LIMN_NO_UNROLL
      for (int r = rows.first; r < rows.end; ++r) {
        const double down = h.taps(r).weight(at.i);
        if (down == 0.0) continue;
        LIMN_NO_UNROLL
        for (int s = columns.first; s < columns.end; ++s) {
          const double across = w.taps(s).weight(j);
          if (across == 0.0) continue;
          const auto weight = static_cast<P>(down * across);
          const auto value = converted<P>(load<width>(source + r * line + Index{s} * channels + c));
          LIMN_UNROLL
          for (int e = 0; e < width; ++e) sums.value[e] += weight * value.value[e];
        }
      }
      store(target + Index{k} * width, converted<T>(sums));
    });
  }
};

namespace detail {
inline ResizeAxis resize_axis(primitive::Interpolation how, Index in, Index out) {
  return {static_cast<int>(in), static_cast<int>(out), how == primitive::Interpolation::bilinear};
}
}  // namespace detail

template <BlockDevice D, Scalar T>
void resize(D& device, primitive::Interpolation how, const T* x, const Shape& in, T* y,
            const Shape& out) {
  detail::with_channel_width<T>(in.c, in.c, x, y, [&](auto width) {
    const auto cut = PackRows::of(out, width());
    launch(device, cut.grid(out.n),
           ResizeKernel<T, width()>{x, y, detail::resize_axis(how, in.h, out.h),
                                    detail::resize_axis(how, in.w, out.w), cut,
                                    static_cast<int>(in.c)});
  });
}

template <BlockDevice D, Scalar T>
void resize_backward(D& device, primitive::Interpolation how, const T* dy, const Shape& out, T* dx,
                     const Shape& in, Write write) {
  detail::with_channel_width<T>(in.c, in.c, dy, dx, [&](auto width) {
    const auto cut = PackRows::of(in, width());
    launch(device, cut.grid(in.n),
           ResizeBackwardKernel<T, width()>{dy, dx, detail::resize_axis(how, in.h, out.h),
                                            detail::resize_axis(how, in.w, out.w), cut,
                                            static_cast<int>(in.c), write == Write::accumulate});
  });
}

}  // namespace limn::inline v0::gpu
