// SPDX-License-Identifier: MIT
// How far a picture is from the one it should be: L1, PSNR, SSIM. They say something where pairs
// show the same thing at the same place; elsewhere shifted edges count as errors.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// The window in which SSIM compares, and its constants.
struct SsimOptions {
  /// The square of `size` pixels; or Gaussian weights with `sigma`, cut off at 3.5 sigma.
  enum class Window { uniform, gaussian };
  Window window = Window::uniform;  ///< how pixels around one are weighted
  Index size = 7;                   ///< side of the uniform window, odd
  double sigma = 1.5;               ///< of the Gaussian weights, in pixels
  /// Variances over n - 1 instead of n.
  bool sample_covariance = true;
  double data_range = 255;  ///< of the values: from black to white
  /// Of the constants C1 = (k1 range)^2 and C2 = (k2 range)^2.
  double k1 = 0.01, k2 = 0.03;

  /// As Wang et al., "Image quality assessment: from error visibility to structural similarity",
  /// 2004: a Gaussian window of 11 x 11 with sigma 1.5, variances over n.
  [[nodiscard]] static constexpr SsimOptions wang() {
    return {Window::gaussian, 11, 1.5, false, 255, 0.01, 0.03};
  }
};

namespace detail {

inline void require_pair(const char* what, std::size_t a, std::size_t b,
                         const std::string& shapes) {
  if (a != b || a == 0)
    throw ShapeError(std::string(what) + ": both pictures must have the same extents, at least " +
                     "one pixel: " + shapes);
}

[[nodiscard]] inline std::string extents(const Picture& a, const Picture& b) {
  return std::to_string(a.width) + "x" + std::to_string(a.height) + " and " +
         std::to_string(b.width) + "x" + std::to_string(b.height);
}

inline void require_pair(const char* what, const Picture& a, const Picture& b) {
  if (a.width != b.width || a.height != b.height || a.pixels.empty())
    require_pair(what, 0, 1, extents(a, b));
}

/// A sum over all pairs of values, over their number.
template <class T, class F>
[[nodiscard]] double mean_over(std::span<const T> a, std::span<const T> b, F&& f) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += f(static_cast<double>(a[i]) - static_cast<double>(b[i]));
  return sum / static_cast<double>(a.size());
}

}  // namespace detail

/// Mean of |a - b| over all values, over the range: from 0 to 1, lower is better. Throws ShapeError
/// unless there are as many of either.
template <class T>
[[nodiscard]] double mean_absolute_error(std::span<const T> a, std::span<const T> b,
                                         double data_range) {
  detail::require_pair("L1", a.size(), b.size(),
                       std::to_string(a.size()) + " and " + std::to_string(b.size()) + " values");
  return detail::mean_over(a, b, [](double d) { return std::abs(d); }) / data_range;
}
/// Of pictures of bytes: 0 ... 255 is 0 ... 1.
[[nodiscard]] inline double mean_absolute_error(const Picture& a, const Picture& b) {
  detail::require_pair("L1", a, b);
  return mean_absolute_error(std::span(a.pixels), std::span(b.pixels), 255);
}

/// 10 log10(range^2 / mean (a - b)^2) in decibels, higher is better; infinite for equal pictures.
/// Throws ShapeError.
template <class T>
[[nodiscard]] double peak_signal_noise_ratio(std::span<const T> a, std::span<const T> b,
                                             double data_range) {
  detail::require_pair("PSNR", a.size(), b.size(),
                       std::to_string(a.size()) + " and " + std::to_string(b.size()) + " values");
  const double error = detail::mean_over(a, b, [](double d) { return d * d; });
  if (error == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(data_range * data_range / error);
}
/// Of 8-bit pictures, whose range is 255. Throws ShapeError for different extents.
[[nodiscard]] inline double peak_signal_noise_ratio(const Picture& a, const Picture& b) {
  detail::require_pair("PSNR", a, b);
  return peak_signal_noise_ratio(std::span(a.pixels), std::span(b.pixels), 255);
}

}  // namespace limn::inline v0
