// SPDX-License-Identifier: MIT
// An optimizer of one's own, as a user would write it.
#pragma once

#include <cstdint>

#include "limn/nn/parameter_set.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn_test {

/// Gradient descent with momentum: v = mu v + g, w -= rate v.
template <limn::Device D, limn::Scalar T>
struct Momentum {
  static constexpr const char* name = "momentum";
  limn::ParameterSet<D, T>& weights;
  double mu;
  limn::Tensor<D, limn::param_t<T>> velocity{weights.device(), weights.values().shape()};
  std::int64_t count = 0;

  explicit Momentum(limn::ParameterSet<D, T>& set, double m = 0.9) : weights(set), mu(m) {
    limn::primitive::fill(velocity, limn::param_t<T>(0));
  }
  void step(double rate) {
    using namespace limn;
    for (const auto& part : weights.parts()) {
      const Shape shape = vector_shape(part.size);
      const auto v = velocity.view(part.offset, shape);
      primitive::map(Scaled{mu}, v, v);
      primitive::copy(part.gradients, v, Write::accumulate);
      primitive::map(Scaled{-rate}, v, weights.values().view(part.offset, shape),
                     Write::accumulate);
    }
    ++count;
  }
  [[nodiscard]] std::int64_t steps() const { return count; }
  void set_steps(std::int64_t n) { count = n; }
  void keep(auto&& f) { f("v", velocity); }
};

}  // namespace limn_test
