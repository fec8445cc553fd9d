// SPDX-License-Identifier: MIT
// Adam over one ParameterSet: one pass over the flat buffers for all dense gradients, one per
// factored parameter.
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
        v_(parameters.device(), parameters.values().shape()) {
    primitive::fill(m_, P(0));
    primitive::fill(v_, P(0));
  }

  /// One update of every parameter from the gradients that have accumulated.
  void step(double learning_rate) {
    ++steps_;
    const primitive::AdamStep step{learning_rate,    options_.beta1,        options_.beta2,
                                   options_.epsilon, options_.weight_decay, steps_};
    const Index dense = parameters_->dense_size();
    const auto part = [](const Tensor<D, P>& flat, Index first, Index count) {
      return flat.view(first, vector_shape(count));
    };
    const auto& w = parameters_->values();
    if (dense > 0)
      primitive::adam(step, part(w, 0, dense), parameters_->gradients(), part(m_, 0, dense),
                      part(v_, 0, dense));
    for (const auto* p : parameters_->parameters()) {
      if (p->role != Role::weight || !p->factored) continue;
      const Index offset = parameters_->offset(*p);
      primitive::adam_outer<D, T>(step, p->value, p->factors, m_.view(offset, p->shape),
                                  v_.view(offset, p->shape));
    }
  }

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }
  /// First and second moments, flat, at the offsets of the parameters' values.
  [[nodiscard]] const Tensor<D, P>& first_moments() const { return m_; }
  [[nodiscard]] const Tensor<D, P>& second_moments() const { return v_; }

 private:
  ParameterSet<D, T>* parameters_;
  AdamOptions options_;
  Tensor<D, P> m_, v_;
  std::int64_t steps_ = 0;
};

}  // namespace limn::inline v0
