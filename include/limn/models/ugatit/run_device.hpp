// SPDX-License-Identifier: MIT
// Where a training takes place, chosen when a program runs: behind a RunDevice the device's type
// hides (run_device_on.hpp), so that one program can have several, and its own code compiles
// without any of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "limn/models/ugatit/checkpoint_options.hpp"
#include "limn/models/ugatit/plan.hpp"
#include "limn/models/ugatit/sheet_pictures.hpp"
#include "limn/train/trainable.hpp"

namespace limn::inline v0::ugatit {

/// Memory that a training may use, and whose it is: "the machine", "the card".
struct Capacity {
  std::uint64_t bytes = 0;  ///< in total
  std::string owner;        ///< for messages
  std::uint64_t free = 0;   ///< of them, what nobody uses now; 0: not known
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
  /// What a training will cost, from a dry one. Throws UsageError for options that do not work.
  [[nodiscard]] virtual Plan plan(const RunOptions& options) const = 0;
  /// What the device has.
  [[nodiscard]] virtual Capacity capacity() const = 0;
};

}  // namespace limn::inline v0::ugatit
