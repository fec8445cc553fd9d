// SPDX-License-Identifier: MIT
#include "limn/cpu/distortion.hpp"

#include "limn/core/distortions.hpp"
#include "limn/cpu/layout.hpp"
#include "limn/ops/distort.hpp"
#include "modes_cpu.hpp"
#include "ops_distortion.hpp"

namespace {

using namespace limn_test;

std::vector<double> normals_of(Index count, std::uint64_t stream) {
  std::vector<double> values;
  for (Index i = 0; i < count; ++i)
    values.push_back(static_cast<double>(Philox{1, stream}.normal(static_cast<std::uint64_t>(i))));
  return values;
}

TEST_CASE("distort: the table") { check_operation<Cpu, DistortOp>(); }
TEST_CASE("distort_backward: the table") { check_operation<Cpu, DistortBackwardOp>(); }

TEST_CASE("distortions by name") {
  CHECK(to_string(Distortions{}) == "none");
  CHECK(parse_distortions("none") == Distortions{});
  for (int bits = 0; bits < 8; ++bits) {
    const Distortions d{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    CHECK(parse_distortions(to_string(d)) == d);
    CHECK(d.any() == (bits != 0));
  }
  CHECK(parse_distortions("cutout,color") == Distortions{true, false, true});
  for (const char* bad : {"", "colour", "color,", "none,color", "color translation"})
    CHECK_THROWS_AS((void)parse_distortions(bad), UsageError);
}

TEST_CASE("random distortions: within their ranges, all of them, and what is off stays off") {
  const Philox random{3, 4};
  const auto neutral = primitive::Distortion{}.values<double>();
  CHECK(draw_distortion({}, random, 5, 32, 32).values<double>() == neutral);
  std::array<double, 9> low{}, high{};
  low.fill(1e9);
  high.fill(-1e9);
  for (std::uint64_t i = 0; i < 4000; ++i) {
    const auto d = draw_distortion({true, true, true}, random, i, 32, 17);
    CHECK(d.hole_bottom - d.hole_top == 16);
    CHECK(d.hole_right - d.hole_left == 9);
    const auto v = d.values<double>();
    for (std::size_t k = 0; k < v.size(); ++k) {
      low[k] = std::min(low[k], v[k]);
      high[k] = std::max(high[k], v[k]);
    }
  }
  const auto covers = [&](std::size_t k, double from, double to, double slack) {
    CAPTURE(k);
    CHECK(low[k] >= from);
    CHECK(low[k] <= from + slack);
    CHECK(high[k] <= to);
    CHECK(high[k] >= to - slack);
  };
  covers(0, -0.5, 0.5, 0.01);
  covers(1, 0, 2, 0.01);
  covers(2, 0.5, 1.5, 0.01);
  covers(3, -4, 4, 0);
  covers(4, -2, 2, 0);
  covers(5, -8, 24, 0);
  covers(7, -4, 12, 0);
}

TEST_CASE("distort as an operation: the gradient is the transpose's, added to what is there") {
  Cpu device;
  const Shape shape{2, 8, 8, 3};
  const auto values = normals_of(shape.size(), 1), weights = normals_of(shape.size(), 2);
  std::vector<double> rows;
  for (std::uint64_t n = 0; n < 2; ++n)
    for (const double v : draw_distortion({true, true, true}, {1, 2}, n, 8, 8).values<double>())
      rows.push_back(v);
  const auto how = made<double>(device, primitive::distortions_shape(2), rows);
  Tape<Cpu> tape;
  const auto x = tape.input(made<double>(device, shape, values));
  const auto once = distort(x, how), twice = distort(x, how);
  CHECK(same(read(once.value()), read(twice.value())));
  const Tensor<Cpu, double> dx(device, shape);
  const auto dy = made<double>(device, shape, weights);
  primitive::distort_backward(how, dy, dx, Write::overwrite);
  primitive::copy(dy, once.gradient().target().tensor);
  primitive::copy(dy, twice.gradient().target().tensor);
  // a loss that adds nothing, so that the operations' backwards run
  const auto nothing =
      tape.record(Tensor<Cpu, double>(device, scalar_shape()), [](const Tensor<Cpu, double>&) {});
  tape.backward(nothing);
  auto expected = read(dx);
  for (double& v : expected) v *= 2;
  const auto result = read(x.gradient().tensor());
  REQUIRE(result.size() == expected.size());
  for (std::size_t i = 0; i < result.size(); ++i)
    CHECK(result[i] == doctest::Approx(expected[i]).epsilon(1e-12));
}

}  // namespace
