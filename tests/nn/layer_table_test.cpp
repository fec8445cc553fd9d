// SPDX-License-Identifier: MIT
// A row for each layer that takes a value and gives one: its gradients, of the input and of every
// parameter, against central differences. Layers of one's own in what the library builds of them.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "layer_check.hpp"
#include "limn/nn/convolution.hpp"
#include "limn/nn/residual_block.hpp"
#include "limn/nn/sequence.hpp"
#include "limn/nn/squeeze_excitation.hpp"
#include "limn/norm/normalizations.hpp"
#include "limn/ops/augmentation.hpp"

using namespace limn_test;
using namespace limn;

namespace {

struct InverseRoot {
  template <class A>
  A operator()(A x) const {
    return A(1) / std::sqrt(x + A(0.01));
  }
  template <class A>
  A derivative(A x) const {
    return A(-0.5) / ((x + A(0.01)) * std::sqrt(x + A(0.01)));
  }
};

/// A normalization: g x / sqrt(mean over pixels of x^2 + e).
struct OwnNorm {
  Parameter<Cpu, double> gain;

  explicit OwnNorm(Index channels) : gain{vector_shape(channels), Initializer::constant(1)} {}
  Value operator()(const Value& x) {
    const auto even = scale_channels<Cpu, double>(x, pointwise(InverseRoot{}, average_pool(x * x)));
    return scale_channels<Cpu, double>(even, gain);
  }
  void visit(auto&& f) { f("gain", gain); }
};

/// An attention: x tanh(w max(x)).
struct OwnAttention {
  Linear<Cpu, double> what;

  explicit OwnAttention(Index channels)
      : what(vector_shape(channels), channels, {.bias = true, .activation = tanh_activation}) {}
  Value operator()(const Value& x) { return scale_channels<Cpu, double>(x, what(max_pool(x))); }
  void visit(auto&& f) { f("what", what); }
};

template <class Layer>
void row(const char* name, Layer layer, const Shape& x) {
  Cpu device({.threads = 2});
  const auto result =
      check_network(device, layer, {x}, [](auto& l, const auto& in) { return l(in[0]); });
  INFO(name, ": worst at ", result.tensor, ": ", result.worst);
  CHECK(result.worst <= 1e-6);
}

using OwnBlock = ResidualBlock<Cpu, double, OwnNorm, OwnAttention>;

}  // namespace

TEST_CASE("layers: gradients") {
  const Shape s{2, 5, 4, 4};
  const auto conv = Convolution<Cpu, double>(4, 3, reflect_conv(3, 1, 1), {.bias = true});
  row("squeeze-and-excitation", SqueezeExcitation<Cpu, double>(4, 2), s);
  row("sequence", Sequence(conv, OwnNorm(3), OwnAttention(3)), s);
  row("residual block", ResidualBlock<Cpu, double, InstanceNorm<Cpu, double>>(4, {}), s);
  row("residual block of one's own layers", OwnBlock(4, OwnNorm(4), OwnAttention(4)), s);
  row("block of SE-ResNet",
      ResidualBlock<Cpu, double, LayerInstanceNorm<Cpu, double>, SqueezeExcitation<Cpu, double>>(
          4, LayerInstanceNorm<Cpu, double>(4), SqueezeExcitation<Cpu, double>(4)),
      s);
}

TEST_CASE("layers of one's own have names, and a Dual goes through a sequence that takes it") {
  Sequence net(OwnBlock(4, OwnNorm(4), OwnAttention(4)), OwnNorm(4));
  std::vector<std::string> names;
  for_each_parameter(net, "G", [&](const std::string& path, auto&) { names.push_back(path); });
  CHECK(names == std::vector<std::string>{"G.0.conv1.weight", "G.0.norm1.gain", "G.0.conv2.weight",
                                          "G.0.norm2.gain", "G.0.attention.what.weight",
                                          "G.0.attention.what.bias", "G.1.gain"});

  Cpu device({.threads = 1});
  const auto tanh = ConvolutionOptions{true, tanh_activation};
  Sequence critic(Convolution<Cpu, double>(3, 2, reflect_conv(3, 1, 1), tanh),
                  Linear<Cpu, double>({1, 2, 2, 2}, 1));
  ParameterSet<Cpu, double> set(device);
  set.add("D", critic).allocate(false);
  set.initialize(1);
  const auto x = random_tensor(device, {1, 2, 2, 3}, 1), d = random_tensor(device, x.shape(), 2);
  const double slope = critic(Dual<Cpu, double>{Value(x), Value(d)}).tangent.value().item();
  const double h = 1e-5;
  const auto at = [&](double step) {
    Values moved(device, x.shape());
    primitive::copy(x, moved);
    primitive::map(Scaled{step}, d, moved, Write::accumulate);
    return critic(Value(moved)).value().item();
  };
  CHECK(slope == doctest::Approx((at(h) - at(-h)) / (2 * h)).epsilon(1e-7));
}

TEST_CASE("squeeze-and-excitation is its formula; a block names what changes the shape") {
  Cpu device({.threads = 1});
  SqueezeExcitation<Cpu, double> layer(2, 1);
  ParameterSet<Cpu, double> set(device);
  set.add("se", layer).allocate(false);
  set.initialize(4);
  const auto x = random_tensor(device, {1, 2, 3, 2}, 1);
  const auto in = x.download(), out = layer(Value(x)).value().download();
  const auto w1 = layer.squeeze.weight.value.download(), b1 = layer.squeeze.bias->value.download(),
             w2 = layer.excite.weight.value.download(), b2 = layer.excite.bias->value.download();
  double mean[2]{}, hidden[2];
  for (std::size_t i = 0; i < 12; ++i) mean[i % 2] += in[i] / 6;
  for (std::size_t o = 0; o < 2; ++o)
    hidden[o] = std::max(0.0, w1[2 * o] * mean[0] + w1[2 * o + 1] * mean[1] + b1[o]);
  for (std::size_t i = 0; i < 12; ++i) {
    const std::size_t c = i % 2;
    const double s = w2[2 * c] * hidden[0] + w2[2 * c + 1] * hidden[1] + b2[c];
    CHECK(out[i] == doctest::Approx(in[i] / (1 + std::exp(-s))));
  }

  using Wrong = ResidualBlock<Cpu, double, InstanceNorm<Cpu, double>, Convolution<Cpu, double>>;
  Wrong block(2, {}, Convolution<Cpu, double>(2, 3, reflect_conv(3, 1, 1)));
  ParameterSet<Cpu, double> weights(device);
  weights.add("G.block", block).allocate(false);
  weights.initialize(1);
  CHECK_THROWS_WITH_AS(static_cast<void>(block(Value(random_tensor(device, {1, 4, 4, 2}, 1)))),
                       doctest::Contains("[G.block] a block's normalization and attention must "
                                         "keep the shape: (1,4,4,2) and (1,4,4,3)"),
                       ShapeError);
}

TEST_CASE("differentiable augmentation: gradients, numbers of its own for each picture") {
  Cpu device({.threads = 2});
  NoParameters none;
  const Philox random{3, 5};
  const auto result = check_network(device, none, {{2, 9, 8, 3}}, [&](auto&, const auto& in) {
    return DiffAugment{}(in[0], random);
  });
  INFO("worst at ", result.tensor, ": ", result.worst);
  CHECK(result.worst <= 1e-6);

  Values x(device, {2, 8, 8, 3});
  primitive::fill(x, 0.5);
  const auto of = [&](const DiffAugment& augment, const Philox& numbers) {
    return augment(Value(x), numbers).value().download();
  };
  const auto seen = of({}, random);
  CHECK(of({}, random) == seen);
  CHECK(of({}, Philox{3, 6}) != seen);
  CHECK(std::vector<double>(seen.begin(), seen.begin() + 192) !=
        std::vector<double>(seen.begin() + 192, seen.end()));
  CHECK(of({.kinds = {}}, random) == x.download());
}
