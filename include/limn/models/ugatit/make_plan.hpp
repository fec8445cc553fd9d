// SPDX-License-Identifier: MIT
// Planning a training: its steps are run on a dry device, with what is done between steps, which
// hands out the same memory and counts the same work without having either.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "limn/models/ugatit/plan.hpp"
#include "limn/models/ugatit/training.hpp"

namespace limn::inline v0::ugatit {

/// Plans a training on a dry device that is opened as the real one would be. Throws UsageError for
/// options that do not work.
template <Scalar T, Device D>
[[nodiscard]] Plan make_plan(const RunOptions& options, std::unique_ptr<D> dry_device) {
  D& device = *dry_device;
  // a picture without pixels: a dry device asks for none, and they all need the same
  Training<D, T> training(std::move(dry_device), options, {{SheetPicture()}, {SheetPicture()}});
  Plan plan;
  const auto bytes = [](const auto& tensor) {
    return tensor.defined() ? static_cast<std::uint64_t>(tensor.bytes()) : 0;
  };
  ParameterSet<D, T>* const sets[] = {&training.model().generators,
                                      &training.model().discriminators};
  const auto gradients = [&] {
    std::uint64_t total = 0;
    for (const auto* set : sets)
      for (const auto& part : set->parts()) total += bytes(part.gradients);
    return total;
  };
  for (const auto* set : sets)
    for (const auto* p : set->parameters())
      if (p->role == Role::weight) plan.parameters += static_cast<std::uint64_t>(p->shape.size());
  for (auto* adam : {&training.step().generator_adam(), &training.step().discriminator_adam()})
    plan.moments += bytes(adam->first_moments()) + bytes(adam->second_moments());
  plan.averages = bytes(training.step().generator_adam().averages());
  const auto state = training.state();
  plan.checkpoint = static_cast<std::uint64_t>(state_file_bytes(training.metadata(), state));

  const std::uint64_t lasting = device.memory().current - gradients();
  plan.weights = lasting - plan.moments - plan.averages;
  std::uint64_t most = 0;
  const auto look = [&](const auto& /*seen*/) {
    const std::uint64_t current = device.memory().current;
    if (current <= most) return;
    most = current;
    plan.gradients = gradients();
    plan.activations = current - lasting - plan.gradients;
  };
  training.step().observe(look, false);
  const Index size = options.model.size;
  const UnpairedBatch batch{0, {options.pictures(), size, size, 3}, {}, {}};
  training.train(batch, 1);
  // the second step shows whether the pool had to grow once more; a device that records does it
  // now, with memory of its own for what the recording writes
  training.step().observe(nullptr);
  const std::uint64_t work = device.work().multiply_adds;
  training.train(batch, 2);
  plan.multiply_adds = device.work().multiply_adds - work;
  // between steps: the recording's memory is not theirs
  training.require_finite_state();
  const std::uint64_t steps_peak = device.memory().peak;
  static_cast<void>(training.samples(2));
  plan.peak = device.memory().peak;
  plan.sheets = plan.peak - steps_peak;
  plan.workspace = steps_peak - std::min(steps_peak, most);
  return plan;
}

}  // namespace limn::inline v0::ugatit
