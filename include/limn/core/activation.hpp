// SPDX-License-Identifier: MIT
// Activations, written once: CPU loops and CUDA kernels call the same functions.
#pragma once

#include <cmath>

#include "limn/core/config.hpp"

namespace limn::inline v0 {

/// y = f(x), one of: x; max(x, 0); x or slope*x; tanh(x). All of them can be differentiated from
/// their output.
struct Activation {
  /// Which function.
  enum class Kind { none, relu, leaky_relu, tanh };

  Kind kind = Kind::none;  ///< which function; none is the identity
  /// leaky_relu only: must be positive.
  float slope = 0.0F;

  constexpr bool operator==(const Activation&) const = default;

  /// f(x). A is float or double.
  template <class A>
  [[nodiscard]] LIMN_HOST_DEVICE A operator()(A x) const {
    switch (kind) {
      case Kind::relu:
        return x > A(0) ? x : A(0);
      case Kind::leaky_relu:
        return x > A(0) ? x : x * A(slope);
      case Kind::tanh:
        return std::tanh(x);
      default:
        return x;
    }
  }

  /// f'(x), given y = f(x) or, for relu and leaky_relu, x itself (same sign). At the kink: the left
  /// derivative, as PyTorch.
  template <class A>
  [[nodiscard]] LIMN_HOST_DEVICE A derivative(A y) const {
    switch (kind) {
      case Kind::relu:
        return y > A(0) ? A(1) : A(0);
      case Kind::leaky_relu:
        return y > A(0) ? A(1) : A(slope);
      case Kind::tanh:
        return A(1) - y * y;
      default:
        return A(1);
    }
  }
};

/// y = x
inline constexpr Activation identity_activation{};
/// y = max(x, 0)
inline constexpr Activation relu_activation{Activation::Kind::relu, 0.0F};
/// y = tanh(x)
inline constexpr Activation tanh_activation{Activation::Kind::tanh, 0.0F};
/// max(x, slope x), slope > 0
[[nodiscard]] constexpr Activation leaky_relu_activation(float slope) {
  return {Activation::Kind::leaky_relu, slope};
}

/// (y, dy) -> dy f'(y): a pointwise functor of one kind, without a decision per element.
template <Activation::Kind kind>
struct ActivationBackward {
  float slope = 0.0F;  ///< leaky_relu only
  float right = 1.0F;  ///< leaky_relu only: the slope right of 0
  /// dy f'(x), told by y = f(x).
  template <class A>
  LIMN_HOST_DEVICE A operator()(A y, A dy) const {
    // with a constant 1 compilers save the product, by a branch for each element
    if constexpr (kind == Activation::Kind::leaky_relu)
      return dy * (y > A(0) ? A(right) : A(slope));
    else
      return dy * Activation{kind, slope}.derivative(y);
  }
};

}  // namespace limn::inline v0
