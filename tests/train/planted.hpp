// SPDX-License-Identifier: MIT
// For tests: real little trainings of U-GAT-IT that faults are planted in, on any device.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/models/ugatit/make_plan.hpp"
#include "limn/models/ugatit/run_device.hpp"

namespace limn_test {

using namespace limn;

/// Called before or after each step, with what it may spoil.
template <Device D>
using Plant = std::function<void(ugatit::Training<D, float>&, UnpairedBatch&, std::int64_t step)>;

/// A training that something is planted in.
template <Device D>
class Planted final : public Trainable {
 public:
  using Training = ugatit::Training<D, float>;

  Planted(std::unique_ptr<Training> training, Plant<D> before, Plant<D> after)
      : training_(std::move(training)), before_(std::move(before)), after_(std::move(after)) {}
  [[nodiscard]] Training& training() const { return *training_; }
  std::string description() const override { return training_->description(); }
  std::vector<std::string> loss_names() const override { return training_->loss_names(); }
  double learning_rate(std::int64_t step) const override { return training_->learning_rate(step); }
  void scale_learning_rate(double factor) override { training_->scale_learning_rate(factor); }
  void train(const UnpairedBatch& batch, std::int64_t step) override {
    UnpairedBatch spoiled = batch;
    if (before_) before_(*training_, spoiled, step);
    training_->train(spoiled, step);
    if (after_) after_(*training_, spoiled, step);
  }
  std::vector<double> losses() override { return training_->losses(); }
  bool runs_ahead() const override { return training_->runs_ahead(); }
  std::vector<Signal> signals() override { return training_->signals(); }
  void require_finite_state() override { training_->require_finite_state(); }
  Diagnosis diagnose() override { return training_->diagnose(); }
  std::vector<StateTensor> state() override { return training_->state(); }
  Metadata metadata() override { return training_->metadata(); }
  void restore_counters(const SafetensorsFile& file) override { training_->restore_counters(file); }
  Samples samples(std::int64_t step) override { return training_->samples(step); }

 private:
  std::unique_ptr<Training> training_;
  Plant<D> before_, after_;
};

/// What runs of such trainings take place on.
template <Device D>
class PlantedDevice : public ugatit::RunDevice {
 public:
  using Open = std::function<std::unique_ptr<D>(bool dry)>;

  PlantedDevice(Open open, Plant<D> before, Plant<D> after)
      : open_(std::move(open)), before_(std::move(before)), after_(std::move(after)) {}
  std::unique_ptr<Trainable> training(const ugatit::RunOptions& options,
                                      ugatit::SheetPictures pictures) const override {
    return std::make_unique<Planted<D>>(
        std::make_unique<ugatit::Training<D, float>>(open_(false), options, std::move(pictures)),
        before_, after_);
  }
  std::unique_ptr<Trainable> dry_training(const ugatit::RunOptions& options) const override {
    return std::make_unique<ugatit::Training<D, float>>(open_(true), options);
  }
  ugatit::Plan plan(const ugatit::RunOptions& options) const override {
    return ugatit::make_plan<float>(options, open_(true));
  }
  ugatit::Capacity capacity() const override { return {std::uint64_t{1} << 40, "the test"}; }

 private:
  Open open_;
  Plant<D> before_, after_;
};

}  // namespace limn_test
