// SPDX-License-Identifier: MIT
// What a trainer needs to know of a model: nothing about networks, devices or scalar types.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/data/loader.hpp"
#include "limn/io/picture.hpp"
#include "limn/train/events.hpp"
#include "limn/train/samples.hpp"
#include "limn/train/state.hpp"

namespace limn::inline v0 {

/// Where the first value that is not finite lies.
struct Diagnosis {
  std::string where{};  ///< a sentence without its full stop; empty: not known
  bool sound = false;   ///< the state is still that of the step before, and finite
};

/// A model with its optimizers. One caller at a time.
class Trainable {
 public:
  Trainable() = default;
  Trainable(const Trainable&) = delete;
  Trainable& operator=(const Trainable&) = delete;
  virtual ~Trainable() = default;

  /// What this is and where it computes, in a line.
  [[nodiscard]] virtual std::string description() const = 0;
  /// Names of the loss terms, in the order in which losses() gives their values.
  [[nodiscard]] virtual std::vector<std::string> loss_names() const = 0;
  /// Of a step, counted from 1, with all factors of scale_learning_rate() so far.
  [[nodiscard]] virtual double learning_rate(std::int64_t step) const = 0;
  /// Multiplies the learning rate of all steps to come, for a training that broke down. Throws
  /// UsageError where a model cannot.
  virtual void scale_learning_rate(double /*factor*/) {
    throw UsageError("this model does not scale its learning rate");
  }
  /// One step, counted from 1. A device may still be computing it afterwards. Throws NumericError
  /// where it sees that a value is not finite: diagnose() tells more.
  virtual void train(const UnpairedBatch& batch, std::int64_t step) = 0;
  /// The loss terms of the last step, waiting for it. Throws NumericError for a loss that is not
  /// finite: the state is spoiled then.
  [[nodiscard]] virtual std::vector<double> losses() = 0;
  /// Whether steps run ahead of the program, and losses() makes it wait: a trainer then asks where
  /// they are shown or kept, and not after every step.
  [[nodiscard]] virtual bool runs_ahead() const { return false; }

  /// How the networks are after the last step, waiting for it.
  [[nodiscard]] virtual std::vector<Signal> signals() { return {}; }

  /// After train() or losses() threw NumericError: where the first value that is not finite lies.
  /// No step can follow, unless the state is restored.
  [[nodiscard]] virtual Diagnosis diagnose() { return {}; }

  /// Throws NumericError, which says where, if a value of the state is not finite, waiting for the
  /// last step. Asked before the state is saved: losses are from before a step's own update.
  virtual void require_finite_state() {}

  /// Everything that the next step depends on, but for step and data.
  [[nodiscard]] virtual std::vector<StateTensor> state() = 0;
  /// What the state is, its options and counters.
  [[nodiscard]] virtual Metadata metadata() = 0;
  /// Takes the counters that metadata() gave.
  virtual void restore_counters(const SafetensorsFile& file) = 0;

  /// What the networks make of fixed test pictures after `step` steps; none where there are no such
  /// pictures. Changes nothing that training depends on. Throws NumericError where it is not
  /// finite.
  [[nodiscard]] virtual Samples samples(std::int64_t /*step*/) { return {}; }
  /// A picture of how the model does, for models that give no samples; else drawn from them. Empty
  /// where there is nothing to see.
  [[nodiscard]] virtual Picture sheet(std::int64_t step) {
    const Samples s = samples(step);
    return s.empty() ? Picture() : draw_samples(s);
  }

  /// What the model makes of a picture of A, a square of the model's own size: of B, of that size.
  /// An empty picture for models that make none. Changes nothing that training depends on. Throws
  /// NumericError where the result is not finite.
  [[nodiscard]] virtual Picture translate(const Picture& /*picture*/) { return {}; }
};

}  // namespace limn::inline v0
