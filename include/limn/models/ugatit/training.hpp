// SPDX-License-Identifier: MIT
// U-GAT-IT as something that a Trainer trains: device, model, optimizers and the pictures of its
// sheets.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/repeated.hpp"
#include "limn/data/augment.hpp"
#include "limn/models/ugatit/checkpoint.hpp"
#include "limn/models/ugatit/diagnosis.hpp"
#include "limn/models/ugatit/make_samples.hpp"
#include "limn/models/ugatit/network_signals.hpp"
#include "limn/train/network_state.hpp"
#include "limn/train/trainable.hpp"

namespace limn::inline v0::ugatit {

/// A training of the whole model, on a device and in a scalar type.
template <Device D, Scalar T>
class Training final : public Trainable {
 public:
  /// Allocates and initializes everything. Throws UsageError for options that do not work,
  /// DeviceError where memory is short.
  Training(std::unique_ptr<D> device, const RunOptions& options, SheetPictures pictures = {});
  ~Training() override;

  /// Where it computes.
  [[nodiscard]] D& device() { return *device_; }
  /// The networks.
  [[nodiscard]] Model<D, T>& model() { return model_; }
  /// Losses, optimizers and learning rate.
  [[nodiscard]] Step<D, T>& step() { return step_; }
  /// As it was made.
  [[nodiscard]] const RunOptions& options() const { return options_; }

  [[nodiscard]] std::string description() const override;
  [[nodiscard]] std::vector<std::string> loss_names() const override {
    return ugatit::loss_names(options_.train.gan_type);
  }
  [[nodiscard]] double learning_rate(std::int64_t step) const override {
    return step_.learning_rate(step);
  }
  void scale_learning_rate(double factor) override { step_.scale_learning_rate(factor); }

  /// While the result lives, the generators have the weights that translations are made with:
  /// averages, where they are kept.
  [[nodiscard]] auto used_weights() {
    const auto& averages = step_.generator_adam().averages();
    return model_.generators.substitute(averages.defined() ? averages : model_.generators.values());
  }

  /// On a dry device the batch needs no values, and the losses are 0.
  void train(const UnpairedBatch& batch, std::int64_t step) override;
  [[nodiscard]] std::vector<double> losses() override;
  [[nodiscard]] bool runs_ahead() const override { return RecordingDevice<D>; }

  [[nodiscard]] std::vector<Signal> signals() override;
  [[nodiscard]] Diagnosis diagnose() override;
  void require_finite_state() override;

  [[nodiscard]] std::vector<StateTensor> state() override;
  [[nodiscard]] Metadata metadata() override;
  void restore_counters(const SafetensorsFile& file) override;

  [[nodiscard]] Samples samples(std::int64_t step) override;
  [[nodiscard]] Picture translate(const Picture& picture) override;

 private:
  [[nodiscard]] bool has_finite_state();
  void take(const UnpairedBatch& batch);
  static void upload(const std::vector<float>& values, const Tensor<D, T>& to);

  RunOptions options_;
  SheetPictures pictures_;
  std::unique_ptr<D> device_;
  Model<D, T> model_;
  Step<D, T> step_;
  Tensor<D, T> real_a_, real_b_;
  Repeated<D, Losses<D, T>> steps_;
};

// Defined outside the class, where they are not inline: who links them compiled (limn::ugatit,
// run_cpu.hpp) compiles none of them.

template <Device D, Scalar T>
Training<D, T>::Training(std::unique_ptr<D> device, const RunOptions& options,
                         SheetPictures pictures)
    : options_((options.check(), options)),
      pictures_(std::move(pictures)),
      device_(std::move(device)),
      model_(*device_, options.model, options.train.seed),
      step_(model_, options.train) {}

template <Device D, Scalar T>
Training<D, T>::~Training() = default;

template <Device D, Scalar T>
std::string Training<D, T>::description() const {
  const auto& m = options_.model;
  const std::string size = std::to_string(m.size);
  return std::string("U-GAT-IT ") + to_string(m.variant) + ", " + size + " x " + size + ", " +
         std::to_string(m.channels) + " channels, " + precision_name<T>() + ", " +
         to_string(options_.maths) + " maths; " + device_->name();
}

template <Device D, Scalar T>
void Training<D, T>::train(const UnpairedBatch& batch, std::int64_t step) {
  take(batch);
  step_.begin(step);
  const auto work = [this] { return step_.compute(real_a_, real_b_); };
  if (step_.observed())
    steps_.as_it_is(work);
  else
    steps_(*device_, work);
}

template <Device D, Scalar T>
std::vector<double> Training<D, T>::losses() {
  const auto& losses = steps_.result();
  if (device_->dry()) return std::vector<double>(losses.size());
  std::vector<double> values;
  for (const auto& [name, value] : losses.read()) values.push_back(value);
  return values;
}

template <Device D, Scalar T>
std::vector<Signal> Training<D, T>::signals() {
  if (device_->dry()) return {};
  auto signals = network_signals(model_);
  if (const auto right = step_.cam_accuracy(); !right.empty()) {
    signals.push_back({"CAM accuracy/genA2B", {right[0]}});
    signals.push_back({"CAM accuracy/genB2A", {right[1]}});
  }
  return signals;
}

template <Device D, Scalar T>
Diagnosis Training<D, T>::diagnose() {
  steps_.forget();  // whose recording holds memory
  const bool untouched = step_.take_back();
  if (device_->dry() || !real_a_.defined()) return {{}, untouched};
  Diagnosis found{{}, untouched && has_finite_state()};
  // batch by batch: all that a step accumulates would not fit
  const Index batch = options_.train.batch;
  for (Index i = 0; i < real_a_.shape().n && found.where.empty(); i += batch)
    found.where =
        first_not_finite(model_, real_a_.samples(i, batch), real_b_.samples(i, batch), !untouched);
  return found;
}

template <Device D, Scalar T>
void Training<D, T>::require_finite_state() {
  limn::require_finite_state(model_.generators, step_.generator_adam());
  limn::require_finite_state(model_.discriminators, step_.discriminator_adam());
}

template <Device D, Scalar T>
std::vector<StateTensor> Training<D, T>::state() {
  return training_state(model_, step_);
}

template <Device D, Scalar T>
Metadata Training<D, T>::metadata() {
  return training_metadata(options_, step_, kernels_of(*device_));
}

template <Device D, Scalar T>
void Training<D, T>::restore_counters(const SafetensorsFile& file) {
  step_.generator_adam().set_steps(counter_entry(file, "adam.generators.steps"));
  step_.discriminator_adam().set_steps(counter_entry(file, "adam.discriminators.steps"));
}

template <Device D, Scalar T>
Samples Training<D, T>::samples(std::int64_t step) {
  const auto used = used_weights();
  return {step,
          "Step " + std::to_string(step) + "\n" + description() + "; seed " +
              std::to_string(options_.train.seed),
          make_samples(model_.a2b, model_.b2a, *device_, options_.model.size, pictures_)};
}

template <Device D, Scalar T>
Picture Training<D, T>::translate(const Picture& picture) {
  const auto used = used_weights();
  const Index size = options_.model.size;
  return to_picture(translate_values(model_.a2b, *device_, to_floats(picture), size).image, size,
                    size);
}

template <Device D, Scalar T>
bool Training<D, T>::has_finite_state() {
  try {
    require_finite_state();
    return true;
  } catch (const NumericError&) {
    return false;
  }
}

// The pictures stay where they are: a recorded step reads them there.
template <Device D, Scalar T>
void Training<D, T>::take(const UnpairedBatch& batch) {
  if (real_a_.shape() != batch.shape) {
    steps_.forget();
    real_a_ = Tensor<D, T>(*device_, batch.shape);
    real_b_ = Tensor<D, T>(*device_, batch.shape);
  }
  if (device_->dry()) return;
  upload(batch.a, real_a_);
  upload(batch.b, real_b_);
}

template <Device D, Scalar T>
void Training<D, T>::upload(const std::vector<float>& values, const Tensor<D, T>& to) {
  if constexpr (std::same_as<T, float>)
    to.upload(values);
  else
    to.upload(std::vector<T>(values.begin(), values.end()));
}

}  // namespace limn::inline v0::ugatit
