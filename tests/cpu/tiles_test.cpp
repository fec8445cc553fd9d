// SPDX-License-Identifier: MIT
// The register blocks on matrix tiles, run on a model of the tiles: the same body as on a processor
// that has them.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "../levels/tile_model.hpp"
#include "limn/core/random.hpp"
#include "limn/cpu/gemm_outer_tiles.hpp"
#include "limn/cpu/gemm_tiles.hpp"

using namespace limn;
using limn_test::TileModel;

namespace {

struct Blocks {
  Index segments, pairs;
  bool even, load;  // rows of A at one distance; C is added to
};

/// A, B and C of one call; around each of them lie values that are not numbers.
template <int RT, int NV>
void check(const Blocks& b) {
  CAPTURE(RT);
  CAPTURE(NV);
  CAPTURE(b.segments);
  CAPTURE(b.pairs);
  CAPTURE(b.even);
  CAPTURE(b.load);
  constexpr Index rows = 16 * RT, columns = 16 * NV;
  const Index depth = 2 * b.pairs, leading = depth + 6;
  const bfloat16 nothing(std::numeric_limits<float>::quiet_NaN());
  const Philox random{3, 4};
  std::uint64_t next = 0;
  const auto value = [&] { return bfloat16(random.normal(next++)); };

  std::vector<bfloat16> a(static_cast<std::size_t>((b.segments * rows + 1) * leading), nothing);
  std::vector<const void*> pointers;
  for (Index s = 0; s < b.segments; ++s)
    for (Index r = 0; r < rows; ++r) {
      // backwards in pairs of rows, as at a reflected border, is no constant distance
      const Index at = b.even ? r : r ^ 1;
      bfloat16* row = a.data() + (s * rows + at) * leading;
      for (Index k = 0; k < depth; ++k) row[k] = value();
      pointers.push_back(row);
    }
  const Index packed_rows = b.segments * b.pairs;
  std::vector<bfloat16> packed(static_cast<std::size_t>((packed_rows + 16) * 2 * columns), nothing);
  for (Index i = 0; i < packed_rows * 2 * columns; ++i)
    packed[static_cast<std::size_t>(i)] = value();
  const float guard = -77;
  std::vector<float> c(static_cast<std::size_t>(rows * columns + 16), guard);
  for (Index i = 0; b.load && i < rows * columns; ++i)
    c[static_cast<std::size_t>(i)] = float(value());
  const auto before = c;

  TileModel tiles;
  cpu::detail::tile_product<RT, NV>(tiles, pointers.data(), b.segments, b.pairs, packed.data(),
                                    c.data(), b.load);
  double worst = 0;
  for (Index r = 0; r < rows; ++r)
    for (Index j = 0; j < columns; ++j) {
      double sum =
          b.load ? static_cast<double>(before[static_cast<std::size_t>(r * columns + j)]) : 0;
      for (Index s = 0; s < b.segments; ++s) {
        const auto* row =
            static_cast<const bfloat16*>(pointers[static_cast<std::size_t>(s * rows + r)]);
        for (Index k = 0; k < depth; ++k) {
          const Index at = ((s * b.pairs + k / 2) * columns + j) * 2 + k % 2;
          sum += static_cast<double>(float(row[k])) *
                 static_cast<double>(float(packed[static_cast<std::size_t>(at)]));
        }
      }
      const double distance =
          std::abs(static_cast<double>(c[static_cast<std::size_t>(r * columns + j)]) - sum);
      worst = std::max(worst, distance == distance ? distance : 1e300);
    }
  CHECK(worst <= 1e-4);
  for (std::size_t i = static_cast<std::size_t>(rows * columns); i < c.size(); ++i)
    CHECK(c[i] == guard);
  const Index steps = b.segments * ((b.pairs + 15) / 16);
  CHECK(tiles.dots == RT * NV * steps);
}

template <int RT, int NV>
void check_blocks() {
  for (const bool even : {true, false})
    for (const bool load : {false, true})
      for (const Index pairs : {1, 15, 16, 17, 48})
        for (const Index segments : {1, 3}) check<RT, NV>({segments, pairs, even, load});
}

/// Outer products: D in strips of 16 pairs of rows, C with rows further apart than the panel.
template <int RT, int NV>
void check_outer(Index pairs, bool load) {
  CAPTURE(RT);
  CAPTURE(NV);
  CAPTURE(pairs);
  CAPTURE(load);
  constexpr Index columns = 16 * RT, panel = 16 * NV, leading = panel + 5;
  const Index strips = (pairs + 15) / 16;
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  const Philox random{5, 4};
  std::uint64_t next = 0;
  const auto value = [&] { return bfloat16(random.normal(next++)); };
  const auto unit = [](bfloat16 even, bfloat16 odd) {
    const bfloat16 pair[2] = {even, odd};
    float u;
    std::memcpy(&u, pair, 4);
    return u;
  };
  std::vector<double> sums(static_cast<std::size_t>(columns * panel), 0.0);
  std::vector<float> d(static_cast<std::size_t>(strips * columns * 16 + 16), nothing);
  std::vector<float> p(static_cast<std::size_t>(pairs * panel + 16), nothing);
  for (Index m = 0; m < 16 * strips; ++m) {
    std::vector<bfloat16> even, odd;
    for (Index q = 0; q < columns; ++q) {
      even.push_back(m < pairs ? value() : bfloat16());
      odd.push_back(m < pairs ? value() : bfloat16());
      d[static_cast<std::size_t>((m / 16 * columns + q) * 16 + m % 16)] =
          unit(even.back(), odd.back());
    }
    for (Index k = 0; k < panel && m < pairs; ++k) {
      const bfloat16 a = value(), b = value();
      p[static_cast<std::size_t>(m * panel + k)] = unit(a, b);
      for (std::size_t q = 0; q < static_cast<std::size_t>(columns); ++q)
        sums[q * panel + static_cast<std::size_t>(k)] +=
            double(float(even[q])) * double(float(a)) + double(float(odd[q])) * double(float(b));
    }
  }
  const float guard = -77;
  std::vector<float> c(static_cast<std::size_t>(columns * leading + 16), guard);
  TileModel tiles;
  cpu::detail::outer_tiles<RT, NV>(tiles, d.data(), pairs, p.data(), c.data(), leading, load);
  double worst = 0;
  int touched = 0;
  for (std::size_t i = 0; i < c.size(); ++i) {
    const std::size_t q = i / leading, k = i % leading;
    if (q < columns && k < panel) {
      const double expected = sums[q * panel + k] + (load ? double(guard) : 0);
      const double distance = std::abs(double(c[i]) - expected);
      worst = std::max(worst, distance == distance ? distance : 1e300);
    } else {
      touched += c[i] != guard ? 1 : 0;
    }
  }
  CHECK(worst <= 1e-4);
  CHECK(touched == 0);
  CHECK(tiles.dots == RT * NV * strips);
}

template <int RT>
void check_outer_panels() {
  for (const Index pairs : {0, 1, 15, 16, 17, 48})
    for (const bool load : {false, true}) {
      check_outer<RT, 1>(pairs, load);
      check_outer<RT, 2>(pairs, load);
      check_outer<RT, 3>(pairs, load);
      check_outer<RT, 4>(pairs, load);
    }
}

}  // namespace

TEST_CASE("tiles: outer products, every block and panel, on the model") {
  check_outer_panels<1>();
  check_outer_panels<2>();
}

TEST_CASE("tiles: every block of rows and panel, on a model of the processor's tiles") {
  check_blocks<1, 1>();
  check_blocks<1, 2>();
  check_blocks<1, 3>();
  check_blocks<1, 4>();
  check_blocks<2, 1>();
  check_blocks<2, 2>();
  check_blocks<2, 3>();
  check_blocks<2, 4>();
}

TEST_CASE("tiles: no sum at all is zero, or what was there") {
  TileModel tiles;
  std::vector<float> c(16 * 16, 5.0F);
  std::vector<const void*> rows(16, c.data());
  cpu::detail::tile_product<1, 1>(tiles, rows.data(), 1, 0, nullptr, c.data(), true);
  CHECK(c == std::vector<float>(16 * 16, 5.0F));
  cpu::detail::tile_product<1, 1>(tiles, rows.data(), 1, 0, nullptr, c.data(), false);
  CHECK(c == std::vector<float>(16 * 16, 0.0F));
}

TEST_CASE("tiles: a level of their own, with the units' kernels for what is left") {
  for (const int panel : {16, 32, 48, 64}) {
    const auto units = cpu::pair_kernels(Isa::avx512_bf16, panel);
    const bool plain = units.begin == nullptr && units.end == nullptr;
    CHECK(plain);
    CHECK(units.rows[0] <= cpu::most_block_rows(Isa::avx512_bf16));
    const auto kernels = cpu::pair_kernels(Isa::amx_bf16, panel);
#if LIMN_X86_64
    CHECK(kernels.panel == panel);
    CHECK(kernels.rows[0] == cpu::most_block_rows(Isa::amx_bf16));
    const bool held = kernels.begin != nullptr && kernels.end != nullptr;
    const bool rest = kernels.kernel[2] == units.kernel[0];
    CHECK(held);
    CHECK(rest);
#endif
    for (Index left = 1; left <= 100; ++left) {
      const Index rows = kernels.rows[kernels.fitting(left)];
      CHECK(rows >= 1);
      CHECK(rows <= left);
    }
  }
}

TEST_CASE("tiles: a processor without them says so") {
  if (supported_isa() >= Isa::amx_bf16) {
    CHECK(parse_isa("amx_bf16") == Isa::amx_bf16);
    return;
  }
  MESSAGE("not run on a processor's own tiles: this one has none");
  CHECK_THROWS_WITH_AS((void)parse_isa("amx_bf16"),
                       doctest::Contains("is unknown or missing in this processor; it has: "),
                       DeviceError);
}
