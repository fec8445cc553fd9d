// SPDX-License-Identifier: MIT
// What an optimizer must have to train the players of a model (train/players.hpp): Adam has it, and
// so may one of one's own.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "limn/nn/parameter_set.hpp"

namespace limn::inline v0 {

/// An optimizer of one ParameterSet<D, T>, which it was made with.
///   O::name          what its tensors and counters are called in checkpoints
///   step(rate)       one update of every weight from the gradients that have accumulated
///   steps()          how many there were
///   set_steps(n)     goes on from there
///   keep(f)          f(name, flat): what else the next step depends on, a Tensor<D, param_t<T>> in
///                    the layout of the set's values(); nothing where there is nothing
/// Weights with dense gradients are ParameterSet::parts(), factored ones have Parameter::factors;
/// those with bounds must be kept in them.
template <class O, class D, class T>
concept OptimizerOf =
    requires(O& o, double rate, std::int64_t n,
             const std::function<void(const std::string&, const Tensor<D, param_t<T>>&)>& f) {
  { O::name } -> std::convertible_to<std::string>;
  o.step(rate);
  { o.steps() } -> std::convertible_to<std::int64_t>;
  o.set_steps(n);
  o.keep(f);
};

/// Any optimizer, where its type must not matter.
template <Device D, Scalar T>
class AnyOptimizer {
 public:
  /// Values in the layout of ParameterSet::values().
  using Flat = Tensor<D, param_t<T>>;
  /// What keep() calls for each of them.
  using Keep = std::function<void(const std::string& name, const Flat& flat)>;

  /// `make(set)` gives the optimizer; the set must outlive it.
  template <class Make>
  AnyOptimizer(ParameterSet<D, T>& set, const Make& make) {
    static_assert(std::invocable<const Make&, ParameterSet<D, T>&>,
                  "limn: a player's optimizer is given by a function that makes it: "
                  "[](ParameterSet<D, T>& weights) { return Mine(weights); }");
    using Made = std::invoke_result_t<const Make&, ParameterSet<D, T>&>;
    static_assert(OptimizerOf<Made, D, T>,
                  "limn: an optimizer needs a static name, step(rate), steps(), set_steps(n) and "
                  "keep(f), which calls f(name, tensor) for each of its moments");
    if constexpr (OptimizerOf<Made, D, T>) held_ = std::make_unique<Held<Made>>(set, make);
  }

  /// As OptimizerOf says, and so the others.
  [[nodiscard]] std::string name() const { return held_->name(); }
  /// One update of every weight.
  void step(double learning_rate) { held_->step(learning_rate); }
  /// Updates until now.
  [[nodiscard]] std::int64_t steps() const { return held_->steps(); }
  /// Goes on from that many.
  void set_steps(std::int64_t steps) { held_->set_steps(steps); }
  /// f for each tensor that the next update depends on.
  void keep(const Keep& f) const { held_->keep(f); }

 private:
  struct Interface {
    Interface() = default;
    Interface(const Interface&) = delete;
    Interface& operator=(const Interface&) = delete;
    virtual ~Interface() = default;
    virtual std::string name() const = 0;
    virtual void step(double learning_rate) = 0;
    virtual std::int64_t steps() = 0;
    virtual void set_steps(std::int64_t steps) = 0;
    virtual void keep(const Keep& f) = 0;
  };
  template <class O>
  struct Held final : Interface {
    Held(ParameterSet<D, T>& set, const auto& make) : optimizer(make(set)) {}
    std::string name() const override { return O::name; }
    void step(double learning_rate) override { optimizer.step(learning_rate); }
    std::int64_t steps() override { return optimizer.steps(); }
    void set_steps(std::int64_t steps) override { optimizer.set_steps(steps); }
    void keep(const Keep& f) override { optimizer.keep(f); }
    O optimizer;
  };

  std::unique_ptr<Interface> held_;
};

}  // namespace limn::inline v0
