// SPDX-License-Identifier: MIT
// Bilinear resizing with antialiasing: each new pixel is the mean of the old ones under a triangle
// around its centre, which reaches one old pixel to either side or, when shrinking, one new pixel.
//   out[i] = sum_j w(j) in[j] / sum_j w(j),  w(j) = max(0, 1 - |j + 1/2 - (i + 1/2) s| / max(s,
//   1)),
// with s = in / out. Columns first, then rows, each rounded: the same pixels as Pillow's
// Image.resize(..., BILINEAR), to one level. Pixels are computed in whole numbers: every compiler
// and every flag gives the same.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {
namespace detail {

/// For each new position the old ones it is made of: `count` of them from `first` on, whose shares
/// add up to `whole`.
struct ResizeTaps {
  static constexpr int bits = 22;  ///< 255 times the whole is less than 2^31
  static constexpr std::int32_t whole = std::int32_t{1} << bits;
  struct Position {
    Index first, count, shares_at;
  };
  std::vector<Position> positions;
  std::vector<std::int32_t> shares;

  ResizeTaps(Index in, Index out) {
    // 2 max(in, out) times w(j), a whole number
    const Index reach = 2 * std::max(in, out);
    const auto weight = [&](Index i, Index j) {
      return reach - std::abs((2 * j + 1) * out - (2 * i + 1) * in);
    };
    positions.reserve(static_cast<std::size_t>(out));
    for (Index i = 0; i < out; ++i) {
      const Index before = (2 * i + 1) * in - reach - out, after = (2 * i + 1) * in + reach - out;
      const Index first = before < 0 ? 0 : before / (2 * out) + 1;
      const Index last = std::min(in, (after + 2 * out - 1) / (2 * out));
      positions.push_back({first, last - first, static_cast<Index>(shares.size())});
      std::uint64_t sum = 0;
      for (Index j = first; j < last; ++j) sum += static_cast<std::uint64_t>(weight(i, j));
      // what has been given so far is rounded, so that nothing is lost, however many there are
      const int shift = std::max(0, static_cast<int>(std::bit_width(sum)) - 40);
      std::uint64_t so_far = 0, given = 0;
      for (Index j = first; j < last; ++j) {
        so_far += static_cast<std::uint64_t>(weight(i, j));
        const std::uint64_t due =
            (((so_far >> shift) << bits) + (sum >> shift) / 2) / (sum >> shift);
        shares.push_back(static_cast<std::int32_t>(due - given));
        given = due;
      }
    }
  }
};

/// Sums of shares of bytes are whole numbers, those of floats are rounded the same everywhere.
template <class T>
struct SharedSum {
  std::int32_t sum = ResizeTaps::whole / 2;
  void add(std::int32_t share, std::uint8_t v) { sum += share * v; }
  [[nodiscard]] std::uint8_t value() const {
    return static_cast<std::uint8_t>(sum >> ResizeTaps::bits);
  }
};
template <>
struct SharedSum<float> {
  float sum = 0;
  void add(std::int32_t share, float v) {
    sum += rounded_here(static_cast<float>(share) * v);
    sum = rounded_here(sum);
  }
  [[nodiscard]] float value() const { return sum / static_cast<float>(ResizeTaps::whole); }
};

/// Columns: (rows, in, C) -> (rows, out, C).
template <int C, class T>
void resize_columns(const T* in, Index rows, Index width, Index out_width, T* out) {
  const ResizeTaps taps(width, out_width);
  for (Index y = 0; y < rows; ++y, in += width * C)
    for (const auto& p : taps.positions) {
      const std::int32_t* share = taps.shares.data() + p.shares_at;
      const T* from = in + p.first * C;
      SharedSum<T> sum[C];
      for (Index k = 0; k < p.count; ++k, from += C)
        for (int c = 0; c < C; ++c) sum[c].add(share[k], from[c]);
      for (int c = 0; c < C; ++c) *out++ = sum[c].value();
    }
}

/// Rows: (in, stride) -> (out, stride).
template <class T>
void resize_rows(const T* in, Index rows, Index out_rows, Index stride, T* out) {
  const ResizeTaps taps(rows, out_rows);
  std::vector<SharedSum<T>> sums(static_cast<std::size_t>(stride));
  for (const auto& p : taps.positions) {
    std::fill(sums.begin(), sums.end(), SharedSum<T>());
    for (Index k = 0; k < p.count; ++k) {
      const std::int32_t share = taps.shares[static_cast<std::size_t>(p.shares_at + k)];
      const T* from = in + (p.first + k) * stride;
      for (Index x = 0; x < stride; ++x) sums[static_cast<std::size_t>(x)].add(share, from[x]);
    }
    for (const auto& sum : sums) *out++ = sum.value();
  }
}

/// (height, width, C) -> (out_height, out_width, C).
template <int C, class T>
std::vector<T> resize(const T* in, Index height, Index width, Index out_height, Index out_width) {
  if (height < 1 || width < 1 || out_height < 1 || out_width < 1)
    throw ShapeError("resize: extents must be positive: from " + std::to_string(width) + "x" +
                     std::to_string(height) + " to " + std::to_string(out_width) + "x" +
                     std::to_string(out_height));
  std::vector<T> wide(static_cast<std::size_t>(height * out_width * C));
  if (width == out_width)
    std::copy_n(in, height * width * C, wide.data());
  else
    resize_columns<C>(in, height, width, out_width, wide.data());
  if (height == out_height) return wide;
  std::vector<T> out(static_cast<std::size_t>(out_height * out_width * C));
  resize_rows(wide.data(), height, out_height, out_width * C, out.data());
  return out;
}

}  // namespace detail

/// The picture with other extents. Throws ShapeError where one is not positive.
[[nodiscard]] inline Picture resize_picture(const Picture& picture, Index width, Index height) {
  Picture out;
  out.pixels =
      detail::resize<3>(picture.pixels.data(), picture.height, picture.width, height, width);
  out.width = width;
  out.height = height;
  return out;
}

/// A map of floats (height, width), such as a heatmap, with other extents. Throws ShapeError where
/// an extent is not positive or `map` has another size.
[[nodiscard]] inline std::vector<float> resize_map(std::span<const float> map, Index height,
                                                   Index width, Index out_height, Index out_width) {
  if (static_cast<Index>(map.size()) != height * width)
    throw ShapeError("resize_map: " + std::to_string(map.size()) + " values are no map of " +
                     std::to_string(width) + "x" + std::to_string(height));
  return detail::resize<1>(map.data(), height, width, out_height, out_width);
}

}  // namespace limn::inline v0
