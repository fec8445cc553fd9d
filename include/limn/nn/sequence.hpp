// SPDX-License-Identifier: MIT
// Sequence: layers one after another, y = l_n(... l_2(l_1(x))), of the library and of one's own.
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "limn/nn/layer.hpp"

namespace limn::inline v0 {

/// Sequence{Convolution<Cpu>(...), Mine(...)}: x of the first layer -> y of the last. Its
/// parameters are called "0.weight", "1.gain" and so on. Takes a Dual if all of its layers do.
/// Throws what the layers throw.
template <class... Layers>
struct Sequence {
  std::tuple<Layers...> layers;  ///< the first reads x

  /// Layers as they are applied.
  explicit Sequence(Layers... in_order) : layers(std::move(in_order)...) {}

  /// All of them, one after another.
  template <class X>
  [[nodiscard]] auto operator()(const X& x) {
    return from<0>(x);
  }

  /// Names the layers by their numbers from 0.
  void visit(auto&& f) { visit(f, std::index_sequence_for<Layers...>()); }

 private:
  // what a layer has read is let go before the next one computes
  template <std::size_t I, class X>
  [[nodiscard]] auto from(X x) {
    if constexpr (I == sizeof...(Layers)) {
      return x;
    } else {
      using Layer = std::tuple_element_t<I, decltype(layers)>;
      static_assert(LayerOf<Layer, X>,
                    "limn: each layer of a Sequence needs operator()(x), which takes what the "
                    "layer before it gives, a Var, and visit(f), which names its parameters");
      if constexpr (LayerOf<Layer, X>) {
        auto y = std::get<I>(layers)(std::move(x));
        x = X();
        return from<I + 1>(std::move(y));
      } else {
        return x;
      }
    }
  }
  template <std::size_t... I>
  void visit(auto&& f, std::index_sequence<I...>) {
    (f(std::to_string(I), std::get<I>(layers)), ...);
  }
};

}  // namespace limn::inline v0
