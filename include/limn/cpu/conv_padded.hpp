// SPDX-License-Identifier: MIT
// Pictures of few channels, copied as floats with what lies around them: there the taps of a
// kernel's row lie side by side for every pixel, so that products read them where they are.
#pragma once

#include <algorithm>
#include <type_traits>

#include "limn/core/config.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/gemm_dot.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// Pictures of at most so many channels are worth it: taps of more fill registers by themselves.
inline constexpr Index picture_channels = 8;

/// Are patches of `channels` that become `columns` read from padded pictures? Floats alone: other
/// values are widened as they are gathered.
template <class T>
[[nodiscard]] constexpr bool reads_pictures(const ConvGeometry& g, Index channels, Index columns) {
  return std::is_same_v<T, float> && g.kernel > 1 && channels <= picture_channels &&
         columns > dot_columns;
}

/// A row of a padded picture: pixel q is a copy of pixel cols[q] of the row `from`, or zero.
template <class T>
struct PadRow {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const T* from, const Index* cols, Index width, Index channels,
                                     float* to) const {
    for (Index q = 0; q < width;) {
      Index end = q + 1;
      if (from == nullptr || cols[q] < 0) {
        while (end < width && (from == nullptr || cols[end] < 0)) ++end;
        std::fill_n(to + q * channels, (end - q) * channels, 0.0F);
      } else {
        while (end < width && cols[end] == cols[end - 1] + 1) ++end;
        simd::ToFloat<T>{}.template operator()<Bytes>(from + cols[q] * channels, to + q * channels,
                                                      (end - q) * channels);
      }
      q = end;
    }
  }
};

/// Pictures [samples][height][width][channels] in the workspace.
struct PaddedPictures {
  const float* data = nullptr;
  Index samples = 0, height = 0, width = 0, channels = 0;

  [[nodiscard]] Index row() const { return width * channels; }
  [[nodiscard]] Index sample() const { return height * row(); }
};

/// Copies of x, `height` x `width`; row p is a copy of row(p) of x, column q of column(q), -1:
/// zeros. Planned, and made if `pool` is there.
template <class T, class Row, class Column>
[[nodiscard]] PaddedPictures pad_pictures(Isa isa, const T* x, const Shape& xs, Index height,
                                          Index width, const Row& row, const Column& column,
                                          Arena& arena, ThreadPool* pool) {
  Index* cols = arena.take<Index>(width);
  float* to = arena.take<float>(xs.n * height * width * xs.c);
  const PaddedPictures made{to, xs.n, height, width, xs.c};
  if (pool == nullptr) return made;
  for (Index q = 0; q < width; ++q) cols[q] = column(q);
  constexpr Index rows_at_once = 8;
  const Index rows = xs.n * height;
  pool->run((rows + rows_at_once - 1) / rows_at_once, [&](Index chunk, int) {
    for (Index at = chunk * rows_at_once; at < std::min(rows, (chunk + 1) * rows_at_once); ++at) {
      const Index i = row(at % height);
      simd::dispatch(isa, PadRow<T>{},
                     i < 0 ? nullptr : x + at / height * xs.sample() + i * xs.w * xs.c,
                     static_cast<const Index*>(cols), width, xs.c, to + at * made.row());
    }
  });
  return made;
}

/// The input of a convolution, upsampled and padded.
template <class T>
[[nodiscard]] PaddedPictures padded_input(Isa isa, const ConvGeometry& g, const T* x,
                                          const Shape& xs, Arena& arena, ThreadPool* pool) {
  return pad_pictures(
      isa, x, xs, xs.h * g.upsample + g.sides.top + g.sides.bottom,
      xs.w * g.upsample + g.sides.left + g.sides.right,
      [&](Index p) { return g.source(p, g.sides.top, xs.h); },
      [&](Index q) { return g.source(q, g.sides.left, xs.w); }, arena, pool);
}

/// dy of a convolution of stride 1 amid kernel - 1 zeros: position p of its padded input sees rows
/// p .. p + kernel - 1, through the kernel's rows from the last to the first.
template <class T>
[[nodiscard]] PaddedPictures padded_output(Isa isa, const ConvGeometry& g, const T* dy,
                                           const Shape& ys, Arena& arena, ThreadPool* pool) {
  const Index around = g.kernel - 1;
  const auto source = [around](Index extent) {
    return [=](Index p) { return p < around || p - around >= extent ? -1 : p - around; };
  };
  return pad_pictures(isa, dy, ys, ys.h + 2 * around, ys.w + 2 * around, source(ys.h), source(ys.w),
                      arena, pool);
}

/// Patches of them, each row of taps as one tap of kernel * channels values: the product has the
/// order of the convolution's weights.
[[nodiscard]] inline Patches<float> picture_patches(const PaddedPictures& pictures, Index kernel,
                                                    Index stride, Index out_h, Index out_w,
                                                    Arena& arena) {
  const Shape shape{pictures.samples, pictures.height, pictures.width, pictures.channels};
  auto [p, rows, cols] =
      patches_by_tables(pictures.data, shape, {out_h, kernel}, {out_w, 1}, arena);
  p.channels = kernel * pictures.channels;
  if (arena.counts()) return p;
  for (Index i = 0; i < out_h; ++i)
    for (Index r = 0; r < kernel; ++r) rows[i * kernel + r] = (i * stride + r) * pictures.row();
  for (Index j = 0; j < out_w; ++j) cols[j] = j * stride * pictures.channels;
  return p;
}

}  // namespace limn::inline v0::cpu
