// SPDX-License-Identifier: MIT
// For tests: the CPU as the place of trainings, whose networks are compiled once for all of them.
#pragma once

#include <memory>

#include "limn/cpu/device.hpp"
#include "limn/models/ugatit/run_device.hpp"

[[nodiscard]] std::shared_ptr<const limn::ugatit::RunDevice> cpu_device(
    const limn::CpuOptions& cpu = {});

[[nodiscard]] inline limn::ugatit::Plan plan_on_cpu(const limn::ugatit::RunOptions& options,
                                                    int threads = 0) {
  return cpu_device({.threads = threads})->plan(options);
}

[[nodiscard]] inline std::unique_ptr<limn::Trainable> training_on_cpu(
    const limn::ugatit::RunOptions& options, const limn::CpuOptions& cpu = {}) {
  return cpu_device(cpu)->training(options, {});
}
