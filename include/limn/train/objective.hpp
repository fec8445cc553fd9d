// SPDX-License-Identifier: MIT
// Objective: what a player minimizes, as weighted loss terms with names.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "limn/ops/pointwise.hpp"

namespace limn::inline v0 {

/// A loss term by name, on the device.
template <Device D, Scalar T>
using NamedLoss = std::pair<std::string, Tensor<D, param_t<T>>>;

/// The value of a loss term. Throws NumericError that names it.
[[nodiscard]] inline double finite_loss(const std::string& name, double value) {
  if (!is_finite(value))
    throw NumericError("loss term " + name + " is not finite (" + std::to_string(value) + ")");
  return value;
}
/// The same, waiting for the device.
template <Device D, Scalar P>
[[nodiscard]] double finite_loss(const std::string& name, const Tensor<D, P>& loss) {
  return finite_loss(name, static_cast<double>(loss.item()));
}

/// Loss terms of one player, gathered on one tape.
template <Device D, Scalar T>
class Objective {
 public:
  /// The scalar type of losses.
  using P = param_t<T>;

  /// Adds weight times a loss, (1,1,1,1). Throws ShapeError for a loss of several values.
  void add(const std::string& name, double weight, const Var<D, P>& loss) {
    primitive::require(loss.shape() == scalar_shape(), name.c_str(), "a loss is one value",
                       loss.shape(), scalar_shape());
    named_.emplace_back(name, loss.value());
    terms_.emplace_back(weight, loss);
  }

  /// A value that is shown among the losses and not minimized here: that of a gradient penalty,
  /// whose gradient has been added already.
  void show(const std::string& name, const Tensor<D, P>& value) {
    named_.emplace_back(name, value);
  }

  /// The terms' weighted sum, for backward.
  [[nodiscard]] Var<D, P> sum() const {
    if (terms_.empty())
      throw UsageError("[Objective] nothing was added: a player that learns needs a loss");
    return weighted_sum(terms_);
  }
  /// In the order in which they were added, each without its weight.
  [[nodiscard]] const std::vector<NamedLoss<D, T>>& named() const { return named_; }

 private:
  std::vector<NamedLoss<D, T>> named_;
  std::vector<Weighted<D, P>> terms_;
};

}  // namespace limn::inline v0
