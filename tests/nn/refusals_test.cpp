// SPDX-License-Identifier: MIT
// What a programmer may get wrong when he puts networks together: one sentence, and all stays
// usable.
#include <doctest/doctest.h>

#include "limn/cpu/cpu.hpp"
#include "limn/loss/losses.hpp"
#include "limn/nn/convolution.hpp"
#include "limn/optim/adam.hpp"

using namespace limn;

namespace {

struct Net {
  Convolution<Cpu> conv{3, 2, reflect_conv(3, 1, 1)};
  void visit(auto&& f) { f("conv", conv); }
};

}  // namespace

TEST_CASE("networks, losses, tapes and optimizers that do not fit are refused") {
  Cpu device({.threads = 1});
  Net net;
  ParameterSet<Cpu, float> set(device);
  set.add("net", net).allocate(true);
  set.initialize(1);
  Tensor<Cpu, float> x(device, {1, 4, 4, 3}), wide(device, {1, 4, 4, 5});
  primitive::fill(x, 1.0F);
  primitive::fill(wide, 1.0F);
  const auto loss = [&](Tape<Cpu>& tape) { return least_squares(net.conv(tape.constant(x)), 1); };

  CHECK_THROWS_WITH_AS(static_cast<void>(net.conv(Var<Cpu, float>(wide))),
                       doctest::Contains("[net.conv.weight] input channels differ from the "
                                         "weights' I: x (1,4,4,5), weights (2,3,3,3)"),
                       ShapeError);
  Tape<Cpu> map, once, other;
  CHECK_THROWS_WITH_AS(map.backward(net.conv(map.constant(x))),
                       doctest::Contains("a loss is one value, (1,1,1,1); this is (1,4,4,2)"),
                       ShapeError);
  const auto of_once = loss(once);
  CHECK_THROWS_WITH_AS(other.backward(of_once), doctest::Contains("not recorded on this tape"),
                       ShapeError);
  once.backward(of_once);
  CHECK_THROWS_WITH_AS(once.backward(of_once), doctest::Contains("has been run already"),
                       ShapeError);

  Net fixed;
  ParameterSet<Cpu, float> untrained(device);
  untrained.add("fixed", fixed).allocate(false);
  CHECK_THROWS_WITH_AS((Adam<Cpu, float>(untrained, {})),
                       doctest::Contains("[Adam] parameter 'fixed.conv.weight' is fixed"),
                       UsageError);
  Adam<Cpu, float> adam(set, {});
  set.release_gradients();
  CHECK_THROWS_WITH_AS(adam.update(), doctest::Contains("no gradients of net.conv.weight"),
                       UsageError);

  // and all of it still learns
  const auto before = net.conv.weight.value.download();
  set.zero_gradients();
  Tape<Cpu> tape;
  tape.backward(loss(tape));
  adam.step(0.1);
  CHECK(net.conv.weight.value.download() != before);
}
