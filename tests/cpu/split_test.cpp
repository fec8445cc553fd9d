// SPDX-License-Identifier: MIT
// Floats in two parts of bfloat16, on every instruction set.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "conv_reference.hpp"
#include "limn/core/random.hpp"
#include "limn/cpu/conv_forward.hpp"
#include "limn/cpu/cpu.hpp"  // with which kernels are those of limn::kernels
#include "limn/cpu/gather_pairs.hpp"
#include "limn/cpu/split.hpp"
#include "tested_levels.hpp"

namespace {

using namespace limn;

struct Parts {
  std::vector<bfloat16> high, low;
};

Parts split(Isa isa, std::vector<float> row) {
  row.resize((row.size() + 15) / 16 * 16);
  Parts p{std::vector<bfloat16>(row.size()), std::vector<bfloat16>(row.size())};
  simd::dispatch(isa, cpu::SplitRow{}, static_cast<const float*>(row.data()), p.high.data(),
                 p.low.data(), static_cast<Index>(row.size()));
  return p;
}

}  // namespace

TEST_CASE("split: both parts together are within 2^-17 of the number") {
  const Philox random{5, 6};
  std::vector<float> row;
  for (std::uint64_t i = 0; i < 4000; ++i)
    row.push_back(float(random.normal(i) * std::exp(10 * random.normal(i + 5000))));
  for (const Isa isa : limn_test::tested_levels()) {
    CAPTURE(to_string(isa));
    const Parts p = split(isa, row);
    double worst = 0;
    int with_low_part = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      CHECK(p.high[i].bits == bfloat16(row[i]).bits);
      const double rest = double(row[i]) - double(float(p.high[i])) - double(float(p.low[i]));
      worst = std::max(worst, std::abs(rest / double(row[i])));
      with_low_part += float(p.low[i]) != 0 ? 1 : 0;
    }
    CHECK(worst <= std::ldexp(1.0, -17));
    CHECK(worst > std::ldexp(1.0, -19));  // it is no copy of a float
    CHECK(with_low_part > 3900);
  }
}

TEST_CASE("split: what bfloat16 holds has no low part; infinities and NaN stay what they are") {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> row{0.0F, -0.0F, 1.0F, -2.5F, infinity, -infinity, NAN};
  for (const Isa isa : limn_test::tested_levels()) {
    const Parts p = split(isa, row);
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK(float(p.high[i]) == row[i]);
      CHECK(float(p.low[i]) == 0.0F);
    }
    CHECK(std::isnan(float(p.high[6])));
  }
}

TEST_CASE("split: pairs of rows, with any number of columns") {
  const Philox random{7, 8};
  for (const Isa isa : limn_test::tested_levels())
    for (const Index rows : {2, 8})
      for (const Index columns : {1, 3, 4, 16, 21, 40}) {
        CAPTURE(to_string(isa));
        CAPTURE(rows);
        CAPTURE(columns);
        std::vector<float> from(static_cast<std::size_t>(rows * columns));
        for (std::size_t i = 0; i < from.size(); ++i) from[i] = float(random.normal(i));
        const auto units = static_cast<std::size_t>(rows / 2 * columns);
        std::vector<float> high(units + 1, -7.0F), low(units + 1, -7.0F);
        simd::dispatch(isa, cpu::SplitRowPairs{}, static_cast<const float*>(from.data()), rows,
                       columns, high.data(), low.data());
        CHECK(high.back() == -7.0F);
        CHECK(low.back() == -7.0F);
        int wrong = 0;
        for (Index m = 0; m < rows; ++m)
          for (Index j = 0; j < columns; ++j) {
            const float x = from[static_cast<std::size_t>(m * columns + j)];
            const auto part = [&](const std::vector<float>& units_of) {
              bfloat16 pair[2];
              std::memcpy(static_cast<void*>(pair),
                          &units_of[static_cast<std::size_t>(m / 2 * columns + j)], 4);
              return pair[m % 2];
            };
            const bfloat16 h(x), l(x - float(h));
            wrong += part(high).bits != h.bits || part(low).bits != l.bits ? 1 : 0;
          }
        CHECK(wrong == 0);
      }
}

TEST_CASE("split: a convolution of floats is computed from parts, and only if asked") {
  const ConvGeometry g = reflect_conv(7, 1, 3);  // not Winograd's
  const Shape xs{1, 12, 12, 24}, ws{32, 7, 7, 24};
  const auto x = reference::noise<float>(xs.size(), 1), w = reference::noise<float>(ws.size(), 2);
  // what bfloat16 holds is multiplied exactly: no part is lost
  std::vector<float> plain_x, plain_w;
  for (const float v : x) plain_x.push_back(float(bfloat16(v)));
  for (const float v : w) plain_w.push_back(float(bfloat16(v)));
  for (const Isa isa : limn_test::tested_levels()) {
    CAPTURE(to_string(isa));
    const auto convolved = [&](Maths maths, const std::vector<float>& from,
                               const std::vector<float>& weights) {
      ThreadPool pool(1);
      const Shape ys = g.output(xs, ws);
      std::vector<float> y(static_cast<std::size_t>(ys.size()));
      const reference::Workspace space(
          cpu::conv_forward_workspace<float>(isa, maths, g, xs, ws, 1));
      cpu::ConvForward<float> a;
      a.x = from.data();
      a.x_shape = xs;
      a.weights = weights.data();
      a.w_shape = ws;
      a.y = y.data();
      cpu::conv_forward<float>(pool, isa, maths, g, a, space.data());
      return y;
    };
    const auto far = [](const std::vector<float>& a, const std::vector<float>& b) {
      return reference::distance(a, reference::widen(b));
    };
    const auto strict = convolved(Maths::strict, x, w), split = convolved(Maths::split, x, w);
    CHECK(far(split, strict) > 1e-6);
    CHECK(far(split, strict) < 5e-6);
    CHECK(far(convolved(Maths::fast, x, w), strict) == 0);
    CHECK(far(convolved(Maths::split, plain_x, plain_w),
              convolved(Maths::strict, plain_x, plain_w)) < 1e-6);
  }
}
