// SPDX-License-Identifier: MIT
// Networks that are allocated for inference: large linear layers in the activations' type.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "limn/cpu/cpu.hpp"
#include "limn/loss/losses.hpp"
#include "limn/nn/linear.hpp"
#include "limn/nn/parameter_set.hpp"

using namespace limn;

TEST_CASE("linear: allocated for inference, large layers store their weights narrow and alone") {
  Cpu device({.threads = 2});
  const Shape in{1, 4, 4, 70}, sample = in;
  Linear<Cpu, bfloat16> master(in, 33,
                               {.bias = true, .activation = relu_activation, .factored = true}),
      narrow = master;
  ParameterSet<Cpu, bfloat16> one(device), other(device);
  one.add("fc", master).allocate(false);
  const auto before = device.memory().current;
  other.add("fc", narrow).allocate_for_inference();
  const auto stored = device.memory().current - before;
  CHECK(stored < static_cast<std::size_t>(33 * in.sample() * 2 + 1024));
  one.initialize(3);
  other.initialize(3);
  CHECK_FALSE(narrow.weight.value.defined());
  CHECK_FALSE(master.weight.narrow.defined());
  CHECK(narrow.bias->value.download() == master.bias->value.download());
  const auto wide = master.weight.value.download();
  const auto rounded = narrow.weight.narrow.download();
  REQUIRE(rounded.size() == wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) REQUIRE(rounded[i].bits == bfloat16(wide[i]).bits);

  // outputs, and gradients of x, within the rounding of the weights
  const Tensor<Cpu, bfloat16> x(device, {3, sample.h, sample.w, sample.c});
  primitive::normal(Philox{5, 5}, 0, 0, 1, x);
  const auto both = [&](auto& layer) {
    Tape<Cpu> tape;
    const Var<Cpu, bfloat16> input = tape.input(x);
    const auto y = layer(input);
    tape.backward(least_squares(y, 1));
    auto values = y.value().download();
    for (const bfloat16 g : input.gradient().tensor().download()) values.push_back(g);
    return values;
  };
  const auto expected = both(master), got = both(narrow);
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    worst = std::max(worst, std::abs(static_cast<double>(got[i]) - expected[i]));
  }
  CHECK(worst <= 1e-2 * largest);

  // nothing changes where activations are as wide, or the layer is small
  Linear<Cpu, float> same(in, 33, {.factored = true});
  Linear<Cpu, bfloat16> small(in, 33);
  ParameterSet<Cpu, float> floats(device);
  ParameterSet<Cpu, bfloat16> smalls(device);
  floats.add("fc", same).allocate_for_inference();
  smalls.add("fc", small).allocate_for_inference();
  CHECK(same.weight.value.defined());
  CHECK_FALSE(same.weight.narrow.defined());
  CHECK(small.weight.value.defined());
  CHECK_FALSE(small.weight.narrow.defined());
}
