// SPDX-License-Identifier: MIT
// Gradient check: central differences of a scalar function of tensors, in double, against what
// backward says.
//   relative error = |(f(x + h d) - f(x - h d)) / 2h - <gradient, d>| / max(|both|, floor), for
//   random directions d of each tensor.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "limn/autograd/tape.hpp"
#include "limn/core/random.hpp"

namespace limn::inline v0 {

/// How derivatives are measured.
struct GradientCheckOptions {
  double step = 1e-5;      ///< h, relative to nothing: inputs should be of order 1
  int directions = 4;      ///< random directions per tensor
  double floor = 1e-6;     ///< derivatives below this count as this
  std::uint64_t seed = 1;  ///< of the directions
};

/// How far measured and computed derivatives are apart.
struct GradientCheckResult {
  double worst = 0;    ///< largest relative error
  std::string tensor;  ///< where it was found
};

/// A tensor whose gradient is checked: its name, its values (changed and restored), and how to read
/// the gradient that backward left.
template <Device D>
struct CheckedTensor {
  std::string name;                             ///< for the result to name
  Tensor<D, double> value;                      ///< where the loss reads it
  std::function<Tensor<D, double>()> gradient;  ///< called after the backward
};

/// `loss(tape)` computes one value from the tensors, on the tape if there is one (nullptr: only the
/// value is wanted). Kinks (ReLU, maxima) closer than h to a value spoil the check: choose other
/// inputs.
template <Device D>
[[nodiscard]] GradientCheckResult check_gradient(
    const std::vector<CheckedTensor<D>>& tensors,
    const std::function<Var<D, double>(Tape<D>*)>& loss, const GradientCheckOptions& options = {}) {
  Tape<D> tape;
  tape.backward(loss(&tape));
  GradientCheckResult result;
  for (const auto& checked : tensors) {
    const std::vector<double> x = checked.value.download();
    const Tensor<D, double> gradient_tensor = checked.gradient();
    if (!gradient_tensor.defined())
      throw ShapeError("[gradient check] no gradient has arrived at '" + checked.name + "'");
    const std::vector<double> gradient = gradient_tensor.download();
    for (int k = 0; k < options.directions; ++k) {
      const Philox random{options.seed, static_cast<std::uint64_t>(k)};
      std::vector<double> d(x.size());
      double along = 0, length = 0;
      for (std::size_t i = 0; i < d.size(); ++i) {
        d[i] = random.normal(i);
        length += d[i] * d[i];
      }
      length = std::sqrt(length);
      for (std::size_t i = 0; i < d.size(); ++i) {
        d[i] /= length;
        along += gradient[i] * d[i];
      }
      const auto at = [&](double h) {
        std::vector<double> moved(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) moved[i] = x[i] + h * d[i];
        checked.value.upload(moved);
        return loss(nullptr).value().item();
      };
      const double h = options.step, numeric = (at(h) - at(-h)) / (2 * h);
      checked.value.upload(x);
      const double error =
          std::abs(numeric - along) / std::max({std::abs(numeric), std::abs(along), options.floor});
      if (!(error <= result.worst)) result = {error, checked.name};
    }
  }
  return result;
}

}  // namespace limn::inline v0
