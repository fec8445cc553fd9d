// SPDX-License-Identifier: MIT
#include "limn/cuda/layout.hpp"

#include "../primitives/ops_layout.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("pad on the emulated GPU: the table") { check_operation<CudaEmulation, PadOp>(); }
TEST_CASE("pad_backward on the emulated GPU: the table") {
  check_operation<CudaEmulation, PadBackwardOp>();
}
TEST_CASE("resize on the emulated GPU: the table") { check_operation<CudaEmulation, ResizeOp>(); }
TEST_CASE("resize_backward on the emulated GPU: the table") {
  check_operation<CudaEmulation, ResizeBackwardOp>();
}
TEST_CASE("copy_channels on the emulated GPU: the table") {
  check_operation<CudaEmulation, CopyChannelsOp>();
}
TEST_CASE("copy on the emulated GPU: the table") { check_operation<CudaEmulation, CopyOp>(); }
TEST_CASE("fill on the emulated GPU: the table") { check_operation<CudaEmulation, FillOp>(); }
TEST_CASE("cast on the emulated GPU: the table") { check_operation<CudaEmulation, CastOp>(); }

std::vector<double> normal_values(Index count, std::uint64_t stream) {
  std::vector<double> values;
  for (Index i = 0; i < count; ++i)
    values.push_back(static_cast<double>(Philox{1, stream}.normal(static_cast<std::uint64_t>(i))));
  return values;
}

TEST_CASE("cast on the emulated GPU: all pairs of types, exactly") { check_casts<CudaEmulation>(); }

TEST_CASE("flat passes on the emulated GPU: views that are not aligned for packs") {
  CudaEmulation device;
  const auto values = normal_values(64, 3);
  const auto x = made<float>(device, vector_shape(64), values);
  const Tensor<CudaEmulation, float> y(device, vector_shape(64));
  primitive::fill(y, 7.0F);
  primitive::copy(x.view(1, vector_shape(61)), y.view(2, vector_shape(61)));
  auto expected = std::vector<double>(64, 7.0);
  for (std::size_t i = 0; i < 61; ++i) expected[i + 2] = widened(rounded<float>(values[i + 1]));
  CHECK(same(read(y), expected));
  const Tensor<CudaEmulation, float> padded(device, {1, 3, 4, 4});
  primitive::pad(Padding::edge, {1, 1, 1, 1}, x.view(1, {1, 1, 2, 4}), padded);
  for (Index h = 0; h < 3; ++h)
    for (Index w = 0; w < 4; ++w)
      for (Index c = 0; c < 4; ++c)
        CHECK(read(padded)[static_cast<std::size_t>((h * 4 + w) * 4 + c)] ==
              widened(rounded<float>(values[static_cast<std::size_t>(1 + (w / 2) * 4 + c)])));
}

/// What a convolution hands to a library: the picture doubled, continued, in another type and with
/// more channels; and the transpose.
struct Bordered {
  Padding padding;
  Sides sides;
  Index repeat;
  Shape x;
  Index channels;

  [[nodiscard]] Shape y() const {
    return {x.n, x.h * repeat + sides.top + sides.bottom, x.w * repeat + sides.left + sides.right,
            channels};
  }
  /// body(element of y, element of x) for all that have a source.
  template <class Body>
  void each_pair(const Body& body) const {
    const Shape out = y();
    each({out.n, out.h, out.w, x.c}, [&](Index n, Index h, Index w, Index c) {
      const Index i = walked(padding, h - sides.top, x.h * repeat);
      const Index j = walked(padding, w - sides.left, x.w * repeat);
      if (i < 0 || j < 0) return;
      body(static_cast<std::size_t>(((n * out.h + h) * out.w + w) * out.c + c),
           static_cast<std::size_t>(((n * x.h + i / repeat) * x.w + j / repeat) * x.c + c));
    });
  }
};

template <Scalar From, Scalar To>
void check_bordered(const Bordered& b) {
  CAPTURE(std::string(to_string(b.padding)));
  CAPTURE(to_string(b.x));
  CAPTURE(b.channels);
  CudaEmulation device;
  auto values = normal_values(b.x.size(), 4);
  for (double& v : values) v = widened(rounded<From>(v));
  const auto x = made<From>(device, b.x, values);
  const Tensor<CudaEmulation, To> y(device, b.y());
  gpu::pad(device, b.padding, b.sides, b.repeat, x.data(), b.x, y.data(), b.y());
  std::vector<double> expected(static_cast<std::size_t>(b.y().size()));
  b.each_pair(
      [&](std::size_t to, std::size_t from) { expected[to] = widened(rounded<To>(values[from])); });
  CHECK(same(read(y), expected));

  auto gradient = normal_values(b.y().size(), 5);
  for (double& v : gradient) v = widened(rounded<To>(v));
  const auto dy = made<To>(device, b.y(), gradient);
  for (const Write write : {Write::overwrite, Write::accumulate}) {
    std::vector<double> sums = values;
    if (write == Write::overwrite) std::fill(sums.begin(), sums.end(), 0.0);
    b.each_pair([&](std::size_t from, std::size_t to) { sums[to] += gradient[from]; });
    const auto dx = made<From>(device, b.x, values);
    gpu::fold(device, b.padding, b.sides, b.repeat, dy.data(), b.y(), dx.data(), b.x, write);
    const auto result = read(dx);
    double worst = 0;
    for (std::size_t i = 0; i < sums.size(); ++i)
      worst = std::max(worst, std::abs(result[i] - sums[i]) / (1 + std::abs(sums[i])));
    CHECK(worst <= (std::same_as<From, bfloat16> ? 1e-2 : 1e-6));
  }
}

TEST_CASE("pad and fold for a library: repetition, more channels, another type") {
  for (const Padding padding : {Padding::reflect, Padding::edge, Padding::zero}) {
    for (const Index repeat : {1, 2}) {
      check_bordered<float, float>({padding, {1, 2, 3, 1}, repeat, {2, 4, 5, 3}, 8});
      check_bordered<float, bfloat16>({padding, {3, 3, 3, 3}, repeat, {1, 5, 4, 3}, 8});
      check_bordered<float, bfloat16>({padding, {1, 1, 1, 1}, repeat, {2, 5, 4, 16}, 24});
      check_bordered<bfloat16, bfloat16>({padding, {1, 0, 2, 1}, repeat, {2, 3, 4, 40}, 40});
      check_bordered<double, double>({padding, {0, 2, 1, 1}, repeat, {1, 3, 3, 6}, 6});
    }
  }
}

}  // namespace
