// SPDX-License-Identifier: MIT
// What an evaluation found: numbers, how sure they are, and from how many pictures.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/shape.hpp"
#include "limn/metrics/estimate.hpp"

namespace limn::inline v0 {

/// How a set of pictures ("fake") scores against others ("real"). What could not be computed is
/// empty: pairs where no names pair up, distances where there are too few pictures.
struct PictureScores {
  Index real = 0, fake = 0;  ///< pictures that were compared as sets
  Index pairs = 0;           ///< of the same name
  Index equal_pairs = 0;     ///< of these, pairs without a difference, which PSNR leaves out
  std::optional<Estimate> l1, psnr, ssim;  ///< means over the pairs
  /// Distances of the sets; lower is better.
  std::optional<Estimate> kid, fid;

  /// Those that there are, as ("kid", value), ...
  [[nodiscard]] std::vector<std::pair<std::string, double>> values() const {
    std::vector<std::pair<std::string, double>> out;
    const auto add = [&](const char* name, const std::optional<Estimate>& score) {
      if (score) out.emplace_back(name, score->value);
    };
    add("kid", kid), add("fid", fid), add("l1", l1), add("psnr", psnr), add("ssim", ssim);
    return out;
  }
};

namespace detail {

/// The mean of values and its standard error; none of no values.
[[nodiscard]] inline std::optional<Estimate> mean_estimate(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / n;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return Estimate{mean, n > 1 ? std::sqrt(squares / (n - 1) / n) : 0};
}

}  // namespace detail

}  // namespace limn::inline v0
