// SPDX-License-Identifier: MIT
// Adam over one ParameterSet: one pass over the flat buffers for each network's dense gradients
// (one more for those with bounds), one per factored parameter. Clamping to bounds and averaging
// happen in the same passes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/nn/parameter_set.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn::inline v0 {

/// Constants of Adam; U-GAT-IT's by default.
struct AdamOptions {
  /// b1, b2 and epsilon of primitive::AdamRule.
  double beta1 = 0.5, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay =
      1e-4;  ///< L2, added to the gradient of every parameter that decays, as torch.optim.Adam
  bool epsilon_hat = false;  ///< see AdamRule
};

/// First and second moments, and the count of steps. The set must outlive it.
template <Device D, Scalar T>
class Adam {
 public:
  /// The scalar type of weights and moments.
  using P = param_t<T>;
  /// Its moments and counters in checkpoints are called "adam.m/...", "adam.G.steps".
  static constexpr const char* name = "adam";

  /// `updates`: as many of each parameter may follow one advance(), each a step of its own. Throws
  /// UsageError for parameters without gradients: nothing could be learned.
  Adam(ParameterSet<D, T>& parameters, const AdamOptions& options, Index updates = 1)
      : parameters_((require_learning(parameters), &parameters)),
        options_(options),
        m_(parameters.device(), parameters.values().shape()),
        v_(parameters.device(), parameters.values().shape()),
        rates_(parameters.device(), {updates, 1, 1, primitive::adam_rates_shape().c}) {
    primitive::fill(m_, P(0));
    primitive::fill(v_, P(0));
  }

  /// From the next step on, averages of all weights are kept beside them:
  ///   average += (1 - d) (w - average),  d = min(decay, (1 + t) / (10 + t)) at the t-th step,
  /// so that the first weights are soon forgotten. They begin as the weights are now; called again,
  /// they begin anew. Memory as that of one moment. A step that was captured before keeps none:
  /// call this first. Throws UsageError unless 0 <= decay < 1.
  void average(double decay) {
    if (!(decay >= 0 && decay < 1))
      throw UsageError("[Adam] the decay of averaged weights is " + std::to_string(decay) +
                       "; it must be at least 0 and below 1, for example 0.999");
    decay_ = decay;
    const auto& values = parameters_->values();
    if (!averages_.defined()) averages_ = Tensor<D, P>(parameters_->device(), values.shape());
    primitive::copy(values, averages_);
  }

  /// One update of every parameter from the gradients that have accumulated. Throws UsageError
  /// where there are none, or the weights are another set's.
  void step(double learning_rate) {
    advance(learning_rate);
    update();
  }

  /// The same in pieces: advance once, then update each part of the set, or all of them; `turn`
  /// counts the updates from 0. Only advance sends anything to the device, so that updates can be
  /// captured and replayed.
  void advance(double learning_rate) {
    if (parameters_->substituted())
      throw UsageError("[Adam] the weights are substituted by another buffer: nothing may learn");
    parameters_->require_own();
    std::vector<P> values;
    for (Index turn = 0; turn < rates_.shape().n; ++turn) {
      ++steps_;
      const auto t = static_cast<double>(steps_);
      const double decay = averages_.defined() ? std::min(decay_, (1 + t) / (10 + t)) : 1;
      for (const P v :
           primitive::adam_rates(rule(), learning_rate, steps_, decay).template values<P>())
        values.push_back(v);
    }
    rates_.upload(values);
  }
  /// Takes advance() back.
  void withdraw() { steps_ -= rates_.shape().n; }
  /// One step for all networks of the set, with the gradients that are there. After advance().
  /// Throws UsageError for a network without gradients.
  void update() {
    for (std::size_t i = 0; i < parameters_->parts().size(); ++i) update(i);
  }
  /// One step for one network, an index into the set's parts().
  void update(std::size_t index, Index turn = 0) {
    const auto rates = rates_.samples(turn, 1);
    const auto& part = parameters_->parts().at(index);
    if (!part.runs.empty() && !part.gradients.defined())
      throw UsageError("[Adam] there are no gradients of " +
                       parameters_->parameters()[part.first]->name +
                       " and its network: zero_gradients() and a backward come before an update");
    for (const auto& run : part.runs) {
      const Shape shape = vector_shape(run.size);
      primitive::adam(rule(run.decays), rates, parameters_->values().view(run.offset, shape),
                      part.gradients.view(run.offset - part.offset, shape),
                      m_.view(run.offset, shape), v_.view(run.offset, shape),
                      extras(run.offset, shape, run.bounds));
    }
    for (std::size_t i = part.first; i < part.last; ++i) {
      const auto* p = parameters_->parameters()[i];
      if (p->role != Role::weight || !p->factored) continue;
      const Index offset = parameters_->offset(*p);
      primitive::adam_outer<D, T>(rule(p->decays), rates, p->value, p->factors,
                                  m_.view(offset, p->shape), v_.view(offset, p->shape),
                                  extras(offset, p->shape, p->bounds));
    }
  }

  /// decay / 2 sum w^2 over the weights that decay, one value: the loss whose gradient the decay
  /// is.
  [[nodiscard]] Tensor<D, P> decay_loss() const {
    Tensor<D, P> sum(parameters_->device(), scalar_shape());
    const Tensor<D, P> one(parameters_->device(), scalar_shape());
    primitive::fill(sum, P(0));
    const auto add = [&](const Tensor<D, P>& weights) {
      primitive::sum_squares(weights, one);
      primitive::map(Scaled{options_.weight_decay / 2}, one, sum, Write::accumulate);
    };
    for (const auto& part : parameters_->parts()) {
      for (const auto& run : part.runs)
        if (run.decays) add(parameters_->values().view(run.offset, vector_shape(run.size)));
      for (std::size_t i = part.first; i < part.last; ++i)
        if (const auto* p = parameters_->parameters()[i];
            p->role == Role::weight && p->factored && p->decays)
          add(p->value);
    }
    return sum;
  }

  /// How many advance() has begun.
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  /// For a training that goes on: the steps that the moments have seen.
  void set_steps(std::int64_t steps) { steps_ = steps; }
  /// First and second moments, flat, at the offsets of the parameters' values.
  [[nodiscard]] const Tensor<D, P>& first_moments() const { return m_; }
  /// v, likewise.
  [[nodiscard]] const Tensor<D, P>& second_moments() const { return v_; }
  /// Both by the names that checkpoints have (optimizer.hpp).
  void keep(auto&& f) const { f("m", m_), f("v", v_); }
  /// Averaged weights, likewise; undefined unless average() was called.
  [[nodiscard]] const Tensor<D, P>& averages() const { return averages_; }

 private:
  static void require_learning(const ParameterSet<D, T>& parameters) {
    for (const auto* p : parameters.parameters())
      if (p->role == Role::weight && !p->learns)
        throw UsageError("[Adam] parameter '" + p->name +
                         "' is fixed: its set was allocated without gradients; allocate(true) " +
                         "gives it some");
  }
  [[nodiscard]] primitive::AdamRule rule(bool decays = true) const {
    return {options_.beta1, options_.beta2, options_.epsilon, decays ? options_.weight_decay : 0,
            options_.epsilon_hat};
  }
  [[nodiscard]] primitive::AdamExtras<D, P> extras(
      Index offset, const Shape& shape, const std::optional<primitive::Bounds>& bounds) const {
    return {averages_.defined() ? averages_.view(offset, shape) : Tensor<D, P>(), bounds};
  }

  ParameterSet<D, T>* parameters_;
  AdamOptions options_;
  Tensor<D, P> m_, v_, averages_;
  double decay_ = 0;    ///< of the averages
  Tensor<D, P> rates_;  ///< of the updates that advance() began, a row each
  std::int64_t steps_ = 0;
};

}  // namespace limn::inline v0
