// SPDX-License-Identifier: MIT
// The CPU as the place of a training. With limn::ugatit the networks are compiled there, else where
// this is included.
#pragma once

#include <memory>
#include <utility>

#include "limn/cpu/device.hpp"
#include "limn/models/ugatit/run_device.hpp"

namespace limn::inline v0::ugatit {

namespace detail {
/// A template so that it can be compiled elsewhere; its argument means nothing.
template <class = void>
[[nodiscard]] std::shared_ptr<const RunDevice> open_cpu_run_device(const CpuOptions& cpu);
}  // namespace detail

/// The CPU; the options' maths is the device's.
[[nodiscard]] inline std::shared_ptr<const RunDevice> cpu_run_device(const CpuOptions& cpu = {}) {
  return detail::open_cpu_run_device(cpu);
}

/// Plans a training on the CPU with so many threads (0: all). Throws UsageError for options that do
/// not work.
[[nodiscard]] inline Plan make_plan(const RunOptions& options, int threads = 0) {
  return cpu_run_device({.threads = threads})->plan(options);
}

/// A training on the CPU. Throws UsageError, DeviceError.
[[nodiscard]] inline std::unique_ptr<Trainable> make_training(const RunOptions& options,
                                                              const CpuOptions& cpu = {},
                                                              SheetPictures pictures = {}) {
  return cpu_run_device(cpu)->training(options, std::move(pictures));
}

}  // namespace limn::inline v0::ugatit

#if defined(LIMN_USE_UGATIT)
namespace limn::inline v0::ugatit {
extern template std::shared_ptr<const RunDevice> detail::open_cpu_run_device<void>(
    const CpuOptions&);
}  // namespace limn::inline v0::ugatit
#else
#include "limn/models/ugatit/run_cpu_here.hpp"
#endif
