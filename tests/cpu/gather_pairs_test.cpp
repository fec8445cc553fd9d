// SPDX-License-Identifier: MIT
// Pairs of rows of patch matrices against the rows themselves, on every instruction set.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "conv_reference.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/cpu/conv_tables.hpp"
#include "limn/cpu/gather_pairs.hpp"
#include "tested_levels.hpp"

namespace {

using namespace limn;

/// What is stored for a value: itself, or its parts.
template <class T>
bfloat16 high(T v) {
  return bfloat16(float(v));
}
template <class T>
bfloat16 low(T v) {
  return bfloat16(float(v) - float(high(v)));
}

template <class T>
void check(const cpu::Patches<T>& p, Index m0, Index count, Index k0, Index k1, Index leading) {
  CAPTURE(m0);
  CAPTURE(count);
  CAPTURE(k0);
  CAPTURE(k1);
  for (const Isa isa : limn_test::tested_levels()) {
    CAPTURE(std::string(to_string(isa)));
    std::vector<T> rows(std::size_t(count * leading));
    simd::dispatch(isa, cpu::GatherPatches<T, T>{}, &p, m0, count, k0, k1, rows.data(), leading);
    const auto size = std::size_t((count + 1) / 2 * leading);
    const float guard = -77;
    std::vector<float> to(size + 1, guard), parts(size + 1, guard);
    std::vector<T> space(std::size_t(2 * leading));
    simd::dispatch(isa, cpu::GatherPairs<T>{}, &p, m0, count, k0, k1, to.data(), parts.data(),
                   leading, space.data());
    int wrong = 0;
    for (Index m = 0; m < count + count % 2; ++m)
      for (Index j = 0; j < leading; ++j) {
        const T v = m < count ? rows[std::size_t(m * leading + j)] : T();
        const auto unit = [&](const std::vector<float>& of) {
          bfloat16 pair[2];
          std::memcpy(static_cast<void*>(pair), &of[std::size_t(m / 2 * leading + j)], 4);
          return pair[m % 2].bits;
        };
        wrong += unit(to) != high(v).bits ? 1 : 0;
        if (std::is_same_v<T, float>) wrong += unit(parts) != low(v).bits ? 1 : 0;
      }
    CHECK(wrong == 0);
    CHECK(to.back() == guard);
    CHECK(parts.back() == guard);
    if (!std::is_same_v<T, float>) CHECK(parts.front() == guard);  // there are no low parts
  }
}

template <class T>
void check_all() {
  const auto values = reference::noise<T>(2 * 6 * 7 * 20, 1);
  for (const Padding padding : {Padding::reflect, Padding::zero}) {
    const ConvGeometry g{3, 2, padding, Sides::all(1), 1};
    const Shape xs{2, 6, 7, 20}, ys = g.output(xs, {1, 3, 3, 20});
    std::vector<std::byte> memory(1 << 16);
    cpu::Arena arena(reinterpret_cast<std::byte*>(
        (reinterpret_cast<std::uintptr_t>(memory.data()) + 63) / 64 * 64));
    auto p = cpu::input_patches(g, values.data(), xs, ys, arena);
    const std::vector<T> zeros(std::size_t(p.zeros_needed()), T());
    p.zeros = zeros.data();
    check(p, 0, p.count(), 40, 60, 32);  // a whole tap
    check(p, 3, 8, 41, 58, 17);          // part of one
    check(p, 2, 7, 167, 180, 16);        // the last, an odd number of rows, in two samples
    check(p, 5, 1, 0, 16, 16);
    check(p, 5, 3, 20, 20, 16);  // none at all
    check(p, 1, 9, 10, 70, 64);  // several taps
  }
  cpu::Patches<T> matrix;
  matrix.a = values.data();
  matrix.channels = 17;
  matrix.leading = 20;
  matrix.out_h = 9;
  const std::vector<T> zeros(17, T());
  matrix.zeros = zeros.data();
  check(matrix, 0, 9, 0, 17, 17);
  check(matrix, 2, 5, 3, 16, 16);
}

}  // namespace

TEST_CASE("pairs of rows: floats in parts") { check_all<float>(); }
TEST_CASE("pairs of rows: bfloat16") { check_all<bfloat16>(); }
