// SPDX-License-Identifier: MIT
// What layers of one's own are made of, and batch normalization, which is made of it too.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "layer_check.hpp"
#include "limn/nn/convolution.hpp"
#include "limn/norm/batch_norm.hpp"
#include "limn/ops/elementwise.hpp"

using namespace limn_test;
using namespace limn;

namespace {

constexpr double gradient_tolerance = 1e-6;

struct Square {
  template <class A>
  A operator()(A x) const {
    return x * x;
  }
  template <class A>
  A derivative(A x) const {
    return A(2) * x;
  }
};

struct Gain {
  Parameter<Cpu, double> gain{vector_shape(3), Initializer::constant(1)};
  void visit(auto&& f) { f("gain", gain); }
};

}  // namespace

TEST_CASE("pointwise, products and scaling by channel: gradients") {
  Cpu device({.threads = 2});
  const Shape s{2, 3, 4, 3};
  NoParameters none;
  const auto check = [&](auto& network, const std::vector<Shape>& shapes, auto forward) {
    const auto result = check_network(device, network, shapes, forward);
    INFO("worst at ", result.tensor, ": ", result.worst);
    CHECK(result.worst <= gradient_tolerance);
  };
  check(none, {s}, [](auto&, const auto& in) { return pointwise(Square{}, in[0]); });
  // of normal values a third is cut
  check(none, {s}, [](auto&, const auto& in) { return pointwise(HardTanh{}, in[0]); });
  check(none, {s}, [](auto&, const auto& in) { return pointwise(Midtones{}, in[0]); });
  check(none, {s, s}, [](auto&, const auto& in) { return in[0] * in[1]; });
  check(none, {s}, [](auto&, const auto& in) { return in[0] * in[0]; });
  check(none, {s, s.per_channel()},
        [](auto&, const auto& in) { return scale_channels<Cpu, double>(in[0], in[1]); });
  Gain gain;
  check(gain, {s}, [](auto& net, const auto& in) {
    return scale_channels<Cpu, double>(in[0], Operand<Cpu, double>(net.gain));
  });
}

TEST_CASE("a product of other shapes is refused with both") {
  Cpu device({.threads = 1});
  const Value x(random_tensor(device, {1, 2, 2, 3}, 1)), y(random_tensor(device, {1, 2, 2, 4}, 2));
  CHECK_THROWS_WITH_AS(static_cast<void>(x * y),
                       doctest::Contains("factors must have one shape: (1,2,2,3) and (1,2,2,4)"),
                       ShapeError);
}

TEST_CASE("batch normalization: gradients, and what it is defined as") {
  Cpu device({.threads = 2});
  for (const auto activation : {identity_activation, leaky_relu_activation(0.2F)}) {
    BatchNorm<Cpu, double> layer(3, activation);
    // off the tapes the layer is another function: differences are taken on a tape too
    const auto learning = [](auto& net, const auto& in) {
      if (in[0].tape()) return net(in[0]);
      Record tape;
      return net(tape.constant(in[0].value())).detach();
    };
    const auto result = check_network(device, layer, {{3, 2, 4, 3}}, learning);
    INFO("worst at ", result.tensor, ": ", result.worst);
    CHECK(result.worst <= gradient_tolerance);
  }

  BatchNorm<Cpu, double> layer(2);
  ParameterSet<Cpu, double> parameters(device);
  parameters.add("norm", layer).allocate(true);
  parameters.initialize(1);
  const auto x = random_tensor(device, {3, 2, 2, 2}, 5);
  const auto values = x.download();
  Record tape;
  const auto y = layer(tape.constant(x)).value().download();
  for (std::size_t c = 0; c < 2; ++c) {
    double mean = 0, squares = 0;
    for (std::size_t i = c; i < values.size(); i += 2) mean += values[i] / 12;
    for (std::size_t i = c; i < values.size(); i += 2)
      squares += (values[i] - mean) * (values[i] - mean);
    for (std::size_t i = c; i < values.size(); i += 2)
      CHECK(y[i] == doctest::Approx((values[i] - mean) / std::sqrt(squares / 12 + 1e-5)));
    CHECK(layer.mean.value.download()[c] == doctest::Approx(0.1 * mean));
    CHECK(layer.variance.value.download()[c] == doctest::Approx(0.9 + 0.1 * squares / 11));
  }
  tape.clear();

  // off the tapes: the averages, and no sample sees another
  const auto all = layer(Value(x)).value().download();
  const auto first = layer(Value(x.samples(0, 1))).value().download();
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(first[i] == doctest::Approx(all[i]));
}

TEST_CASE("batch normalization refuses other channels, and one value per channel") {
  Cpu device({.threads = 1});
  BatchNorm<Cpu, double> layer(3);
  ParameterSet<Cpu, double> parameters(device);
  parameters.add("D.norm", layer).allocate(true);
  parameters.initialize(1);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(layer(Value(random_tensor(device, {2, 2, 2, 4}, 1)))),
      doctest::Contains("[batch norm D.norm] gamma has 3 channels, features have 4"), ShapeError);
  Record tape;
  CHECK_THROWS_WITH_AS(
      static_cast<void>(layer(tape.constant(random_tensor(device, {1, 1, 1, 3}, 1)))),
      doctest::Contains("two values per channel"), ShapeError);
}
