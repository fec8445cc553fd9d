// SPDX-License-Identifier: MIT
// What layers of one's own must have where the library takes them: in a Sequence (sequence.hpp), in
// a ResidualBlock (residual_block.hpp). Nothing is to be derived from.
#pragma once

#include <concepts>

#include "limn/nn/module.hpp"

namespace limn::inline v0 {

namespace detail {

template <class V>
inline constexpr bool is_var = false;
template <Device D, Scalar T>
inline constexpr bool is_var<Var<D, T>> = true;

}  // namespace detail

/// A Var, of any device and type.
template <class V>
concept AnyVar = detail::is_var<std::remove_cvref_t<V>>;

/// A layer for inputs X: a Var, or a Dual where derivatives along a direction are wanted.
///   layer(x)    gives what the next layer takes
///   visit(f)    names the parameters; does nothing where there are none
template <class L, class X>
concept LayerOf = Visitable<L> && requires(L& layer, const X& x) {
  layer(x);
  requires !std::is_void_v<decltype(layer(x))>;
};

/// A layer from features to features of the same kind.
template <class L, class D, class T>
concept FeatureLayerOf = LayerOf<L, Var<D, T>> && requires(L& layer, const Var<D, T>& x) {
  { layer(x) } -> std::same_as<Var<D, T>>;
};

/// A normalization: y of x's shape, by statistics that it takes of x.
template <class N, class D, class T>
concept NormalizationOf = FeatureLayerOf<N, D, T>;

/// An attention: y of x's shape, x weighed by what it finds in x.
template <class A, class D, class T>
concept AttentionOf = FeatureLayerOf<A, D, T>;

}  // namespace limn::inline v0
