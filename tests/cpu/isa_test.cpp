// SPDX-License-Identifier: MIT
#include "limn/cpu/isa.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "limn/cpu/simd.hpp"

namespace {

using namespace limn;

// y = a x, and through `max` and `sum` of what was stored
template <class T>
struct Scale {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const T* x, T* y, float* sums, Index n) const {
    constexpr int w = Bytes / 4;
    simd::Vec<float, w> v, total{}, factor, highest;
    simd::broadcast(factor, 2.0F);
    simd::broadcast(highest, -1e30F);
    Index i = 0;
    for (; i + w <= n; i += w) {
      simd::load(v, x + i);
      simd::multiply_add(total, v, factor);
      v *= 2.0F;
      highest = highest > v ? highest : v;
      simd::store(y + i, v);
    }
    if (i < n) {
      simd::load(v, x + i, n - i);
      simd::multiply_add(total, v, factor);
      v *= factor;
      simd::store(y + i, v, n - i);
    }
    sums[0] = simd::sum(total);
    sums[1] = simd::max(highest);
  }
};

template <class T>
void check_scale(Isa isa) {
  for (const Index n : {Index{16}, Index{17}, Index{39}, Index{64}}) {
    std::array<T, 80> x{}, y{};
    float expected = 0;
    for (Index i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = T(static_cast<float>(i - 5));
    for (Index i = 0; i < n; ++i) expected += 2 * float(x[static_cast<std::size_t>(i)]);
    y.fill(T(-7.0F));
    std::array<float, 2> sums{};
    simd::dispatch(isa, Scale<T>{}, x.data(), y.data(), sums.data(), n);
    for (Index i = 0; i < n; ++i)
      CHECK(float(y[static_cast<std::size_t>(i)]) == 2 * float(x[static_cast<std::size_t>(i)]));
    for (std::size_t i = static_cast<std::size_t>(n); i < y.size(); ++i) CHECK(float(y[i]) == -7);
    CHECK(sums[0] == expected);
    CHECK(sums[1] >= 20);
  }
}

TEST_CASE("isa: bfloat16 units by a table of processors") {
  const auto chosen = [](const char* vendor, unsigned family, unsigned model) {
    return preferred_isa(Isa::avx512_bf16, {vendor, family, model});
  };
  CHECK(chosen("AuthenticAMD", 0x19, 0x11) == Isa::avx512_bf16);  // Zen 4
  CHECK(chosen("AuthenticAMD", 0x19, 0x10) == Isa::avx512_bf16);
  CHECK(chosen("AuthenticAMD", 0x19, 0x0f) == Isa::avx512);
  CHECK(chosen("AuthenticAMD", 0x17, 0x31) == Isa::avx512);
  CHECK(chosen("AuthenticAMD", 0x1a, 0x02) == Isa::avx512_bf16);  // Zen 5
  CHECK(chosen("GenuineIntel", 0x06, 0x8f) == Isa::avx512);       // Sapphire Rapids
  CHECK(chosen("GenuineIntel", 0x06, 0xad) == Isa::avx512);       // Granite Rapids
  CHECK(chosen("GenuineIntel", 0x1a, 0x10) == Isa::avx512);
  CHECK(chosen("", 0, 0) == Isa::avx512);
  CHECK(preferred_isa(Isa::amx_bf16, {"GenuineIntel", 0x06, 0x8f}) == Isa::amx_bf16);
  for (const Isa lower : {Isa::portable, Isa::avx2, Isa::avx512})
    for (const char* vendor : {"AuthenticAMD", "GenuineIntel", ""})
      CHECK(preferred_isa(lower, {vendor, 0x1a, 0}) == lower);
}

TEST_CASE("isa: this processor has a name, and what does not pay can be forced") {
#if LIMN_X86_64
  const auto p = processor_model();
  CHECK(p.vendor.size() == 12);
  CHECK(p.family >= 6);
#endif
  CHECK(detect_isa() == preferred_isa(supported_isa(), processor_model()));
  CHECK(detect_isa() <= supported_isa());
  CHECK(parse_isa(to_string(supported_isa())) == supported_isa());
}

TEST_CASE("isa: names, detection, and a refusal that lists what there is") {
  CHECK(parse_isa("portable") == Isa::portable);
  CHECK(parse_isa(to_string(detect_isa())) == detect_isa());
  try {
    (void)parse_isa("sse9");
    FAIL("accepted");
  } catch (const DeviceError& e) {
    CHECK(std::string(e.what()).find("portable") != std::string::npos);
    CHECK(std::string(e.what()).find("sse9") != std::string::npos);
  }
}

TEST_CASE("simd: one body for every instruction set, tails included") {
  for (const Isa isa : all_isas) {
    if (isa > supported_isa()) break;
    CAPTURE(to_string(isa));
    check_scale<float>(isa);
    check_scale<bfloat16>(isa);
  }
}

struct Narrow {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* x, bfloat16* y, Index n) const {
    constexpr int w = Bytes / 4;
    simd::Vec<float, w> v;
    for (Index i = 0; i + w <= n; i += w) {
      simd::load(v, x + i);
      simd::store(y + i, v);
    }
  }
};

TEST_CASE("simd: stores to bfloat16 round as the scalar does") {
  std::array<float, 64> x{};
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = std::ldexp(1.0F + static_cast<float>(i * 4099) * 0x1p-20F, static_cast<int>(i) - 32);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  x[4] = std::numeric_limits<float>::infinity();
  x[5] = std::bit_cast<float>(0x7f800001U);  // a NaN whose payload a plain rounding would lose
  for (const Isa isa : all_isas) {
    if (isa > supported_isa()) break;
    std::array<bfloat16, 64> y{};
    simd::dispatch(isa, Narrow{}, x.data(), y.data(), Index{64});
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(y[i].bits == bfloat16(x[i]).bits);
  }
}

}  // namespace
