// SPDX-License-Identifier: MIT
// SSIM, structural similarity (Wang et al., 2004), in windows w around every pixel that has a whole
// one:
//   S = (2 ux uy + C1)(2 vxy + C2) / ((ux^2 + uy^2 + C1)(vx + vy + C2)),  C = (k range)^2,
// u the mean under w, v the (co)variance; the mean over all such pixels, then over the channels. As
// scikit-image's structural_similarity(channel_axis=2): SsimOptions{} is its default (7 x 7,
// variances over n - 1), SsimOptions::wang() its gaussian_weights=True,
// use_sample_covariance=False.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "limn/metrics/pairs.hpp"

namespace limn::inline v0 {

namespace detail {

/// Weights along one axis; their sum is 1.
[[nodiscard]] inline std::vector<double> ssim_weights(const SsimOptions& o) {
  if (o.window == SsimOptions::Window::uniform) {
    if (o.size < 3 || o.size % 2 == 0)
      throw ShapeError("SSIM: a window of " + std::to_string(o.size) +
                       " pixels has no middle; take an odd number from 3 on");
    return std::vector<double>(static_cast<std::size_t>(o.size), 1 / static_cast<double>(o.size));
  }
  if (!(o.sigma > 0 && o.sigma < 1e3)) throw ShapeError("SSIM: sigma must lie in 0 ... 1000");
  const auto radius = static_cast<int>(3.5 * o.sigma + 0.5);
  std::vector<double> weights;
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-0.5 * i * i / (o.sigma * o.sigma)));
    sum += weights.back();
  }
  for (double& w : weights) w /= sum;
  return weights;
}

/// Sums of x, y, xx, yy, xy.
using SsimSums = std::array<double, 5>;

/// The mean of S over one channel, of which `a` and `b` are the first values.
template <class T>
[[nodiscard]] double ssim_channel(const T* a, const T* b, Index height, Index width, Index step,
                                  const std::vector<double>& weights, const SsimOptions& o) {
  const auto window = static_cast<Index>(weights.size());
  const Index columns = width - window + 1, rows = height - window + 1;
  std::vector<SsimSums> wide(static_cast<std::size_t>(height * columns));
  for (Index y = 0; y < height; ++y)
    for (Index x = 0; x < columns; ++x) {
      SsimSums& s = wide[static_cast<std::size_t>(y * columns + x)];
      for (Index k = 0; k < window; ++k) {
        const double w = weights[static_cast<std::size_t>(k)];
        const auto p = static_cast<double>(a[(y * width + x + k) * step]),
                   q = static_cast<double>(b[(y * width + x + k) * step]);
        s[0] += w * p, s[1] += w * q, s[2] += w * p * p, s[3] += w * q * q, s[4] += w * p * q;
      }
    }
  const auto n = static_cast<double>(window * window);
  const double unbiased = o.sample_covariance ? n / (n - 1) : 1;
  const double c1 = o.k1 * o.data_range * o.k1 * o.data_range,
               c2 = o.k2 * o.data_range * o.k2 * o.data_range;
  double total = 0;
  for (Index y = 0; y < rows; ++y)
    for (Index x = 0; x < columns; ++x) {
      SsimSums s{};
      for (Index k = 0; k < window; ++k)
        for (std::size_t i = 0; i < s.size(); ++i)
          s[i] += weights[static_cast<std::size_t>(k)] *
                  wide[static_cast<std::size_t>((y + k) * columns + x)][i];
      const double vx = unbiased * (s[2] - s[0] * s[0]), vy = unbiased * (s[3] - s[1] * s[1]),
                   vxy = unbiased * (s[4] - s[0] * s[1]);
      total += (2 * s[0] * s[1] + c1) * (2 * vxy + c2) /
               ((s[0] * s[0] + s[1] * s[1] + c1) * (vx + vy + c2));
    }
  return total / static_cast<double>(rows * columns);
}

}  // namespace detail

/// Values (height,width,channels), 1 for equal ones; higher is better. Throws ShapeError where they
/// are not of these extents or smaller than the window.
template <class T>
[[nodiscard]] double structural_similarity(std::span<const T> a, std::span<const T> b, Index height,
                                           Index width, Index channels,
                                           const SsimOptions& options = {}) {
  const auto size = static_cast<std::size_t>(height * width * channels);
  const std::string shape = std::to_string(width) + "x" + std::to_string(height);
  if (height < 1 || width < 1 || channels < 1 || a.size() != size || b.size() != size)
    throw ShapeError("SSIM: " + std::to_string(a.size()) + " and " + std::to_string(b.size()) +
                     " values are no pictures of " + shape);
  const auto weights = detail::ssim_weights(options);
  if (std::min(width, height) < static_cast<Index>(weights.size()))
    throw ShapeError("SSIM: pictures of " + shape + " are smaller than its window of " +
                     std::to_string(weights.size()) + " pixels");
  double sum = 0;
  for (Index c = 0; c < channels; ++c)
    sum +=
        detail::ssim_channel(a.data() + c, b.data() + c, height, width, channels, weights, options);
  return sum / static_cast<double>(channels);
}
/// Of 8-bit pictures. Throws ShapeError for different extents.
[[nodiscard]] inline double structural_similarity(const Picture& a, const Picture& b,
                                                  const SsimOptions& options = {}) {
  detail::require_pair("SSIM", a, b);
  return structural_similarity(std::span(a.pixels), std::span(b.pixels), a.height, a.width,
                               a.channels, options);
}

}  // namespace limn::inline v0
