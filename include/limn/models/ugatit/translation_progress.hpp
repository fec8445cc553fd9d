// SPDX-License-Identifier: MIT
// How far a translation is, and ending it early: asked before each layer computes, in shares of all
// multiplications. How many those are is planned on a dry device.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "limn/core/device.hpp"
#include "limn/core/error.hpp"

namespace limn::inline v0::ugatit {

/// Told how much of a translation is done, from 0 to 1 and never less than before, by the thread
/// that translates; false cancels it. A device that cannot be watched tells beginning and end.
using TranslationProgress = std::function<bool(double done)>;

/// Tells `progress`. Throws Cancelled where it says so.
inline void tell_progress(const TranslationProgress& progress, double done) {
  if (progress && !progress(done)) throw Cancelled("the translation was cancelled");
}

/// While it lives, a device's work is told to `progress`, `total` multiplications being all of it.
template <Device D>
class ProgressWatch {
 public:
  /// Watches where the device can be watched; elsewhere nothing is told.
  ProgressWatch(D& device, const TranslationProgress& progress, std::uint64_t total) {
    if constexpr (WatchedDevice<D>) {
      if (!progress || total == 0) return;
      device_ = &device;
      const std::uint64_t before = device.work().multiply_adds;
      device.watch([&progress, total, before](const WorkDone& work) {
        const double done =
            static_cast<double>(work.multiply_adds - before) / static_cast<double>(total);
        tell_progress(progress, done < 1 ? done : 1);
      });
    }
  }
  ProgressWatch(const ProgressWatch&) = delete;
  ProgressWatch& operator=(const ProgressWatch&) = delete;
  ~ProgressWatch() {
    if constexpr (WatchedDevice<D>)
      if (device_ != nullptr) device_->watch({});
  }

 private:
  D* device_ = nullptr;
};

}  // namespace limn::inline v0::ugatit
