// SPDX-License-Identifier: MIT
// Group "random" as a kernel: a thread has one counter of Philox, which gives four numbers. Uniform
// numbers are the CPU's to the bit; normal ones to a few roundings.
#pragma once

#include <cmath>
#include <cstdint>

#include "limn/core/primitives/random.hpp"
#include "limn/cuda/block.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// cos(2 pi turns) or sin(2 pi turns) for turns in [0, 1), to about 1e-7. std::cos would bring a
/// reduction of huge angles, with an array in memory.
[[nodiscard]] LIMN_HOST_DEVICE inline float circle(float turns, bool sine) {
  const int quarter = static_cast<int>(turns * 4 + 0.5F);
  // exact: turns has 24 bits and the quarter is near
  const float angle = (turns - static_cast<float>(quarter) * 0.25F) * 6.28318530717958648F;
  const float s = angle * angle;
  const float along = 1 + s * (-0.5F + s * (1.0F / 24 + s * (-1.0F / 720 + s * (1.0F / 40320))));
  const float across =
      angle * (1 + s * (-1.0F / 6 + s * (1.0F / 120 + s * (-1.0F / 5040 + s * (1.0F / 362880)))));
  // cos(t + k pi/2): cos, -sin, -cos, sin; sin is one quarter behind
  const int turn = (sine ? quarter + 3 : quarter) % 4;
  const float value = turn % 2 == 0 ? along : across;
  return turn == 1 || turn == 2 ? -value : value;
}

enum class Distribution { uniform, normal };

/// x[i] = base + factor z[first + i], z uniform in [0, 1) or normal; the last step in double.
template <class T, Distribution distribution>
struct RandomKernel {
  static constexpr int threads = 256;
  Philox philox;
  std::uint64_t first;
  double base, factor;
  T* x;
  Index count;
  bool packs;  ///< four values may be written together

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const std::uint64_t counter =
          first / 4 + static_cast<std::uint64_t>(block.x() * threads + thread);
      const auto words = philox(counter);
      Pack<T, 4> values;
      LIMN_UNROLL
      for (int k = 0; k < 4; ++k) values.value[k] = value(words, k);
      const Index at = static_cast<Index>(counter * 4 - first);
      if (packs && at + 4 <= count) {
        store(x + at, values);
      } else {
        LIMN_UNROLL
        for (int k = 0; k < 4; ++k)
          if (at + k >= 0 && at + k < count) x[at + k] = values.value[k];
      }
    });
  }

 private:
  [[nodiscard]] LIMN_HOST_DEVICE T value(const PhiloxWords& words, int k) const {
    return T(static_cast<param_t<T>>(std::fma(factor, number(words, k), base)));
  }
  [[nodiscard]] LIMN_HOST_DEVICE static double number(const PhiloxWords& words, int k) {
    const auto at = static_cast<std::uint64_t>(k);
    if constexpr (distribution == Distribution::uniform) {
      return static_cast<double>(words[at] >> 8) * 0x1p-24;
    } else {
      const std::uint64_t pair = at / 2 * 2;
      const float u = (static_cast<float>(words[pair] >> 8) + 0.5F) * 0x1p-24F;
      const float turns = static_cast<float>(words[pair + 1] >> 8) * 0x1p-24F;
      return static_cast<double>(std::sqrt(-2.0F * std::log(u)) * circle(turns, k % 2 == 1));
    }
  }
};

}  // namespace limn::inline v0::gpu

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar T>
struct Random<D, T> {
  static void uniform(D& device, const Philox& philox, std::uint64_t first, double low, double high,
                      const Tensor<D, T>& x) {
    make<gpu::Distribution::uniform>(device, philox, first, low, high - low, x);
  }
  static void normal(D& device, const Philox& philox, std::uint64_t first, double mean,
                     double deviation, const Tensor<D, T>& x) {
    make<gpu::Distribution::normal>(device, philox, first, mean, deviation, x);
  }

 private:
  template <gpu::Distribution distribution>
  static void make(D& device, const Philox& philox, std::uint64_t first, double base, double factor,
                   const Tensor<D, T>& x) {
    if (x.size() == 0) return;
    using Kernel = gpu::RandomKernel<T, distribution>;
    const Index counters = gpu::blocks_of(static_cast<Index>(first % 4) + x.size(), 4);
    const bool packs = first % 4 == 0 && gpu::aligned_for_packs(x.data());
    gpu::launch(device, {gpu::blocks_of(counters, Kernel::threads)},
                Kernel{philox, first, base, factor, x.data(), x.size(), packs});
  }
};

}  // namespace limn::inline v0::primitive
