// SPDX-License-Identifier: MIT
// Differentiable augmentation of what a discriminator is shown (Zhao et al., 2020): real and made
// pictures are distorted alike, and the gradient passes through to the generator. With few pictures
// a discriminator then knows them less soon by heart. Turn::augment takes any augmentation, of the
// library or of one's own.
#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include "limn/core/distortions.hpp"
#include "limn/ops/distort.hpp"

namespace limn::inline v0 {

/// A distortion of pictures that is made of differentiable operations and of these random numbers
/// alone:
///   augmentation(x, random)    pictures x (N,H,W,C) -> what the discriminator sees of them
template <class A, class D, class T>
concept AugmentationOf = requires(const A& augmentation, const Var<D, T>& x, const Philox& random) {
  { augmentation(x, random) } -> std::same_as<Var<D, T>>;
};

/// Colour, translation, cutout: the distortions of U-GAT-IT's --diff-augment.
struct DiffAugment {
  Distortions kinds{true, true, true};  ///< which of the three

  /// x (N,H,W,3), each picture with numbers of its own. Throws ShapeError.
  template <Device D, Scalar T>
  [[nodiscard]] Var<D, T> operator()(const Var<D, T>& x, const Philox& random) const {
    using P = param_t<T>;
    if (!kinds.any()) return x;
    const Shape& s = x.shape();
    const Tensor<D, P> how(x.device(), primitive::distortions_shape(s.n));
    std::vector<P> rows;
    for (Index i = 0; i < s.n; ++i)
      for (const P v : draw_distortion(kinds, random, static_cast<std::uint64_t>(i), s.h, s.w)
                           .template values<P>())
        rows.push_back(v);
    how.upload(rows);
    return distort(x, how);
  }
};

}  // namespace limn::inline v0
