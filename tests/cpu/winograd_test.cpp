// SPDX-License-Identifier: MIT
// The products between Winograd's transforms, on every instruction set and for every number of
// tiles that a register block can have. The convolutions made of them are in conv_test.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "limn/core/random.hpp"
#include "limn/cpu/cpu.hpp"  // with which kernels are those of limn::kernels
#include "limn/cpu/winograd_product.hpp"
#include "tested_levels.hpp"

namespace {

using namespace limn;
namespace winograd = limn::cpu::winograd;
using winograd::TileLayout;

constexpr float winograd_poison = std::numeric_limits<float>::quiet_NaN();

std::vector<float> winograd_normals(Index count, std::uint64_t stream) {
  const Philox random{11, stream};
  std::vector<float> v(std::size_t(count), 0.0F);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = float(random.normal(i));
  return v;
}

/// Tiles from `count` on hold NaN.
std::vector<float> winograd_tiles(const TileLayout& layout, Index count, std::uint64_t stream) {
  std::vector<float> v(winograd_normals(layout.size(), stream));
  for (Index p = 0; p < winograd::positions; ++p)
    for (Index c = 0; c < layout.groups * layout.segment; ++c)
      for (Index t = count; t < layout.tiles; ++t)
        v[std::size_t(p * layout.position_stride() + layout.at(c, t))] = winograd_poison;
  return v;
}

float winograd_value(const std::vector<float>& v, const TileLayout& layout, Index p, Index c,
                     Index t) {
  return v[std::size_t(p * layout.position_stride() + layout.at(c, t))];
}

}  // namespace

TEST_CASE("winograd: tiles times weights, from one tile to more than two register blocks") {
  for (const Isa isa : limn_test::tested_levels()) {
    CAPTURE(to_string(isa));
    const Index width = winograd::segment(isa), depth = 3 * width, columns = 2 * width;
    const winograd::WeightLayout weights{depth, columns, width};
    const std::vector<float> u = winograd_normals(weights.size(), 1);
    const Index most = 2 * winograd::tile_kernels(isa).most + 1;
    for (Index count = 1; count <= most; ++count) {
      CAPTURE(count);
      const TileLayout from{width, depth / width, count + 1}, to{width, columns / width, count + 1};
      const std::vector<float> v = winograd_tiles(from, count, 2);
      std::vector<float> products(std::size_t(to.size()), winograd_poison);
      winograd::multiply(isa, from, v.data(), count, weights, u.data(), to, products.data());
      double worst = 0;
      Index written = 0;
      for (const Index p : {0, 13, 35})
        for (Index t = 0; t <= count; ++t)
          for (Index j = 0; j < columns; ++j) {
            const float got = winograd_value(products, to, p, j, t);
            if (t == count) {
              written += std::isnan(got) ? 0 : 1;
              continue;
            }
            double sum = 0;
            for (Index k = 0; k < depth; ++k)
              sum += double(winograd_value(v, from, p, k, t)) *
                     double(u[std::size_t(p * weights.position_stride() +
                                          j / width * depth * width + k * width + j % width)]);
            worst = std::max(worst, std::isnan(got) ? 1e9 : std::abs(double(got) - sum));
          }
      CHECK(worst < 2e-5);
      CHECK(written == 0);
    }
  }
}

TEST_CASE("winograd: sums of outer products, group by group, overwriting and adding") {
  for (const Isa isa : limn_test::tested_levels()) {
    CAPTURE(to_string(isa));
    for (const Index channels : {Index{16}, Index{64}})
      for (const Index count : {Index{1}, Index{2}, Index{13}}) {
        CAPTURE(channels);
        CAPTURE(count);
        const Index width = winograd::outer_segment(isa, channels);
        const TileLayout x{width, channels / width, count + 1}, dy = x;
        const winograd::GradientLayout to{channels, channels};
        const std::vector<float> v = winograd_tiles(x, count, 3), dv = winograd_tiles(dy, count, 4);
        std::vector<float> du(std::size_t(to.size()), winograd_poison);
        for (const bool add : {false, true})
          for (Index p = 0; p < winograd::positions; ++p)
            for (Index g = 0; g < x.groups; ++g)
              winograd::multiply_outer(isa, dy, dv.data(), x, v.data(), count, p, g, to, du.data(),
                                       add);
        double worst = 0;
        for (const Index p : {0, 22, 35})
          for (Index r = 0; r < channels; ++r)
            for (Index c = 0; c < channels; ++c) {
              double sum = 0;
              for (Index t = 0; t < count; ++t)
                sum += 2 * double(winograd_value(dv, dy, p, r, t)) *
                       double(winograd_value(v, x, p, c, t));
              const float got = du[std::size_t(p * to.position_stride() + r * channels + c)];
              worst = std::max(worst, std::isnan(got) ? 1e9 : std::abs(double(got) - sum));
            }
        CHECK(worst < 1e-4);
      }
  }
}
