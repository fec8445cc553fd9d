// SPDX-License-Identifier: MIT
// What a backward keeps of a value: its tensor, a bfloat16 copy, or the recipe to make it again
// from tensors that are kept anyway, where one pass over memory is cheaper than holding it.
#pragma once

#include <concepts>
#include <utility>

#include "limn/core/backend.hpp"
#include "limn/core/stash_format.hpp"

namespace limn::inline v0 {

/// One tensor that waits. Copies share it.
template <Device D, Scalar T>
class Stash {
 public:
  Stash() = default;
  /// bfloat16 is for float maps; vectors (one position per sample) and other types stay as they
  /// are.
  Stash(const Tensor<D, T>& value, StashFormat format) {
    if constexpr (std::same_as<T, float>) {
      if (format == StashFormat::bf16 && value.shape().area() > 1) {
        half_ = Tensor<D, bfloat16>(value.device(), value.shape());
        primitive::cast(value, half_);
        return;
      }
    }
    value_ = value;
  }

  [[nodiscard]] bool defined() const { return value_.defined() || half_.defined(); }
  /// Whether tensor() makes a new tensor, which its caller may overwrite.
  [[nodiscard]] bool rounded() const { return half_.defined(); }
  [[nodiscard]] Tensor<D, T> tensor() const {
    if constexpr (std::same_as<T, float>) {
      if (half_.defined()) {
        Tensor<D, T> value(half_.device(), half_.shape());
        primitive::cast(half_, value);
        return value;
      }
    }
    return value_;
  }

 private:
  Tensor<D, T> value_;
  Tensor<D, bfloat16> half_;
};

/// A stash, or activation(a x + b) + residual of stashes: never a recipe of recipes, so that making
/// a value again costs one pass. Copies share the stashes.
template <Device D, Scalar T>
class Kept {
 public:
  using Coefficients = Tensor<D, param_t<T>>;

  Kept() = default;
  explicit Kept(Stash<D, T> x) : x_(std::move(x)) {}
  Kept(Stash<D, T> x, Coefficients a, Coefficients b, Activation activation,
       Stash<D, T> residual = {})
      : x_(std::move(x)),
        residual_(std::move(residual)),
        a_(std::move(a)),
        b_(std::move(b)),
        activation_(activation) {}

  [[nodiscard]] bool defined() const { return x_.defined(); }
  [[nodiscard]] bool is_recipe() const { return a_.defined(); }
  /// What a recipe starts from, else the value.
  [[nodiscard]] const Stash<D, T>& stash() const { return x_; }
  /// The values, made again where they are not there; undefined if nothing is kept.
  [[nodiscard]] Tensor<D, T> tensor() const {
    Tensor<D, T> x = x_.tensor();
    if (!is_recipe()) return x;
    Tensor<D, T> y = x_.rounded() ? x : Tensor<D, T>(x.device(), x.shape());
    primitive::affine_forward(x, a_, b_, activation_, residual_.tensor(), y);
    return y;
  }

 private:
  Stash<D, T> x_, residual_;
  Coefficients a_, b_;
  Activation activation_;
};

}  // namespace limn::inline v0
