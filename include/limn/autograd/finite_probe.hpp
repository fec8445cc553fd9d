// SPDX-License-Identifier: MIT
// FiniteProbe: attends a tape and remembers the first result that is not finite, and the layer that
// made it.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "limn/autograd/kept.hpp"
#include "limn/core/primitives/optimizer.hpp"
#include "limn/core/tensor.hpp"

namespace limn::inline v0 {

/// How many values are not finite, waiting for the device.
template <Device D, class T>
[[nodiscard]] Index count_not_finite(const Tensor<D, T>& tensor) {
  if (!tensor.defined() || tensor.device().dry()) return 0;
  using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
  const auto values = tensor.download();
  return std::count_if(values.begin(), values.end(),
                       [](T v) { return !is_finite(static_cast<Wide>(v)); });
}

/// Whether all values are finite, as the device finds it, waiting for it; a dry one plans it.
template <Device D, std::floating_point P>
[[nodiscard]] bool all_finite(const Tensor<D, P>& tensor) {
  if (!tensor.defined()) return true;
  const Tensor<D, P> yes(tensor.device(), scalar_shape());
  primitive::all_finite(tensor, yes);
  return tensor.device().dry() || yes.item() != 0;
}

namespace detail {

[[nodiscard]] inline std::string count_text(Index count, const Shape& shape) {
  return std::to_string(count) + " of " + std::to_string(shape.size());
}

}  // namespace detail

/// Throws NumericError "WHAT is not finite (N of M values)", waiting for the device.
template <Device D, class T>
void require_finite_values(const std::string& what, const Tensor<D, T>& tensor) {
  if (const Index bad = count_not_finite(tensor); bad > 0)
    throw NumericError(what + " is not finite (" + detail::count_text(bad, tensor.shape()) +
                       " values)");
}

/// Looks at results in the order in which they are computed.
class FiniteProbe {
 public:
  /// `parameter` is the path of one that the result was made with: "genA2B.DownBlock.1.weight"; or
  /// empty. Of a map with a border around it both are looked at: who reads it reads both.
  template <Device D, Scalar T>
  void look(std::string_view parameter, const Bordered<D, T>& result) {
    if (found()) return;
    if (!parameter.empty()) layer_ = parameter.substr(0, parameter.rfind('.'));
    follows_ = parameter.empty();
    count_ = count_not_finite(result.tensor);
    shape_ = result.tensor.shape();
    if (count_ == 0 || result.border.empty()) return;
    // the border repeats values of the map, which are counted once
    const Index of_map = count_not_finite(without_border(result));
    in_border_ = of_map == 0;
    if (in_border_) return;
    count_ = of_map;
    shape_ = result.shape();
  }

  /// Whether a result was not finite; nothing is looked at after it.
  [[nodiscard]] bool found() const { return count_ > 0; }
  /// The layer that made the first result that is not finite, or the last one with a name before
  /// it: "genA2B.DownBlock.1".
  [[nodiscard]] const std::string& layer() const { return layer_; }
  /// Whether it was made after that layer, by an operation without parameters.
  [[nodiscard]] bool follows() const { return follows_; }
  /// Whether its map is finite, and only the border around it is not.
  [[nodiscard]] bool in_border() const { return in_border_; }
  /// How many of its values, and its shape: of the map, or in_border() of both together.
  [[nodiscard]] Index count() const { return count_; }
  /// Of the result, (N,H,W,C).
  [[nodiscard]] const Shape& shape() const { return shape_; }

 private:
  std::string layer_;
  bool follows_ = false, in_border_ = false;
  Index count_ = 0;
  Shape shape_{};
};

}  // namespace limn::inline v0
