// SPDX-License-Identifier: MIT
#include "limn/cpu/pointwise.hpp"
#include "modes_cpu.hpp"
#include "ops_pointwise.hpp"

namespace {

using namespace limn_test;

TEST_CASE("map: the table") { check_operation<Cpu, MapOp>(); }
TEST_CASE("map2: the table") { check_operation<Cpu, Map2Op>(); }
TEST_CASE("map_reduce: the table") { check_operation<Cpu, MapReduceOp>(); }
TEST_CASE("reduce: the table") { check_operation<Cpu, ReduceOp>(); }

TEST_CASE("map, map2: the result may take the place of an operand") {
  Cpu device;
  const Shape shape{1, 5, 7, 3};
  const Case c{.primitive = "map2", .x = shape};
  const Operands operands = Map2Op::operands(c);
  const auto t = make_tensors<float>(device, operands, random_values<Map2Op>(c, operands, 1));
  Map2Op::call(c, t, Write::overwrite);
  const auto expected = read(t.x(3));
  primitive::map2(Twisted{0.75F}, t.x(0), t.x(1), t.x(1), Write::overwrite, t.p(2));
  CHECK(same(read(t.x(1)), expected));
  primitive::map(HalfSquare{0.75F}, t.x(0), t.x(3));
  primitive::map(HalfSquare{0.75F}, t.x(0), t.x(0));
  CHECK(same(read(t.x(0)), read(t.x(3))));
}

}  // namespace
