// SPDX-License-Identifier: MIT
// A pool of made pictures (Shrivastava et al., 2017; Zhu et al., 2017): the discriminator also sees
// pictures that older generators made, so that it does not forget what it has told apart.
#pragma once

#include <cstdint>

#include "limn/core/backend.hpp"
#include "limn/core/random.hpp"

namespace limn::inline v0 {

/// Keeps up to `capacity` pictures on the device. Each that comes in while there is room stays and
/// is shown; later ones are, with probability 1/2, exchanged for a random one of the pool. What
/// happens is a pure function of (random numbers, step, number of pictures): `pictures` is its
/// whole state, and belongs into the checkpoint.
template <Device D, Scalar T>
struct ImagePool {
  Tensor<D, T> pictures;  ///< (capacity,H,W,C); what is not filled yet is 0

  ImagePool() = default;
  /// `shape`: of a batch.
  ImagePool(D& device, Index capacity, const Shape& shape)
      : pictures(device, {capacity, shape.h, shape.w, shape.c}) {
    primitive::fill(pictures, param_t<T>(0));
  }

  /// What the discriminator sees instead of `made`, (N,H,W,C), in step `step`, counted from 1.
  /// `random`: of this step and this pool. Throws ShapeError.
  [[nodiscard]] Tensor<D, T> exchange(const Tensor<D, T>& made, std::int64_t step,
                                      const Philox& random) const {
    const Index n = made.shape().n, capacity = pictures.shape().n;
    primitive::require(made.shape().sample() == pictures.shape().sample(), "ImagePool",
                       "pictures must be of the pool's size", made.shape(), pictures.shape());
    Tensor<D, T> shown(made.device(), made.shape());
    primitive::copy(made, shown);
    for (Index i = 0; i < n; ++i) {
      const Index number = (step - 1) * n + i;
      const auto words = random(static_cast<std::uint64_t>(i));
      if (number < capacity) {
        primitive::copy(made.samples(i, 1), pictures.samples(number, 1));
      } else if (capacity > 0 && words[0] >> 31 != 0) {
        const auto at = static_cast<Index>(
            (std::uint64_t{words[1]} * static_cast<std::uint64_t>(capacity)) >> 32);
        primitive::copy(pictures.samples(at, 1), shown.samples(i, 1));
        primitive::copy(made.samples(i, 1), pictures.samples(at, 1));
      }
    }
    return shown;
  }
};

}  // namespace limn::inline v0
