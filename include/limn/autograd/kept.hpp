// SPDX-License-Identifier: MIT
// What a backward keeps of a value: its tensor, a bfloat16 copy, or the recipe to make it again
// from tensors that are kept anyway, where one pass over memory is cheaper than holding it.
#pragma once

#include <concepts>
#include <utility>

#include "limn/core/backend.hpp"
#include "limn/core/stash_format.hpp"

namespace limn::inline v0 {

/// The map alone: itself where there is no border, else a copy.
template <Device D, Scalar T>
[[nodiscard]] Tensor<D, T> without_border(const Bordered<D, T>& x) {
  if (x.border.empty()) return x.tensor;
  Tensor<D, T> map(x.tensor.device(), x.shape());
  primitive::pad_backward(Padding::zero, x.border.sides, x.tensor, map, Write::overwrite);
  return map;
}

/// One map that waits, with its border if it has one. Copies share it.
template <Device D, Scalar T>
class Stash {
 public:
  Stash() = default;
  /// bfloat16 is for float maps; vectors (one position per sample) and other types stay as they
  /// are.
  Stash(const Bordered<D, T>& value, StashFormat format) {
    if constexpr (std::same_as<T, float>) {
      if (format == StashFormat::bf16 && value.shape().area() > 1) {
        half_ = Tensor<D, bfloat16>(value.tensor.device(), value.tensor.shape());
        primitive::cast(value.tensor, half_);
        value_.border = value.border;
        return;
      }
    }
    value_ = value;
  }

  /// Whether anything waits.
  [[nodiscard]] bool defined() const { return value_.defined() || half_.defined(); }
  /// Whether tensor() makes a new tensor, which its caller may overwrite.
  [[nodiscard]] bool rounded() const { return half_.defined(); }
  /// What surrounds the map in memory.
  [[nodiscard]] const Border& border() const { return value_.border; }
  /// With its border; undefined if nothing waits.
  [[nodiscard]] Bordered<D, T> bordered() const {
    if constexpr (std::same_as<T, float>) {
      if (half_.defined()) {
        const Tensor<D, T> value(half_.device(), half_.shape());
        primitive::cast(half_, value);
        return {value, value_.border};
      }
    }
    return value_;
  }
  /// The map alone.
  [[nodiscard]] Tensor<D, T> tensor() const { return without_border(bordered()); }

 private:
  Bordered<D, T> value_;  ///< without a tensor where `half_` has it
  Tensor<D, bfloat16> half_;
};

/// A stash, or activation(a x + b) + residual of stashes: never a recipe of recipes, so that making
/// a value again costs one pass. Copies share the stashes.
template <Device D, Scalar T>
class Kept {
 public:
  /// a and b of a recipe, (N,1,1,C) or (1,1,1,C).
  using Coefficients = Tensor<D, param_t<T>>;

  Kept() = default;
  /// A value that waits as it is.
  explicit Kept(Stash<D, T> x) : x_(std::move(x)) {}
  /// The recipe activation(a x + b) + residual.
  Kept(Stash<D, T> x, Coefficients a, Coefficients b, Activation activation,
       Stash<D, T> residual = {})
      : x_(std::move(x)),
        residual_(std::move(residual)),
        a_(std::move(a)),
        b_(std::move(b)),
        activation_(activation) {}

  /// Whether anything is kept.
  [[nodiscard]] bool defined() const { return x_.defined(); }
  /// Whether tensor() computes the values again.
  [[nodiscard]] bool is_recipe() const { return a_.defined(); }
  /// What a recipe starts from, else the value.
  [[nodiscard]] const Stash<D, T>& stash() const { return x_; }
  /// The values, made again where they are not there; undefined if nothing is kept.
  [[nodiscard]] Tensor<D, T> tensor() const {
    Tensor<D, T> x = x_.tensor();
    if (!is_recipe()) return x;
    Tensor<D, T> y = x_.rounded() ? x : Tensor<D, T>(x.device(), x.shape());
    primitive::affine_forward_bordered<D, T>(x, a_, b_, activation_, residual_.bordered(), y);
    return y;
  }
  /// The same, with this border around it where that costs no pass of its own; else without. The
  /// map is large enough for it.
  [[nodiscard]] Bordered<D, T> bordered(const Border& border) const {
    if (!is_recipe() && x_.border() == border) return x_.bordered();
    if constexpr (primitive::WritesBorders<D, T>) {
      if (is_recipe() && !border.empty()) {
        const Tensor<D, T> x = x_.tensor();
        Bordered<D, T> y(x.device(), x.shape(), border);
        primitive::affine_forward_bordered(x, a_, b_, activation_, residual_.bordered(), y);
        return y;
      }
    }
    return tensor();
  }

 private:
  Stash<D, T> x_, residual_;
  Coefficients a_, b_;
  Activation activation_;
};

}  // namespace limn::inline v0
