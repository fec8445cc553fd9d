// SPDX-License-Identifier: MIT
// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). A number is a pure function of (seed, stream, index): the same on every
// device, with any number of threads, and a training that resumes at step n needs no generator
// state but n.
#pragma once

#include <cmath>
#include <cstdint>

#include "limn/core/config.hpp"

namespace limn::inline v0 {

/// What one counter gives. Four members and no array: a GPU keeps them in registers.
struct PhiloxWords {
  /// The words in their order.
  std::uint32_t a = 0, b = 0, c = 0, d = 0;

  /// Word i, 0 to 3.
  [[nodiscard]] LIMN_HOST_DEVICE constexpr std::uint32_t operator[](std::uint64_t i) const {
    return i < 2 ? (i == 0 ? a : b) : (i == 2 ? c : d);
  }
  constexpr bool operator==(const PhiloxWords&) const = default;
};

/// Four 32-bit words for each 128-bit counter under a 64-bit key.
struct Philox {
  std::uint64_t seed = 0;    ///< the key
  std::uint64_t stream = 0;  ///< the upper half of the counter: one for each use of a seed

  /// The words of counter (index, stream).
  LIMN_HOST_DEVICE constexpr PhiloxWords operator()(std::uint64_t index) const {
    std::uint32_t c0 = lo(index), c1 = hi(index), c2 = lo(stream), c3 = hi(stream);
    std::uint32_t k0 = lo(seed), k1 = hi(seed);
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c0;
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * c2;
      const std::uint32_t n0 = hi(p1) ^ c1 ^ k0, n2 = hi(p0) ^ c3 ^ k1;
      c1 = lo(p1);
      c3 = lo(p0);
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    return {c0, c1, c2, c3};
  }

  /// Uniform in [0, 1), 24 bits, exact in float: the `index`-th number of this stream.
  [[nodiscard]] LIMN_HOST_DEVICE constexpr float uniform(std::uint64_t index) const {
    return static_cast<float>(word(index) >> 8) * 0x1p-24F;
  }

  /// Uniform integer in [0, bound), by multiplication (bias below bound / 2^32).
  [[nodiscard]] LIMN_HOST_DEVICE constexpr std::uint32_t below(std::uint64_t index,
                                                               std::uint32_t bound) const {
    return static_cast<std::uint32_t>((std::uint64_t{word(index)} * bound) >> 32);
  }

  /// Standard normal (Box-Muller on the words of one counter): equal on all devices to about 1e-6.
  [[nodiscard]] LIMN_HOST_DEVICE float normal(std::uint64_t index) const {
    const auto w = (*this)(index / 4);
    const unsigned pair = (index % 4) / 2 * 2;
    const float u = (static_cast<float>(w[pair] >> 8) + 0.5F) * 0x1p-24F;
    const float angle = 6.28318530717958648F * (static_cast<float>(w[pair + 1] >> 8) * 0x1p-24F);
    const float radius = std::sqrt(-2.0F * std::log(u));
    return radius * (index % 2 == 0 ? std::cos(angle) : std::sin(angle));
  }

 private:
  [[nodiscard]] LIMN_HOST_DEVICE constexpr std::uint32_t word(std::uint64_t index) const {
    return (*this)(index / 4)[index % 4];
  }
  static LIMN_HOST_DEVICE constexpr std::uint32_t lo(std::uint64_t x) {
    return static_cast<std::uint32_t>(x);
  }
  static LIMN_HOST_DEVICE constexpr std::uint32_t hi(std::uint64_t x) {
    return static_cast<std::uint32_t>(x >> 32);
  }
};

}  // namespace limn::inline v0
