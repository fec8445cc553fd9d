// SPDX-License-Identifier: MIT
// Where a training takes place, chosen when a program runs: behind a RunDevice the device's type
// hides, so that one program can have several and its own code is compiled without any of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "limn/models/ugatit/plan.hpp"

namespace limn::inline v0::ugatit {

/// Memory that a training may use, and whose it is: "the machine", "the card".
struct Capacity {
  std::uint64_t bytes = 0;
  std::string owner;
};

/// A kind of device, and how it is opened.
class RunDevice {
 public:
  RunDevice() = default;
  RunDevice(const RunDevice&) = delete;
  RunDevice& operator=(const RunDevice&) = delete;
  virtual ~RunDevice() = default;

  /// A training in the precision and with the maths that the options name. Throws UsageError,
  /// DeviceError.
  [[nodiscard]] virtual std::unique_ptr<Trainable> training(const RunOptions& options,
                                                            SheetPictures pictures) const = 0;
  /// The same on a dry device: names and extents, no memory.
  [[nodiscard]] virtual std::unique_ptr<Trainable> dry_training(
      const RunOptions& options) const = 0;
  [[nodiscard]] virtual Plan plan(const RunOptions& options) const = 0;
  [[nodiscard]] virtual Capacity capacity() const = 0;
};

/// How a device is opened for options, dry or not.
template <Device D>
using OpenDevice = std::function<std::unique_ptr<D>(const RunOptions&, bool dry)>;

/// A RunDevice for any device. `capacity` says what there is.
template <Device D>
class RunDeviceOn final : public RunDevice {
 public:
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
    return with_precision(options.precision,
                          [&]<Scalar T>() { return make_plan<T>(options, open_(options, true)); });
  }
  [[nodiscard]] Capacity capacity() const override { return capacity_(); }

 private:
  static std::unique_ptr<Trainable> make(const RunOptions& options, std::unique_ptr<D> device,
                                         SheetPictures pictures) {
    return with_precision(options.precision, [&]<Scalar T>() -> std::unique_ptr<Trainable> {
      return std::make_unique<Training<D, T>>(std::move(device), options, std::move(pictures));
    });
  }

  OpenDevice<D> open_;
  std::function<Capacity()> capacity_;
};

}  // namespace limn::inline v0::ugatit
