// SPDX-License-Identifier: MIT
// A number that was estimated from samples, and how far off it may be for want of more of them.
// Standard errors here are the jackknife's (Efron, 1982): the estimate is made again with a part of
// the samples left out, for each part, and the spread of these tells the error:
//   error^2 = (G - 1) / G  sum_g (t_g - mean t)^2,   for two samples the sum of both.
// Nothing is drawn: the same features give the same interval.
#pragma once

#include <cstddef>
#include <vector>

namespace limn::inline v0 {

/// A value and its standard error; 0 where it was not asked for.
struct Estimate {
  /// Of the quantity that was estimated.
  double value = 0, error = 0;

  /// The interval that holds the value for more samples of the same kind in 95 of 100 cases.
  [[nodiscard]] double low() const { return value - 1.959963984540054 * error; }
  /// The other end of the interval.
  [[nodiscard]] double high() const { return value + 1.959963984540054 * error; }
};

namespace detail {

/// The jackknife's square of the standard error, from the estimates with one part left out each.
[[nodiscard]] inline double jackknife_variance(const std::vector<double>& without) {
  const auto parts = static_cast<double>(without.size());
  double mean = 0, sum = 0;
  for (const double t : without) mean += t / parts;
  for (const double t : without) sum += (t - mean) * (t - mean);
  return (parts - 1) / parts * sum;
}

}  // namespace detail

}  // namespace limn::inline v0
