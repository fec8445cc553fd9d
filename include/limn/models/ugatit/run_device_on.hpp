// SPDX-License-Identifier: MIT
// A RunDevice for any device: where the networks are compiled for it.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "limn/models/ugatit/make_plan.hpp"
#include "limn/models/ugatit/run_device.hpp"

namespace limn::inline v0::ugatit {

/// How a device is opened for options, dry or not.
template <Device D>
using OpenDevice = std::function<std::unique_ptr<D>(const RunOptions&, bool dry)>;

/// A RunDevice for any device, and trainings in T and More: other precisions are not compiled, and
/// throw a UsageError. `capacity` says what there is.
template <Device D, Scalar T, Scalar... More>
class RunDeviceOn final : public RunDevice {
 public:
  /// `open` is called for each training and plan.
  RunDeviceOn(OpenDevice<D> open, std::function<Capacity()> capacity)
      : open_(std::move(open)), capacity_(std::move(capacity)) {}

  [[nodiscard]] std::unique_ptr<Trainable> training(const RunOptions& options,
                                                    SheetPictures pictures) const override {
    return make(options, open_(options, false), std::move(pictures));
  }
  [[nodiscard]] std::unique_ptr<Trainable> dry_training(const RunOptions& options) const override {
    return make(options, open_(options, true), {});
  }
  [[nodiscard]] Plan plan(const RunOptions& options) const override {
    return with_precision_among<T, More...>(
        options.precision, [&]<Scalar U>() { return make_plan<U>(options, open_(options, true)); });
  }
  [[nodiscard]] Capacity capacity() const override { return capacity_(); }

 private:
  static std::unique_ptr<Trainable> make(const RunOptions& options, std::unique_ptr<D> device,
                                         SheetPictures pictures) {
    using Made = std::unique_ptr<Trainable>;
    return with_precision_among<T, More...>(options.precision, [&]<Scalar U>() -> Made {
      return std::make_unique<Training<D, U>>(std::move(device), options, std::move(pictures));
    });
  }

  OpenDevice<D> open_;
  std::function<Capacity()> capacity_;
};

}  // namespace limn::inline v0::ugatit
