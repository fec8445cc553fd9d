// SPDX-License-Identifier: MIT
// The checkpoint of a U-GAT-IT training: weights and the vectors of spectral normalization under
// the published names, Adam's moments as "adam.m/NAME" and "adam.v/NAME", averaged weights as
// "ema/NAME", options and counters in the metadata. Random numbers are counter-based: seed and step
// are their whole state.
#pragma once

#include <string>
#include <vector>

#include "limn/models/ugatit/step.hpp"
#include "limn/models/ugatit/translator.hpp"

namespace limn::inline v0::ugatit {

/// Everything of model and optimizers that the next step depends on, but for the counters.
template <Device D, Scalar T>
[[nodiscard]] std::vector<StateTensor> training_state(Model<D, T>& model, Step<D, T>& step) {
  std::vector<StateTensor> tensors;
  append_values(model.generators, tensors);
  append_values(model.discriminators, tensors);
  auto &g = step.generator_adam(), &d = step.discriminator_adam();
  append_flat(first_moments_prefix, model.generators, g.first_moments(), tensors);
  append_flat(first_moments_prefix, model.discriminators, d.first_moments(), tensors);
  append_flat(second_moments_prefix, model.generators, g.second_moments(), tensors);
  append_flat(second_moments_prefix, model.discriminators, d.second_moments(), tensors);
  if (g.averages().defined()) append_flat(averages_prefix, model.generators, g.averages(), tensors);
  return tensors;
}

/// `isa`: the instruction set that computed it: another one rounds otherwise.
template <Device D, Scalar T>
[[nodiscard]] Metadata training_metadata(const RunOptions& options, Step<D, T>& step,
                                         const std::string& isa) {
  Metadata m = options_to_metadata(options);
  m["kind"] = training_kind;
  m["format"] = "limn 1";
  m["layout"] = tensor_layout;
  m["isa"] = isa;
  m["random"] = "Philox4x32-10, counter-based: the state is option.seed and step";
  m["adam.generators.steps"] = text_of(step.generator_adam().steps());
  m["adam.discriminators.steps"] = text_of(step.discriminator_adam().steps());
  return m;
}

}  // namespace limn::inline v0::ugatit
