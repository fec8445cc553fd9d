// SPDX-License-Identifier: MIT
// Networks that are allocated for inference: large linear layers in the activations' type.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "limn/core/primitives/distortion.hpp"
#include "limn/cpu/untaped.hpp"
#include "limn/loss/loss_term.hpp"
#include "limn/nn/linear.hpp"
#include "limn/nn/parameter_set.hpp"
#include "limn/ops/elementwise.hpp"

using namespace limn;

namespace {

/// What a device gives for each primitive that UntapedCpu takes from Cpu and no generator needs.
template <class D>
std::vector<float> forwards(D& device) {
  std::vector<float> all;
  const auto keep = [&](const Tensor<D, float>& t) {
    for (const float v : t.download()) all.push_back(v);
  };
  const Shape s{2, 6, 5, 7};
  const Tensor<D, float> x(device, s), u(device, s), y(device, s), one(device, scalar_shape());
  primitive::normal(Philox{1, 2}, 0, 0, 1, x);
  primitive::uniform(Philox{3, 4}, 0, -1, 1, u);
  keep(x), keep(u);
  primitive::map2(Product{}, x, u, y);
  keep(y);
  primitive::map_reduce(Product{}, x, u, 0.5, one);
  keep(one);
  LossTerm<D, float>(one, 1).add(LeastSquares{}, Var<D, float>(x), u);
  keep(one);
  primitive::sum_squares(x, one);
  keep(one);
  primitive::all_finite(x, one);
  keep(one);
  const Tensor<D, float> padded(device, {2, 8, 7, 7}), resized(device, {2, 12, 10, 7});
  primitive::pad(Padding::reflect, {1, 1, 1, 1}, x, padded);
  keep(padded);
  primitive::resize(primitive::Interpolation::bilinear, x, resized);
  keep(resized);
  const Tensor<D, float> matrix(device, matrix_shape(4, 3)), from(device, vector_shape(3)),
      to(device, vector_shape(4));
  primitive::uniform(Philox{5, 6}, 0, -1, 1, matrix);
  primitive::uniform(Philox{7, 8}, 0, -1, 1, from);
  primitive::gemv(primitive::Transpose::no, matrix, from, to);
  keep(to);
  const Tensor<D, float> how(device, primitive::distortions_shape(s.n));
  const Tensor<D, float> picture(device, {2, 6, 5, 3}), distorted(device, {2, 6, 5, 3});
  primitive::uniform(Philox{9, 10}, 0, 0, 0.5, how);
  primitive::uniform(Philox{11, 12}, 0, -1, 1, picture);
  primitive::distort(how, picture, distorted);
  keep(distorted);
  return all;
}

}  // namespace

TEST_CASE("a CPU without tapes has the forward primitives, and they give the same bytes") {
  Cpu device({.threads = 2});
  UntapedCpu untaped({.threads = 2});
  const auto expected = forwards(device);
  CHECK(expected.size() > 1000);
  CHECK(forwards(untaped) == expected);
}

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
