// SPDX-License-Identifier: MIT
// The six networks of U-GAT-IT and the two parameter sets that train them.
#pragma once

#include "limn/models/ugatit/discriminator.hpp"
#include "limn/models/ugatit/generator.hpp"
#include "limn/optim/adam.hpp"

/// U-GAT-IT (Kim et al., 2020): networks, training step, files, runs.
namespace limn::inline v0::ugatit {

/// Two generators, and a global and a local discriminator per domain; allocated and initialized
/// from `seed`. Does not move: parameter sets point into the networks.
template <Device D, Scalar T = float>
struct Model {
  ModelOptions options;  ///< as it was made
  /// Generators, from domain A to B and back.
  Generator<D, T> a2b, b2a;
  /// What judges pictures of domain A and of domain B, at two scales.
  Discriminator<D, T> global_a, global_b, local_a, local_b;
  /// What learns together: each set has an Adam of its own.
  ParameterSet<D, T> generators, discriminators;

  /// Throws UsageError for options that do not work.
  Model(D& device, const ModelOptions& o, std::uint64_t seed);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

 private:
  static void follow(const Compat& compat, auto& network) {
    if (compat.decay_in_loss) decay_kernels_alone(network);
    if (!compat.initialization) return;
    initialize_weights(network, Initializer::normal(0.02));
    initialize_rest(network, Initializer::constant(0));
  }
};

// Defined outside the class, as Step's.

template <Device D, Scalar T>
Model<D, T>::Model(D& device, const ModelOptions& o, std::uint64_t seed)
    : options((o.check(), o)),
      a2b(o),
      b2a(o),
      global_a(o.channels, fitting_halvings(o.size, global_halvings), o),
      global_b(o.channels, fitting_halvings(o.size, global_halvings), o),
      local_a(o.channels, fitting_halvings(o.size, local_halvings), o),
      local_b(o.channels, fitting_halvings(o.size, local_halvings), o),
      generators(device),
      discriminators(device) {
  for (auto* generator : {&a2b, &b2a}) follow(o.compat, *generator);
  for (auto* judge : {&global_a, &global_b, &local_a, &local_b}) follow(o.compat, *judge);
  generators.add("genA2B", a2b).add("genB2A", b2a);
  discriminators.add("disGA", global_a)
      .add("disGB", global_b)
      .add("disLA", local_a)
      .add("disLB", local_b);
  for (auto* set : {&generators, &discriminators}) {
    set->allocate(true);
    set->initialize(seed);
  }
}

template <Device D, Scalar T>
Model<D, T>::~Model() = default;

}  // namespace limn::inline v0::ugatit
