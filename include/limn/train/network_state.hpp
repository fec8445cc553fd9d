// SPDX-License-Identifier: MIT
// Networks and their optimizers as named tensors of a checkpoint, and what in them is not finite.
//   NAME          a weight, or a vector of spectral normalization
//   adam.m/NAME   its first moment; adam.v/NAME, its second; ema/NAME, its average
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "limn/autograd/finite_probe.hpp"
#include "limn/nn/parameter_set.hpp"
#include "limn/optim/adam.hpp"
#include "limn/optim/optimizer.hpp"
#include "limn/train/state.hpp"

namespace limn::inline v0 {

/// What the names of Adam's first moments begin with in a checkpoint.
inline constexpr const char* first_moments_prefix = "adam.m/";
/// Of the second ones.
inline constexpr const char* second_moments_prefix = "adam.v/";

/// The parameters of a set under their names.
template <Device D, Scalar T>
void append_values(ParameterSet<D, T>& set, std::vector<StateTensor>& tensors) {
  for (const auto* p : set.parameters())
    tensors.push_back(
        p->with_stored([&](const auto& values) { return state_tensor(p->name, values); }));
}

/// Numbers of the weights of a set, such as moments, in a flat buffer of its layout.
template <Device D, Scalar T>
void append_flat(const std::string& prefix, const ParameterSet<D, T>& set,
                 const Tensor<D, param_t<T>>& flat, std::vector<StateTensor>& tensors) {
  for (const auto* p : set.parameters())
    if (p->role == Role::weight)
      tensors.push_back(state_tensor(prefix + p->name, flat.view(set.offset(*p), p->shape)));
}

/// What a checkpoint says about the kernels that made it: another choice rounds otherwise.
template <Device D>
[[nodiscard]] std::string kernels_of(const D& device) {
  if constexpr (requires { to_string(device.isa()); })
    return to_string(device.isa());
  else
    return device.name();
}

/// The first weight of a set whose name begins so and that is not finite, in a sentence without its
/// full stop; else empty. Waits for the device.
template <Device D, Scalar T>
[[nodiscard]] std::string first_not_finite(const ParameterSet<D, T>& set,
                                           const std::string& prefix = {}) {
  for (const auto* p : set.parameters()) {
    if (!prefix.empty() && !std::string_view(p->name).starts_with(prefix)) continue;
    if (const Index bad = count_not_finite(p->value); bad > 0)
      return "the first values in forward order that are not finite are in the weights " + p->name +
             " (" + detail::count_text(bad, p->shape) + ")";
  }
  return {};
}

/// Throws NumericError "WHAT of PARAMETER are not finite" for the first weight whose numbers in a
/// flat buffer are not, such as moments. Waits for the device.
template <Device D, Scalar T>
void require_finite_flat(const std::string& what, const ParameterSet<D, T>& set,
                         const Tensor<D, param_t<T>>& flat) {
  if (all_finite(flat)) return;
  for (const auto* p : set.parameters()) {
    if (p->role != Role::weight) continue;
    if (const Index bad = count_not_finite(flat.view(set.offset(*p), p->shape)); bad > 0)
      throw NumericError(what + " of " + p->name + " are not finite (" +
                         detail::count_text(bad, p->shape) + ")");
  }
}

/// Throws NumericError where a weight of the set or what it carries along (vectors of spectral
/// normalization, averages of a batch normalization, which enter no loss of a training) is not
/// finite. Waits for the device.
template <Device D, Scalar T>
void require_finite_values_of(const ParameterSet<D, T>& set) {
  if (!all_finite(set.values()) || !all_finite(set.state()))
    throw NumericError(first_not_finite(set));
}

/// The same, and where a moment of its optimizer or an average is not finite: a second moment may
/// overflow, from a finite gradient, and then stop its weight for good without making it infinite.
template <Device D, Scalar T>
void require_finite_state(const ParameterSet<D, T>& set, const Adam<D, T>& adam) {
  require_finite_values_of(set);
  require_finite_flat("Adam's first moments", set, adam.first_moments());
  require_finite_flat("Adam's second moments", set, adam.second_moments());
  if (adam.averages().defined()) require_finite_flat("the averaged weights", set, adam.averages());
}

/// The same for any optimizer of a player: "adam.v of ... are not finite".
template <Device D, Scalar T>
void require_finite_state(const ParameterSet<D, T>& set, const AnyOptimizer<D, T>& optimizer) {
  require_finite_values_of(set);
  optimizer.keep([&](const std::string& name, const Tensor<D, param_t<T>>& flat) {
    require_finite_flat(optimizer.name() + "." + name, set, flat);
  });
}

}  // namespace limn::inline v0
