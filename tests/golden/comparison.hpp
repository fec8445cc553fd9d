// SPDX-License-Identifier: MIT
// Distances between our tensors and a reference's, gathered per group and judged by the rules of
// each precision.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "limn/core/maths.hpp"
#include "limn/core/scalar.hpp"

namespace golden {

/// ||ours - reference|| / max(||reference||, 1e-12), and the root mean square of the difference.
struct Distance {
  std::string tensor;
  double relative = 0;
  double rms = 0;
  double torch =
      0;  ///< PyTorch's own run in this precision against the same reference; 0: not known
};

[[nodiscard]] inline Distance distance(std::string tensor, const std::vector<double>& ours,
                                       const std::vector<double>& reference) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double d = ours[i] - reference[i];
    // what is not finite is infinitely far away
    difference = std::isfinite(d) ? difference + d * d : HUGE_VAL;
    norm += reference[i] * reference[i];
  }
  return {std::move(tensor), std::sqrt(difference) / std::max(std::sqrt(norm), 1e-12),
          std::sqrt(difference / static_cast<double>(std::max<std::size_t>(1, reference.size()))),
          0};
}

/// The groups of a reference run, in the order in which they are printed.
enum class Group { first_losses, later_losses, outputs, gradients, weights, vectors };
inline constexpr std::array all_groups{Group::first_losses, Group::later_losses, Group::outputs,
                                       Group::gradients,    Group::weights,      Group::vectors};

[[nodiscard]] constexpr const char* to_string(Group g) {
  switch (g) {
    case Group::first_losses:
      return "losses, step 1";
    case Group::later_losses:
      return "losses, later";
    case Group::outputs:
      return "outputs";
    case Group::gradients:
      return "gradients";
    case Group::weights:
      return "weights after";
    default:
      return "u and v after";
  }
}

/// What a run must satisfy: bounds per group, 0 for "no bound of this kind".
struct Rule {
  double each = 0, median = 0, rms = 0;
};

/// Float64: everything as the reference. Float32 needs room where PyTorch's own run does: one ReLU
/// on its kink moves a gradient by 1e-2, and Adam amplifies it; fast maths rounds five times as
/// much in its convolutions, floats in parts fifteen times. Bfloat16 is judged by its losses, and
/// these against PyTorch's own bfloat16 run (most_torch_ratio).
template <limn::Scalar T>
[[nodiscard]] Rule rule(limn::Maths maths, Group g, double learning_rate) {
  if (std::same_as<T, double>) return {1e-6, 0, 0};
  if (std::same_as<T, limn::bfloat16>)
    return {g == Group::first_losses ? 2e-2 : g == Group::later_losses ? 1e-1 : 0, 0, 0};
  switch (g) {
    case Group::first_losses:
      return {maths == limn::Maths::split ? 3e-5 : 1e-5, 0, 0};
    case Group::later_losses:
      return {2e-2, 0, 0};
    case Group::outputs:
      return {1e-4, 0, 0};
    case Group::gradients:
      return {1e-1, maths == limn::Maths::strict ? 1e-5 : 5e-5, 0};
    case Group::weights:
      return {0, 0, 2 * learning_rate};
    default:
      return {1e-3, 0, 0};
  }
}

/// The geometric mean of ours / PyTorch's over all losses of a bfloat16 run is at most this.
inline constexpr double most_torch_ratio = 1.5;

/// Geometric mean of ours / PyTorch's over the distances where it is known; 0 if nowhere.
[[nodiscard]] inline double torch_ratio(const std::vector<Distance>& distances) {
  double logs = 0;
  std::size_t known = 0;
  for (const auto& d : distances) {
    if (d.torch <= 0 || d.relative <= 0) continue;
    logs += std::log(d.relative / d.torch);
    ++known;
  }
  return known > 0 ? std::exp(logs / static_cast<double>(known)) : 0;
}

/// One group's verdict.
struct Summary {
  std::size_t count = 0;
  Distance worst;
  double median = 0;
  double torch_ratio = 0;  ///< geometric mean of ours / PyTorch's; 0 where nothing is known
  bool passed = true;
};

[[nodiscard]] inline Summary summarize(std::vector<Distance> distances, const Rule& rule) {
  Summary s;
  s.count = distances.size();
  if (distances.empty()) return s;
  const bool by_rms = rule.rms > 0;
  const auto measure = [by_rms](const Distance& d) { return by_rms ? d.rms : d.relative; };
  std::sort(distances.begin(), distances.end(),
            [&](const Distance& a, const Distance& b) { return measure(a) < measure(b); });
  s.worst = distances.back();
  s.median = measure(distances[distances.size() / 2]);
  s.torch_ratio = torch_ratio(distances);
  s.passed = (rule.each == 0 || s.worst.relative <= rule.each) &&
             (rule.median == 0 || s.median <= rule.median) &&
             (rule.rms == 0 || s.worst.rms <= rule.rms);
  return s;
}

}  // namespace golden
