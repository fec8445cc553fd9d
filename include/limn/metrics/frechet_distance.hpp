// SPDX-License-Identifier: MIT
// FID, the Frechet Inception distance (Heusel et al., 2017) of any features: the distance of two
// normal distributions with the means and (unbiased) covariances of the samples,
//   FID = |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2).
// S1 = F F^T, F = V sqrt(L), by Eigen's self-adjoint solver; S1 S2 then has the eigenvalues of the
// symmetric F^T S2 F, whose roots are summed; what rounding made negative counts as 0.
//
// Small samples: with at most as many pictures as numbers per picture the covariances are singular.
// The formula still holds (no small number is added to the diagonals): X, Y the samples without
// their means, tr (S1 S2)^(1/2) is the sum of the singular values of X Y^T, over
// sqrt((m - 1)(n - 1)), and computed so. But FID is biased upwards, the more the fewer pictures
// there are: compare only values of equally many pictures, and prefer KID. The jackknife's interval
// tells the noise and not this bias.
#pragma once

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "limn/metrics/estimate.hpp"
#include "limn/metrics/features.hpp"
#include "limn/metrics/kernel_distance.hpp"

namespace limn::inline v0 {

namespace detail {

/// A sample's mean, and the sample without it, over sqrt(n - 1): S = centred^T centred.
struct CentredSample {
  Eigen::RowVectorXd mean;
  Eigen::MatrixXd centred;

  /// Rows i with i % parts != left_out; parts 0: all of them.
  explicit CentredSample(const Features& f, Index parts = 0, Index left_out = 0) {
    const auto rows = feature_rows(f);
    centred.resize(f.count, f.width);
    Index kept = 0;
    for (Index i = 0; i < f.count; ++i)
      if (parts == 0 || i % parts != left_out) centred.row(kept++) = rows.row(i);
    centred.conservativeResize(kept, f.width);
    mean = centred.colwise().mean();
    centred.rowwise() -= mean;
    centred /= std::sqrt(static_cast<double>(kept - 1));
  }
};

/// The sum of the roots of a symmetric matrix's eigenvalues, which are not negative.
[[nodiscard]] inline double sum_of_roots(const Eigen::MatrixXd& symmetric) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric, Eigen::EigenvaluesOnly);
  return solver.eigenvalues().array().max(0).sqrt().sum();
}

[[nodiscard]] inline double frechet(const CentredSample& x, const CentredSample& y) {
  double root = 0;
  const auto fewer = std::min(x.centred.rows(), y.centred.rows());
  if (fewer < x.centred.cols()) {
    const Eigen::MatrixXd a = x.centred.rows() <= y.centred.rows()
                                  ? Eigen::MatrixXd(x.centred * y.centred.transpose())
                                  : Eigen::MatrixXd(y.centred * x.centred.transpose());
    root = sum_of_roots(a * a.transpose());
  } else {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(x.centred.transpose() * x.centred);
    const Eigen::VectorXd roots = solver.eigenvalues().array().max(0).sqrt();
    const Eigen::MatrixXd a = y.centred * (solver.eigenvectors() * roots.asDiagonal());
    root = sum_of_roots(a.transpose() * a);
  }
  return std::max(0.0, (x.mean - y.mean).squaredNorm() + x.centred.squaredNorm() +
                           y.centred.squaredNorm() - 2 * root);
}

}  // namespace detail

/// Told how many of how many distances are computed: with 2048 numbers per picture and more
/// pictures than that, each takes the better part of a minute.
using FrechetProgress = std::function<void(Index done, Index all)>;

/// FID of two sets of features, at least 3 on either side. Its standard error is a jackknife over
/// `parts` parts of either set (those with equal i mod parts), at least 2; 0 leaves it out. Throws
/// ShapeError, NumericError.
[[nodiscard]] inline Estimate frechet_distance(const Features& real, const Features& fake,
                                               Index parts = 10,
                                               const FrechetProgress& progress = {}) {
  detail::require_comparable(real, fake, 3);
  if (parts == 1 || parts < 0)
    throw ShapeError("frechet_distance: a jackknife has 2 parts or more");
  const detail::CentredSample x(real), y(fake);
  const Index parts_x = std::min(parts, real.count), parts_y = std::min(parts, fake.count);
  Index done = 0;
  const auto next = [&](double value) {
    if (progress) progress(++done, 1 + parts_x + parts_y);
    return value;
  };
  Estimate estimate{next(detail::frechet(x, y)), 0};
  if (parts == 0) return estimate;
  std::vector<double> without_x, without_y;
  for (Index g = 0; g < parts_x; ++g)
    without_x.push_back(next(detail::frechet(detail::CentredSample(real, parts_x, g), y)));
  for (Index g = 0; g < parts_y; ++g)
    without_y.push_back(next(detail::frechet(x, detail::CentredSample(fake, parts_y, g))));
  estimate.error =
      std::sqrt(detail::jackknife_variance(without_x) + detail::jackknife_variance(without_y));
  return estimate;
}

}  // namespace limn::inline v0
