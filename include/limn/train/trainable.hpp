// SPDX-License-Identifier: MIT
// What a trainer needs to know of a model: nothing about networks, devices or scalar types.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "limn/data/loader.hpp"
#include "limn/io/picture.hpp"
#include "limn/train/events.hpp"
#include "limn/train/state.hpp"

namespace limn::inline v0 {

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
  [[nodiscard]] virtual double learning_rate(std::int64_t step) const = 0;
  /// One step, counted from 1. A device may still be computing it afterwards.
  virtual void train(const UnpairedBatch& batch, std::int64_t step) = 0;
  /// The loss terms of the last step, waiting for it. Throws NumericError for a loss that is not
  /// finite: the state is spoiled then.
  [[nodiscard]] virtual std::vector<double> losses() = 0;
  /// Whether steps run ahead of the program, and losses() makes it wait: a trainer then asks where
  /// they are shown or kept, and not after every step.
  [[nodiscard]] virtual bool runs_ahead() const { return false; }

  /// How the networks are after the last step, waiting for it.
  [[nodiscard]] virtual std::vector<Signal> signals() { return {}; }

  /// Everything that the next step depends on, but for step and data.
  [[nodiscard]] virtual std::vector<StateTensor> state() = 0;
  /// What the state is, its options and counters.
  [[nodiscard]] virtual Metadata metadata() = 0;
  /// Takes the counters that metadata() gave.
  virtual void restore_counters(const SafetensorsFile& file) = 0;

  /// How the model does on its fixed test pictures after `step` steps; an empty picture if it has
  /// none. Changes nothing that training depends on.
  [[nodiscard]] virtual Picture sheet(std::int64_t step) = 0;

  /// What the model makes of a picture of A, a square of the model's own size: of B, of that size.
  /// An empty picture for models that make none. Changes nothing that training depends on. Throws
  /// NumericError where the result is not finite.
  [[nodiscard]] virtual Picture translate(const Picture& /*picture*/) { return {}; }
};

}  // namespace limn::inline v0
