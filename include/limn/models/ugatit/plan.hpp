// SPDX-License-Identifier: MIT
// What a training will cost, known before it begins: its steps are run on a dry device, which hands
// out the same memory and counts the same work without having either.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/models/ugatit/training.hpp"

namespace limn::inline v0::ugatit {

/// Bytes of a training on its device, and work of a step.
struct Plan {
  std::uint64_t weights = 0;      ///< of all six networks, and vectors of spectral normalization
  std::uint64_t gradients = 0;    ///< of the weights that were learning when most was in use
  std::uint64_t moments = 0;      ///< of Adam
  std::uint64_t activations = 0;  ///< pictures, and what the tapes kept at that time
  std::uint64_t workspace = 0;    ///< the rest of the peak: scratch memory of kernels, gradients
                                  ///< of activations, gaps
  std::uint64_t peak = 0;         ///< of the device's pool, as a real training has it, exactly
  std::uint64_t checkpoint = 0;   ///< the file, without the names of the pictures
  std::uint64_t parameters = 0;
  std::uint64_t multiply_adds = 0;  ///< of a step, in convolutions and matrix products
};

/// Plans a training on a dry device that is opened as the real one would be. Throws UsageError for
/// options that do not work.
template <Scalar T, Device D>
[[nodiscard]] Plan make_plan(const RunOptions& options, std::unique_ptr<D> dry_device) {
  D& device = *dry_device;
  Training<D, T> training(std::move(dry_device), options);
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
  const auto state = training.state();
  plan.checkpoint = static_cast<std::uint64_t>(state_file_bytes(training.metadata(), state));

  const std::uint64_t lasting = device.memory().current - gradients();
  plan.weights = lasting - plan.moments;
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
  const UnpairedBatch batch{0, {options.train.batch, size, size, 3}, {}, {}};
  training.train(batch, 1);
  // the second step shows whether the pool had to grow once more; a device that records does it
  // now, with memory of its own for what the recording writes
  training.step().observe(nullptr);
  const std::uint64_t work = device.work().multiply_adds;
  training.train(batch, 2);
  plan.multiply_adds = device.work().multiply_adds - work;
  plan.peak = device.memory().peak;
  plan.workspace = plan.peak - std::min(plan.peak, most);
  return plan;
}

/// The plan in lines; the last one is "peak N bytes".
[[nodiscard]] inline std::string to_text(const Plan& plan) {
  std::string text;
  const auto line = [&](const std::string& name, std::uint64_t bytes, const std::string& note) {
    const std::string digits = std::to_string(bytes);
    text += name + std::string(14 - std::min<std::size_t>(name.size(), 13), ' ') +
            std::string(16 - std::min<std::size_t>(digits.size(), 16), ' ') + digits + " bytes" +
            (note.empty() ? "" : "  (" + note + ")") + "\n";
  };
  line("weights", plan.weights, std::to_string(plan.parameters) + " parameters");
  line("gradients", plan.gradients, "of the networks that learn at one time");
  line("moments", plan.moments, "of Adam");
  line("activations", plan.activations, "pictures, and what backward needs");
  line("workspace", plan.workspace, "scratch of kernels, gradients of activations, gaps");
  line("checkpoint", plan.checkpoint, "on disk");
  text += "work per step " + text_of(static_cast<double>(plan.multiply_adds) / 1e9, 4) +
          " billion multiply-adds\n";
  text += "peak " + std::to_string(plan.peak) + " bytes\n";
  return text;
}

}  // namespace limn::inline v0::ugatit
