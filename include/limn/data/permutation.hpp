// SPDX-License-Identifier: MIT
// Random orders: Fisher and Yates' shuffle, driven by counter-based numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "limn/core/random.hpp"
#include "limn/core/shape.hpp"
#include "limn/data/augment.hpp"

namespace limn::inline v0 {

/// A random order of 0 ... n-1: a pure function of (seed, domain, epoch, n).
[[nodiscard]] inline std::vector<std::uint32_t> epoch_order(std::uint64_t seed, int domain,
                                                            std::uint64_t epoch, Index n) {
  const Philox random{seed, shuffle_stream + static_cast<std::uint64_t>(domain)};
  std::vector<std::uint32_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = order.size(); i-- > 1;)
    std::swap(order[i], order[random.below(epoch << 32 | i, static_cast<std::uint32_t>(i + 1))]);
  return order;
}

}  // namespace limn::inline v0
