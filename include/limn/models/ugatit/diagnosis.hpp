// SPDX-License-Identifier: MIT
// Where the first value that is not finite lies in a step of U-GAT-IT: pictures, weights or
// features, in the order of the forward, by the name of the layer.
#pragma once

#include <string>
#include <tuple>
#include <utility>

#include "limn/autograd/finite_probe.hpp"
#include "limn/models/ugatit/model.hpp"
#include "limn/ops/batch.hpp"
#include "limn/train/network_state.hpp"

namespace limn::inline v0::ugatit {

namespace detail {

template <Device D, Scalar T>
[[nodiscard]] std::string found_text(const FiniteProbe& probe, const ParameterSet<D, T>& set) {
  if (auto weight = first_not_finite(set, probe.layer() + "."); !weight.empty()) return weight;
  return "the first values in forward order that are not finite come out of " +
         std::string(probe.follows() ? "what follows layer " : "layer ") + probe.layer() + " (" +
         limn::detail::count_text(probe.count(), probe.shape()) +
         (probe.in_border() ? ", all in the border around its map" : "") +
         "), whose own weights are finite";
}

}  // namespace detail

/// A sentence without its full stop, computed from the weights and pictures as they are now,
/// waiting for the device; needs the memory of a generator's forward. Empty where all is finite:
/// then a gradient is not. Without `judges` the state stays as it is; with them the vectors of
/// spectral normalization move.
template <Device D, Scalar T>
[[nodiscard]] std::string first_not_finite(Model<D, T>& model, const Tensor<D, T>& real_a,
                                           const Tensor<D, T>& real_b, bool judges) {
  for (const auto* real : {&real_a, &real_b})
    if (const Index bad = count_not_finite(*real); bad > 0)
      return std::string("the pictures of ") + (real == &real_a ? "A" : "B") +
             " in its batch hold values that are not finite (" +
             limn::detail::count_text(bad, real->shape()) + ")";
  FiniteProbe probe;
  const auto translated = [&probe](Generator<D, T>& generator, const Tensor<D, T>& from) {
    Tape<D> tape;
    tape.attend(&probe);
    return generator(tape.constant(from)).image.value();
  };
  // each generator's translation and cycle are looked into before the next network is asked
  const auto fake_b = translated(model.a2b, real_a);
  if (probe.found()) return detail::found_text(probe, model.generators);
  const auto fake_a = translated(model.b2a, real_b);
  if (probe.found()) return detail::found_text(probe, model.generators);
  for (const auto& [generator, picture] : {std::pair{&model.a2b, &real_b},
                                           {&model.b2a, &real_a},
                                           {&model.a2b, &fake_a},
                                           {&model.b2a, &fake_b}}) {
    static_cast<void>(translated(*generator, *picture));
    if (probe.found()) return detail::found_text(probe, model.generators);
  }
  if (auto weight = first_not_finite(model.generators); !weight.empty()) return weight;
  if (judges)
    for (const auto& [judge, real, fake] : {std::tuple{&model.global_a, &real_a, &fake_a},
                                            {&model.local_a, &real_a, &fake_a},
                                            {&model.global_b, &real_b, &fake_b},
                                            {&model.local_b, &real_b, &fake_b}}) {
      Tape<D> tape;
      tape.attend(&probe);
      static_cast<void>((*judge)(join_samples(tape.constant(*real), tape.constant(*fake)), 2));
      if (probe.found()) return detail::found_text(probe, model.discriminators);
    }
  return first_not_finite(model.discriminators);
}

}  // namespace limn::inline v0::ugatit
