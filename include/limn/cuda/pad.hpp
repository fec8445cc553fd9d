// SPDX-License-Identifier: MIT
// Pictures continued beyond their borders, and the transpose: what the layout group's pad computes
// and what a convolution hands to a library. The picture may be doubled by repetition first, stored
// in another type, and have more channels afterwards (zeros).
//
// A block has neighbouring packs of channels of one row, a thread one of them.
#pragma once

#include <type_traits>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/device.hpp"
#include "limn/core/scalar.hpp"
#include "limn/cuda/block.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// One axis of a picture and of what it becomes.
struct PadAxis {
  Padding padding = Padding::zero;
  int extent = 1;  ///< of the picture
  int repeat = 1;  ///< how often each position is repeated
  int before = 0;  ///< positions outside, in front
  int padded = 1;  ///< before + extent * repeat + those behind

  /// Which position of the picture is seen at a padded one; -1: none.
  [[nodiscard]] LIMN_HOST_DEVICE int source(int i) const {
    i -= before;
    const int last = extent * repeat - 1;
    if (i < 0 || i > last) {
      if (padding == Padding::zero || padding == Padding::none) return -1;
      if (padding == Padding::reflect)
        i = i < 0 ? -i : 2 * last - i;
      else
        i = i < 0 ? 0 : last;
    }
    return repeat == 1 ? i : i / repeat;
  }

  /// f(padded position) for all that see position i, in ascending order per repetition. f is called
  /// in one place, so that the compiler inlines it.
  template <class F>
  LIMN_HOST_DEVICE void each_seen(int i, const F& f) const {
    const int last = extent * repeat - 1, behind = padded - before - last - 1;
    LIMN_NO_UNROLL
    for (int u = i * repeat; u < (i + 1) * repeat; ++u) {
      int first = before + u, end = first + 1;
      if (padding == Padding::edge) {
        if (u == 0) first = 0;
        if (u == last) end = padded;
      }
      const bool reflect = padding == Padding::reflect;
      const int from = first - (reflect && u >= 1 && u <= before ? 1 : 0);
      const int to = end + (reflect && u < last && u >= last - behind ? 1 : 0);
      LIMN_NO_UNROLL
      for (int k = from; k < to; ++k)
        f(k < first ? before - u : k < end ? k : before + 2 * last - u);
    }
  }
};

/// Rows of packs, each cut into blocks of one pack per thread.
struct PackRows {
  static constexpr int threads = 256;
  int rows = 1;    ///< of a sample
  int packs = 1;   ///< of a row
  int pixel = 1;   ///< packs of a pixel
  int pieces = 1;  ///< blocks of a row

  [[nodiscard]] static PackRows of(const Shape& s, Index width) {
    const Index pixel = s.c / width, packs = s.w * pixel;
    return {static_cast<int>(s.h), static_cast<int>(packs), static_cast<int>(pixel),
            static_cast<int>(blocks_of(packs, threads))};
  }
  [[nodiscard]] Grid grid(Index samples) const { return {samples * rows * pieces}; }

  /// Where a block works; row counts through all samples.
  struct Place {
    int sample, row, i, first;  ///< i: of the sample; first: pack of the row
  };
  [[nodiscard]] LIMN_HOST_DEVICE Place place(Index block) const {
    const int number = static_cast<int>(block), row = number / pieces, sample = row / rows;
    return {sample, row, row - sample * rows, (number - row * pieces) * threads};
  }
};

/// y = x continued, in type To. Channels of y that x has not are 0.
template <class From, class To, int width>
struct PadKernel {
  static constexpr int threads = PackRows::threads;
  const From* x;
  To* y;
  PadAxis h, w;
  PackRows cut;  ///< of y
  int channels, y_channels;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    const auto at = cut.place(block.x());
    const int from_row = h.source(at.i);
    const From* source = x + (Index{at.sample} * h.extent + from_row) * w.extent * channels;
    To* target = y + Index{at.row} * cut.packs * width;
    block.each([&](int thread) {
      const int k = at.first + thread;
      if (k >= cut.packs) return;
      const int j = k / cut.pixel, c = (k - j * cut.pixel) * width, column = w.source(j);
      auto value = filled<width>(To(0.0F));
      if (from_row >= 0 && column >= 0 && c < channels)
        value = converted<To>(load<width>(source + Index{column} * channels + c));
      store(target + Index{k} * width, value);
    });
  }
};

/// dx (+)= dy folded back: the transpose of PadKernel. Channels of dy that dx has not are left out.
template <class From, class To, int width>
struct FoldKernel {
  static constexpr int threads = PackRows::threads;
  using P = std::conditional_t<std::is_same_v<From, double>, double, float>;
  const From* dy;
  To* dx;
  PadAxis h, w;
  PackRows cut;  ///< of dx
  int channels, dy_channels;
  bool accumulate;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    const auto at = cut.place(block.x());
    const Index line = Index{w.padded} * dy_channels;
    const From* source = dy + at.sample * h.padded * line;
    To* target = dx + Index{at.row} * cut.packs * width;
    block.each([&](int thread) {
      const int k = at.first + thread;
      if (k >= cut.packs) return;
      const int j = k / cut.pixel, c = (k - j * cut.pixel) * width;
      auto sums = filled<width>(P(0));
      if (accumulate) sums = converted<P>(load<width>(target + Index{k} * width));
      h.each_seen(at.i, [&](int row) {
        w.each_seen(j, [&](int column) {
          const auto value =
              converted<P>(load<width>(source + row * line + Index{column} * dy_channels + c));
          LIMN_UNROLL
          for (int e = 0; e < width; ++e) sums.value[e] += value.value[e];
        });
      });
      store(target + Index{k} * width, converted<To>(sums));
    });
  }
};

namespace detail {

/// f(integral_constant<int, width>): full packs of type Unit where both channel counts and both
/// pointers allow them.
template <class Unit, class A, class B, class F>
void with_channel_width(Index a_channels, Index b_channels, const A* a, const B* b, F&& f) {
  constexpr Index width = full_width<Unit>;
  with_width<Unit>(a_channels % width == 0 && b_channels % width == 0 && aligned_for_packs(a, b),
                   std::forward<F>(f));
}
template <class A, class B>
using Narrower = std::conditional_t<(sizeof(A) < sizeof(B)), A, B>;
template <class A, class B>
using Wider = std::conditional_t<(sizeof(A) < sizeof(B)), B, A>;

inline PadAxis pad_axis(Padding padding, Index extent, Index repeat, Index before, Index padded) {
  return {padding, static_cast<int>(extent), static_cast<int>(repeat), static_cast<int>(before),
          static_cast<int>(padded)};
}

}  // namespace detail

/// y (N, top + repeat H + bottom, left + repeat W + right, C' >= C) = x (N,H,W,C), each pixel
/// repeated, continued as `padding` says, in y's type; channels from C on are 0.
template <BlockDevice D, Scalar From, Scalar To>
void pad(D& device, Padding padding, const Sides& sides, Index repeat, const From* x,
         const Shape& in, To* y, const Shape& out) {
  using Unit = detail::Narrower<From, To>;
  detail::with_channel_width<Unit>(in.c, out.c, x, y, [&](auto width) {
    const auto cut = PackRows::of(out, width());
    launch(device, cut.grid(out.n),
           PadKernel<From, To, width()>{x, y,
                                        detail::pad_axis(padding, in.h, repeat, sides.top, out.h),
                                        detail::pad_axis(padding, in.w, repeat, sides.left, out.w),
                                        cut, static_cast<int>(in.c), static_cast<int>(out.c)});
  });
}

/// dx (N,H,W,C) (+)= the transpose of pad applied to dy (N,..,..,C' >= C).
template <BlockDevice D, Scalar From, Scalar To>
void fold(D& device, Padding padding, const Sides& sides, Index repeat, const From* dy,
          const Shape& padded, To* dx, const Shape& shape, Write write) {
  using Unit = detail::Wider<From, To>;  // the sums take registers
  detail::with_channel_width<Unit>(padded.c, shape.c, dy, dx, [&](auto width) {
    const auto cut = PackRows::of(shape, width());
    launch(device, cut.grid(shape.n),
           FoldKernel<From, To, width()>{
               dy, dx, detail::pad_axis(padding, shape.h, repeat, sides.top, padded.h),
               detail::pad_axis(padding, shape.w, repeat, sides.left, padded.w), cut,
               static_cast<int>(shape.c), static_cast<int>(padded.c), write == Write::accumulate});
  });
}

}  // namespace limn::inline v0::gpu
