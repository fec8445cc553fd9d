// SPDX-License-Identifier: MIT
// KID, the kernel Inception distance (Binkowski et al., "Demystifying MMD GANs", 2018) of any
// features: the unbiased estimate of the squared maximum mean discrepancy over all pairs,
//   k(x, y) = (x . y / d + 1)^3
//   KID = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{i, j} k(x_i, y_j),
// which is 0 on average for two samples of one distribution, and so may be below 0. Its jackknife
// leaves out one picture at a time, exactly: sums over rows of the three kernels are enough.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "limn/metrics/estimate.hpp"
#include "limn/metrics/features.hpp"

namespace limn::inline v0 {

namespace detail {

using FeatureRows = Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>;

[[nodiscard]] inline FeatureRows feature_rows(const Features& f) {
  return {f.values.data(), f.count, f.width};
}

/// Sums of a kernel's matrix: over each row, over each column, over all.
struct KernelSums {
  std::vector<double> rows, columns;
  double all = 0;
};

/// Of k(x_i, y_j); between a set and itself without the pairs i = j.
[[nodiscard]] inline KernelSums kernel_sums(const Features& a, const Features& b, bool itself) {
  KernelSums sums{std::vector<double>(static_cast<std::size_t>(a.count)),
                  std::vector<double>(static_cast<std::size_t>(b.count)), 0};
  const auto x = feature_rows(a), y = feature_rows(b);
  constexpr Index piece = 256;
  for (Index first = 0; first < a.count; first += piece) {
    const Index rows = std::min(piece, a.count - first);
    Eigen::MatrixXd k = x.middleRows(first, rows) * y.transpose();
    k = (k.array() / static_cast<double>(a.width) + 1).cube();
    for (Index j = 0; j < b.count; ++j)
      for (Index i = 0; i < rows; ++i) {
        if (itself && first + i == j) continue;
        sums.rows[static_cast<std::size_t>(first + i)] += k(i, j);
        sums.columns[static_cast<std::size_t>(j)] += k(i, j);
      }
  }
  for (const double s : sums.rows) sums.all += s;
  return sums;
}

}  // namespace detail

/// KID of two sets of features, at least 3 on either side, with its standard error. What papers
/// print is often this times 1000. Throws ShapeError, NumericError.
[[nodiscard]] inline Estimate kernel_distance(const Features& real, const Features& fake) {
  detail::require_comparable(real, fake, 3);
  const auto xx = detail::kernel_sums(real, real, true), yy = detail::kernel_sums(fake, fake, true),
             xy = detail::kernel_sums(real, fake, false);
  const auto m = static_cast<double>(real.count), n = static_cast<double>(fake.count);
  const double within_x = xx.all / (m * (m - 1)), within_y = yy.all / (n * (n - 1));
  std::vector<double> without_x, without_y;
  for (std::size_t i = 0; i < xx.rows.size(); ++i)
    without_x.push_back((xx.all - 2 * xx.rows[i]) / ((m - 1) * (m - 2)) + within_y -
                        2 * (xy.all - xy.rows[i]) / ((m - 1) * n));
  for (std::size_t j = 0; j < yy.rows.size(); ++j)
    without_y.push_back(within_x + (yy.all - 2 * yy.rows[j]) / ((n - 1) * (n - 2)) -
                        2 * (xy.all - xy.columns[j]) / (m * (n - 1)));
  return {within_x + within_y - 2 * xy.all / (m * n),
          std::sqrt(detail::jackknife_variance(without_x) + detail::jackknife_variance(without_y))};
}

}  // namespace limn::inline v0
