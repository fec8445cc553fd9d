// SPDX-License-Identifier: MIT
// Primitive group "random": counter-based, the same numbers on every device and with any number of
// threads.
#pragma once

#include "limn/core/primitives/common.hpp"
#include "limn/core/random.hpp"

namespace limn::inline v0::primitive {

/// A device specializes this: uniform, normal.
template <Device D, Scalar T>
struct Random;

/// x[i] = low + (high - low) philox.uniform(first + i), uniform in [low, high).
template <Device D, Scalar T>
void uniform(const Philox& philox, std::uint64_t first, double low, double high,
             const Tensor<D, T>& x) {
  if (begin(x.device(), traffic(x))) Random<D, T>::uniform(x.device(), philox, first, low, high, x);
}

/// x[i] = mean + deviation philox.normal(first + i).
template <Device D, Scalar T>
void normal(const Philox& philox, std::uint64_t first, double mean, double deviation,
            const Tensor<D, T>& x) {
  if (begin(x.device(), traffic(x)))
    Random<D, T>::normal(x.device(), philox, first, mean, deviation, x);
}

}  // namespace limn::inline v0::primitive
