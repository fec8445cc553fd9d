// SPDX-License-Identifier: MIT
// Bilinear resizing with antialiasing: each new pixel is the mean of the old ones under a triangle
// around its centre, which reaches one old pixel to either side or, when shrinking, one new pixel.
//   out[i] = sum_j w(j) in[j] / sum_j w(j),  w(j) = max(0, 1 - |j + 1/2 - (i + 1/2) s| / max(s,
//   1)),
// with s = in / out. Columns first, then rows, each rounded: the same pixels as Pillow's
// Image.resize(..., BILINEAR), to one level.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {
namespace detail {

/// For each new position the old ones it is made of: `count` of them from `first` on.
struct ResizeTaps {
  struct Position {
    Index first, count, weights_at;
  };
  std::vector<Position> positions;
  std::vector<float> weights;

  ResizeTaps(Index in, Index out) {
    const double scale = static_cast<double>(in) / static_cast<double>(out);
    const double reach = std::max(scale, 1.0);
    positions.reserve(static_cast<std::size_t>(out));
    std::vector<double> raw;
    for (Index i = 0; i < out; ++i) {
      const double centre = (static_cast<double>(i) + 0.5) * scale;
      const auto first = std::max<Index>(0, static_cast<Index>(std::floor(centre - reach + 0.5)));
      const auto last = std::min<Index>(in, static_cast<Index>(std::floor(centre + reach + 0.5)));
      raw.clear();
      double sum = 0;
      for (Index j = first; j < last; ++j) {
        const double distance = std::abs(static_cast<double>(j) + 0.5 - centre) / reach;
        raw.push_back(std::max(0.0, 1.0 - distance));
        sum += raw.back();
      }
      positions.push_back({first, last - first, static_cast<Index>(weights.size())});
      for (const double w : raw) weights.push_back(static_cast<float>(w / sum));
    }
  }
};

template <class T>
T resized_value(float v) {
  if constexpr (std::is_same_v<T, std::uint8_t>)
    return rounded_byte(v);
  else
    return v;
}

/// Columns: (rows, in, C) -> (rows, out, C).
template <int C, class T>
void resize_columns(const T* in, Index rows, Index width, Index out_width, T* out) {
  const ResizeTaps taps(width, out_width);
  for (Index y = 0; y < rows; ++y, in += width * C)
    for (const auto& p : taps.positions) {
      const float* w = taps.weights.data() + p.weights_at;
      const T* from = in + p.first * C;
      float sum[C] = {};
      for (Index k = 0; k < p.count; ++k, from += C)
        for (int c = 0; c < C; ++c) sum[c] += w[k] * static_cast<float>(from[c]);
      for (int c = 0; c < C; ++c) *out++ = resized_value<T>(sum[c]);
    }
}

/// Rows: (in, stride) -> (out, stride).
template <class T>
void resize_rows(const T* in, Index rows, Index out_rows, Index stride, T* out) {
  const ResizeTaps taps(rows, out_rows);
  std::vector<float> sum(static_cast<std::size_t>(stride));
  for (const auto& p : taps.positions) {
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (Index k = 0; k < p.count; ++k) {
      const float w = taps.weights[static_cast<std::size_t>(p.weights_at + k)];
      const T* from = in + (p.first + k) * stride;
      for (Index x = 0; x < stride; ++x)
        sum[static_cast<std::size_t>(x)] += w * static_cast<float>(from[x]);
    }
    for (const float v : sum) *out++ = resized_value<T>(v);
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
