// SPDX-License-Identifier: MIT
#include "limn/cuda/pointwise.hpp"

#include "../primitives/ops_pointwise.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("map on the emulated GPU: the table") { check_operation<CudaEmulation, MapOp>(); }
TEST_CASE("map2 on the emulated GPU: the table") { check_operation<CudaEmulation, Map2Op>(); }
TEST_CASE("map_reduce on the emulated GPU: the table") {
  check_operation<CudaEmulation, MapReduceOp>();
}
TEST_CASE("map_reduce_gradient on the emulated GPU: the table") {
  check_operation<CudaEmulation, MapReduceGradientOp>();
}
TEST_CASE("reduce on the emulated GPU: the table") { check_operation<CudaEmulation, ReduceOp>(); }

TEST_CASE("map, map2 on the emulated GPU: the result may take the place of an operand") {
  check_maps_in_place<CudaEmulation>();
}

TEST_CASE("map_reduce_gradient on the emulated GPU: one sum and its gradient") {
  check_sum_and_gradient<CudaEmulation>();
}

TEST_CASE("pointwise on the emulated GPU: a view that is not aligned") {
  CudaEmulation device;
  const Shape shape{1, 64, 16, 8}, flat = vector_shape(shape.size() + 1);
  const Case c{.primitive = "map", .x = flat, .extra = false};
  const auto values = random_values<MapOp>(c, MapOp::operands(c), 1)[0];
  const auto view = made<bfloat16>(device, flat, values).view(1, shape);
  const auto aligned = made<bfloat16>(device, shape, {values.begin() + 1, values.end()});
  const Tensor<CudaEmulation, bfloat16> y(device, flat), expected(device, shape);
  primitive::map(HalfSquare{0.75F}, aligned, expected);
  primitive::map(HalfSquare{0.75F}, view, y.view(1, shape));
  CHECK(same(read(y.view(1, shape)), read(expected)));
  const Tensor<CudaEmulation, float> one(device, scalar_shape());
  primitive::map_reduce_gradient(Bent{0.75F}, aligned, aligned, {1, one}, {2, expected});
  primitive::map_reduce_gradient(Bent{0.75F}, view, view, {1, one}, {2, y.view(1, shape)});
  CHECK(same(read(y.view(1, shape)), read(expected)));
  for (const auto axes : {primitive::all_axes, primitive::positions}) {
    const Shape reduced = axes.reduced(shape);
    const Tensor<CudaEmulation, float> sum(device, reduced), other(device, reduced);
    primitive::reduce(axes, view, sum);
    primitive::reduce(axes, aligned, other);
    for (std::size_t i = 0; i < static_cast<std::size_t>(reduced.size()); ++i)
      CHECK(read(sum)[i] == doctest::Approx(read(other)[i]).epsilon(1e-5));
  }
}

}  // namespace
