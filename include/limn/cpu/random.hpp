// SPDX-License-Identifier: MIT
// Group "random" on the CPU. The last step is one fused multiply-add in double, which is the same
// on every device.
#pragma once

#include <cmath>

#include "limn/core/primitives/random.hpp"
#include "limn/cpu/device.hpp"
#include "limn/cpu/lanes.hpp"

namespace limn::inline v0::primitive {

template <Scalar T>
struct Random<Cpu, T> {
  static void uniform(Cpu& device, const Philox& philox, std::uint64_t first, double low,
                      double high, const Tensor<Cpu, T>& x) {
    each_chunk(device, x, [&](T* values, std::uint64_t at, Index count) {
      for (Index i = 0; i < count;) {
        // one evaluation gives four numbers
        const std::uint64_t number = first + at + static_cast<std::uint64_t>(i);
        const auto words = philox(number / 4);
        for (std::uint64_t k = number % 4; k < 4 && i < count; ++k, ++i) {
          const double u = static_cast<double>(words[k] >> 8) * 0x1p-24;
          values[i] = T(static_cast<param_t<T>>(std::fma(high - low, u, low)));
        }
      }
    });
  }

  static void normal(Cpu& device, const Philox& philox, std::uint64_t first, double mean,
                     double deviation, const Tensor<Cpu, T>& x) {
    each_chunk(device, x, [&](T* values, std::uint64_t at, Index count) {
      for (Index i = 0; i < count; ++i) {
        const auto z =
            static_cast<double>(philox.normal(first + at + static_cast<std::uint64_t>(i)));
        values[i] = T(static_cast<param_t<T>>(std::fma(deviation, z, mean)));
      }
    });
  }

 private:
  template <class Body>
  static void each_chunk(Cpu& device, const Tensor<Cpu, T>& x, const Body& body) {
    constexpr Index per = 4096;
    T* values = x.data();
    device.threads().run(cpu::chunks_of(x.size(), per), [&](Index chunk, int) {
      const Index at = chunk * per;
      body(values + at, static_cast<std::uint64_t>(at), std::min(per, x.size() - at));
    });
  }
};

}  // namespace limn::inline v0::primitive
