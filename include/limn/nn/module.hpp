// SPDX-License-Identifier: MIT
// Networks are plain structs. A struct that has `void visit(auto&& f)` and calls f(name, member)
// for each member that holds parameters is a network; this header walks them.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include "limn/nn/parameter.hpp"

namespace limn::inline v0 {

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
    } else {
      static_assert(
          requires(Walk w) { member.visit(w); },
          "limn: every member given to a network's visit must be a Parameter or have a visit of "
          "its own");
      if constexpr (requires { member.name = path; }) member.name = path;
      member.visit(Walk{path, f});
    }
  }
};

}  // namespace detail

/// Calls f(path, parameter) for every parameter of a network, in the order of its visit functions.
/// Layers with a `name` get their path, so that errors can say which layer they come from.
template <class Network, class F>
void for_each_parameter(Network& network, const std::string& prefix, F&& f) {
  if constexpr (requires { network.name = prefix; }) network.name = prefix;
  network.visit(detail::Walk<std::remove_reference_t<F>>{prefix, f});
}

}  // namespace limn::inline v0
