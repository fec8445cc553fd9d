// SPDX-License-Identifier: MIT
// Bordered: a map in memory together with what surrounds it there.
#pragma once

#include <utility>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/tensor.hpp"

namespace limn::inline v0 {

/// A map (N,H,W,C) inside of a tensor (N, top + H + bottom, left + W + right, C), which continues
/// it as the border says; without a border, a tensor. Copies share.
template <Device D, class T>
struct Bordered {
  Tensor<D, T> tensor;  ///< the map with its border, (N, top + H + bottom, left + W + right, C)
  Border border{};      ///< what of the tensor is border; empty: nothing

  Bordered() = default;
  /// A map without a border.
  Bordered(Tensor<D, T> map) : tensor(std::move(map)) {}  // NOLINT: a tensor is one
  /// A map in its border: the tensor has the shape border.around(map).
  Bordered(Tensor<D, T> with_border, const Border& b) : tensor(std::move(with_border)), border(b) {}
  /// Uninitialised memory for a map of this shape and its border.
  Bordered(D& device, const Shape& map, const Border& b)
      : tensor(device, b.around(map)), border(b) {}

  /// Whether there is memory behind it.
  [[nodiscard]] bool defined() const { return tensor.defined(); }
  /// Of the map.
  [[nodiscard]] Shape shape() const { return border.inside(tensor.shape()); }
};

}  // namespace limn::inline v0
