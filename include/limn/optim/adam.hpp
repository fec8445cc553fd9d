// SPDX-License-Identifier: MIT
// Adam over one ParameterSet: one pass over the flat buffers for each network's dense gradients,
// one per factored parameter.
#pragma once

#include <cstdint>

#include "limn/nn/parameter_set.hpp"

namespace limn::inline v0 {

struct AdamOptions {
  double beta1 = 0.5, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay =
      1e-4;  ///< L2, added to the gradient of every parameter, as torch.optim.Adam
};

/// First and second moments, and the count of steps. The set must outlive it.
template <Device D, Scalar T>
class Adam {
 public:
  using P = param_t<T>;

  Adam(ParameterSet<D, T>& parameters, const AdamOptions& options)
      : parameters_(&parameters),
        options_(options),
        m_(parameters.device(), parameters.values().shape()),
        v_(parameters.device(), parameters.values().shape()),
        rates_(parameters.device(), primitive::adam_rates_shape()) {
    primitive::fill(m_, P(0));
    primitive::fill(v_, P(0));
  }

  /// One update of every parameter from the gradients that have accumulated.
  void step(double learning_rate) {
    advance(learning_rate);
    update();
  }

  /// The same in pieces: advance once, then update each part of the set, or all of them. Only
  /// advance sends anything to the device, so that updates can be captured and replayed.
  void advance(double learning_rate) {
    const auto rates = primitive::adam_rates(rule(), learning_rate, ++steps_).template values<P>();
    rates_.upload(rates);
  }
  void update() {
    for (std::size_t i = 0; i < parameters_->parts().size(); ++i) update(i);
  }
  void update(std::size_t index) {
    const auto& part = parameters_->parts().at(index);
    const auto dense = [&part](const Tensor<D, P>& flat) {
      return flat.view(part.offset, vector_shape(part.size));
    };
    if (part.size > 0)
      primitive::adam(rule(), rates_, dense(parameters_->values()), part.gradients, dense(m_),
                      dense(v_));
    for (std::size_t i = part.first; i < part.last; ++i) {
      const auto* p = parameters_->parameters()[i];
      if (p->role != Role::weight || !p->factored) continue;
      const Index offset = parameters_->offset(*p);
      primitive::adam_outer<D, T>(rule(), rates_, p->value, p->factors, m_.view(offset, p->shape),
                                  v_.view(offset, p->shape));
    }
  }

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }
  /// First and second moments, flat, at the offsets of the parameters' values.
  [[nodiscard]] const Tensor<D, P>& first_moments() const { return m_; }
  [[nodiscard]] const Tensor<D, P>& second_moments() const { return v_; }

 private:
  [[nodiscard]] primitive::AdamRule rule() const {
    return {options_.beta1, options_.beta2, options_.epsilon, options_.weight_decay};
  }

  ParameterSet<D, T>* parameters_;
  AdamOptions options_;
  Tensor<D, P> m_, v_;
  Tensor<D, P> rates_;  ///< of the step that advance() began
  std::int64_t steps_ = 0;
};

}  // namespace limn::inline v0
