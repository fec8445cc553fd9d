// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "limn/cpu/simd_math.hpp"

using namespace limn;

namespace {

struct Tanh {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(float* x, Index n) const {
    simd::Vec<float, Bytes / 4> v;
    for (Index i = 0; i < n; i += Bytes / 4) {
      simd::load(v, x + i);
      simd::tanh(v);
      simd::store(x + i, v);
    }
  }
};

}  // namespace

TEST_CASE("tanh in registers: within 2 units in the last place over all magnitudes") {
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (isa > choose_isa()) continue;
    CAPTURE(to_string(isa));
    double worst = 0;
    float at = 0;
    std::vector<float> in, x;
    // every 101st float up to 32, both signs
    for (std::uint32_t bits = 0; bits < std::bit_cast<std::uint32_t>(32.0F); bits += 101)
      in.push_back(std::bit_cast<float>(bits | (in.size() % 2 == 1 ? 0x80000000U : 0U)));
    in.resize((in.size() + 15) / 16 * 16);
    x = in;
    simd::dispatch(isa, Tanh{}, x.data(), static_cast<Index>(x.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = std::tanh(static_cast<double>(in[i]));
      const auto nearest = static_cast<float>(std::abs(exact));
      const double unit = static_cast<double>(
          std::nextafter(nearest, std::numeric_limits<float>::infinity()) - nearest);
      const double error = std::abs(static_cast<double>(x[i]) - exact) / unit;
      if (!(error <= worst)) worst = error, at = in[i];
    }
    INFO("worst ", worst, " units at ", at);
    CHECK(worst <= 2.0);
  }
}

TEST_CASE("tanh in registers: infinities, zeros and NaN") {
  std::vector<float> x(16, std::numeric_limits<float>::quiet_NaN());
  x[0] = std::numeric_limits<float>::infinity();
  x[1] = -x[0];
  x[2] = -0.0F;
  x[3] = 1e30F;
  simd::dispatch(choose_isa(), Tanh{}, x.data(), Index{16});
  CHECK(x[0] == 1.0F);
  CHECK(x[1] == -1.0F);
  CHECK(x[2] == 0.0F);
  CHECK(x[3] == 1.0F);
  for (std::size_t i = 4; i < 16; ++i) CHECK(std::isnan(x[i]));
}
