// SPDX-License-Identifier: MIT
// Networks are plain structs. A struct that has `void visit(auto&& f)` and calls f(name, member)
// for each member that holds parameters is a network; this header walks them.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include "limn/nn/parameter.hpp"

namespace limn::inline v0 {

namespace detail {

/// Stands for any visitor where it is asked what can be visited.
struct VisitProbe {
  void operator()(const std::string&, auto&&...) const {}
};

}  // namespace detail

/// What names its parameters: has void visit(auto&& f), which calls f(name, member) for each member
/// that holds some, and nothing where there are none.
template <class M>
concept Visitable = requires(M& m, const detail::VisitProbe& f) {
  m.visit(f);
};

namespace detail {

template <class M>
inline constexpr bool is_parameter = false;
template <Device D, Scalar T>
inline constexpr bool is_parameter<Parameter<D, T>> = true;

template <class F>
struct Walk {
  std::string prefix;
  F& f;

  template <class M>
  void operator()(const std::string& name, M& member) const {
    const std::string path = prefix.empty() ? name : prefix + "." + name;
    if constexpr (is_parameter<M>) {
      f(path, member);
    } else if constexpr (requires { member.at(0); }) {  // layers in a row: "body.0", "body.1"
      for (std::size_t i = 0; i < member.size(); ++i)
        (*this)(name + "." + std::to_string(i), member[i]);
    } else {
      static_assert(Visitable<M>,
                    "limn: every member given to a network's visit must be a Parameter or have a "
                    "visit of its own");
      if constexpr (requires { member.name = path; }) member.name = path;
      if constexpr (Visitable<M>) member.visit(Walk{path, f});
    }
  }
};

}  // namespace detail

/// Calls f(path, parameter) for every parameter of a network, in the order of its visit functions.
/// Layers with a `name` get their path, so that errors can say which layer they come from.
template <class Network, class F>
void for_each_parameter(Network& network, const std::string& prefix, F&& f) {
  static_assert(Visitable<Network>,
                "limn: a network needs void visit(auto&& f), which calls f(name, member) for each "
                "member that holds parameters");
  if constexpr (requires { network.name = prefix; }) network.name = prefix;
  if constexpr (Visitable<Network>)
    network.visit(detail::Walk<std::remove_reference_t<F>>{prefix, f});
}

/// f(parameter) for the kernels and matrices of a network: what is called "weight" or "weight_orig"
/// and begins with random values.
template <class Network, class F>
void for_each_kernel(Network& network, F&& f) {
  for_each_parameter(network, "", [&](const std::string& path, auto& parameter) {
    const auto name = path.substr(path.rfind('.') + 1);
    using Kind = Initializer::Kind;
    if ((parameter.initializer.kind == Kind::uniform ||
         parameter.initializer.kind == Kind::normal) &&
        (name == "weight" || name == "weight_orig"))
      f(parameter);
  });
}

/// Gives the kernels of a network that begin with uniform values other first values.
template <class Network>
void initialize_weights(Network& network, const Initializer& initializer) {
  for_each_kernel(network, [&](auto& kernel) {
    if (kernel.initializer.kind == Initializer::Kind::uniform) kernel.initializer = initializer;
  });
}

/// Gives what still begins with uniform values, after initialize_weights biases, other first
/// values.
template <class Network>
void initialize_rest(Network& network, const Initializer& initializer) {
  for_each_parameter(network, "", [&](const std::string&, auto& parameter) {
    if (parameter.initializer.kind == Initializer::Kind::uniform)
      parameter.initializer = initializer;
  });
}

/// Weight decay of kernels alone: of no bias, and of no parameter of a normalization.
template <class Network>
void decay_kernels_alone(Network& network) {
  for_each_parameter(network, "",
                     [](const std::string&, auto& parameter) { parameter.decays = false; });
  for_each_kernel(network, [](auto& kernel) { kernel.decays = true; });
}

}  // namespace limn::inline v0
