// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>

#include "layer_check.hpp"
#include "limn/attention/class_activation_map.hpp"
#include "limn/nn/convolution.hpp"
#include "limn/nn/linear.hpp"
#include "limn/nn/spectral_convolution.hpp"
#include "limn/norm/normalizations.hpp"
#include "limn/ops/pointwise.hpp"
#include "limn/ops/reshape.hpp"
#include "limn/optim/adam.hpp"

using namespace limn_test;
using namespace limn;

namespace {

constexpr double tolerance = 1e-6;

#define CHECK_GRADIENT(...)                               \
  do {                                                    \
    const auto result = (__VA_ARGS__);                    \
    INFO("worst at ", result.tensor, ": ", result.worst); \
    CHECK(result.worst <= tolerance);                     \
  } while (false)

}  // namespace

TEST_CASE("convolution: gradients of x, weights and bias for every geometry of the networks") {
  Cpu device({.threads = 2});
  struct Row {
    ConvGeometry geometry;
    Activation activation;
  };
  const Row rows[] = {{reflect_conv(7, 1, 3), {}},
                      {reflect_conv(3, 2, 1), relu_activation},
                      {reflect_conv(3, 1, 1, 2), {}},
                      {reflect_conv(4, 2, 1), leaky_relu_activation(0.2F)},
                      {reflect_conv(4, 1, 1), tanh_activation},
                      {{3, 1, Padding::zero, {1, 0, 2, 1}, 1}, {}},
                      {{3, 1, Padding::edge, Sides::all(1), 1}, {}}};
  for (const auto& row : rows) {
    CAPTURE(row.geometry.kernel);
    CAPTURE(row.geometry.stride);
    Convolution<Cpu, double> layer(3, 5, row.geometry,
                                   {.bias = true, .activation = row.activation});
    CHECK_GRADIENT(check_network(device, layer, {{2, 8, 9, 3}},
                                 [](auto& net, const auto& in) { return net(in[0]); }));
  }
}

TEST_CASE("convolution: its moments are those of its result") {
  Cpu device({.threads = 2});
  Convolution<Cpu, double> layer(3, 4, reflect_conv(3, 1, 1), {.moments = WithMoments::yes});
  ParameterSet<Cpu, double> parameters(device);
  parameters.add("layer", layer).allocate(false);
  parameters.initialize(1);
  const auto y = layer(Value(random_tensor(device, {2, 6, 5, 3}, 1)));
  const Values mean(device, y.shape().per_channel()), m2(device, y.shape().per_channel());
  primitive::moments(y.value(), mean, m2);
  const auto expected_mean = mean.download(), expected_m2 = m2.download();
  const auto got_mean = y.moments().mean.download(), got_m2 = y.moments().m2.download();
  for (std::size_t i = 0; i < expected_mean.size(); ++i) {
    CHECK(got_mean[i] == doctest::Approx(expected_mean[i]).epsilon(1e-12));
    CHECK(got_m2[i] == doctest::Approx(expected_m2[i]).epsilon(1e-12));
  }
}

TEST_CASE("linear: gradients, and factors that stand for the same gradient") {
  Cpu device({.threads = 2});
  Linear<Cpu, double> dense({1, 2, 3, 4}, 5, {.bias = true, .activation = relu_activation});
  CHECK_GRADIENT(check_network(device, dense, {{3, 2, 3, 4}},
                               [](auto& net, const auto& in) { return net(in[0]); }));

  Linear<Cpu, double> plain({1, 2, 3, 4}, 5), factored({1, 2, 3, 4}, 5, {.factored = true});
  ParameterSet<Cpu, double> one(device), other(device);
  one.add("fc", plain).allocate(true);
  other.add("fc", factored).allocate(true);
  one.initialize(4);
  other.initialize(4);
  CHECK(other.parts().front().size == 0);
  const auto backward = [&](auto& layer) {
    Record tape;
    auto y1 = layer(tape.constant(random_tensor(device, {2, 2, 3, 4}, 1))),
         y2 = layer(tape.constant(random_tensor(device, {1, 2, 3, 4}, 2)));
    tape.backward(least_squares(y1, 1) + least_squares(y2, 0.5));
  };
  backward(plain);
  backward(factored);
  REQUIRE(factored.weight.factors.size() == 2);
  Values formed(device, factored.weight.shape);
  primitive::fill(formed, 0.0);
  for (const auto& f : factored.weight.factors)
    primitive::gemm(primitive::Transpose::yes, primitive::Transpose::no, f.dy, f.x, formed,
                    Write::accumulate);
  const auto expected = plain.weight.gradient.download(), got = formed.download();
  for (std::size_t i = 0; i < got.size(); ++i)
    CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-12));
  Adam<Cpu, double> adam_one(one, {}), adam_other(other, {});
  for (int step = 0; step < 2; ++step) {
    adam_one.step(1e-2);
    adam_other.step(1e-2);
  }
  const auto w1 = plain.weight.value.download(), w2 = factored.weight.value.download();
  for (std::size_t i = 0; i < w1.size(); ++i) CHECK(w2[i] == doctest::Approx(w1[i]).epsilon(1e-12));
}

TEST_CASE(
    "spectral convolution: gradients at the singular vectors, and two passes equal two calls") {
  Cpu device({.threads = 2});
  for (const Index passes : {1, 2}) {
    SpectralConvolution<Cpu, double> layer(
        3, 4, reflect_conv(3, 1, 1), {.bias = true, .activation = leaky_relu_activation(0.2F)});
    // with u and v converged, sigma's dependence on them vanishes, and differences through the
    // iteration see the same derivative
    const auto forward = [passes](auto& net, const auto& in) {
      if (!in[0].tape())
        for (int i = 0; i < 200; ++i)
          static_cast<void>(power_iterations<Cpu, double>(net.weight, net.u, net.v, 1));
      else
        for (int i = 0; i < 2000; ++i)
          static_cast<void>(power_iterations<Cpu, double>(net.weight, net.u, net.v, 1));
      return net(in[0], passes);
    };
    CHECK_GRADIENT(check_network(device, layer, {{2, 5, 6, 3}}, forward));
  }

  SpectralConvolution<Cpu, double> once(3, 4, reflect_conv(4, 2, 1), {.bias = true}), twice = once;
  ParameterSet<Cpu, double> a(device), b(device);
  a.add("layer", once).allocate(true);
  b.add("layer", twice).allocate(true);
  a.initialize(5);
  b.initialize(5);
  const auto x1 = random_tensor(device, {1, 8, 8, 3}, 1),
             x2 = random_tensor(device, {1, 8, 8, 3}, 2);
  Record tape_a, tape_b;
  const auto both = once(join_samples(tape_a.constant(x1), tape_a.constant(x2)), 2);
  const auto [y1, y2] = split_samples(both, 1);
  tape_a.backward(least_squares(y1, 1) + least_squares(y2, 0));
  const auto z1 = twice(tape_b.constant(x1)), z2 = twice(tape_b.constant(x2));
  tape_b.backward(least_squares(z1, 1) + least_squares(z2, 0));
  const auto same = [](const Values& p, const Values& q) {
    const auto u = p.download(), v = q.download();
    double worst = 0;
    for (std::size_t i = 0; i < u.size(); ++i)
      worst = std::max(worst, std::abs(u[i] - v[i]) / std::max(1e-3, std::abs(v[i])));
    return worst;
  };
  CHECK(same(once.weight.gradient, twice.weight.gradient) < 1e-12);
  CHECK(same(once.bias->gradient, twice.bias->gradient) < 1e-12);
  CHECK(same(once.u.value, twice.u.value) < 1e-12);
  CHECK(same(once.v.value, twice.v.value) < 1e-12);
}

TEST_CASE("normalizations: gradients with activation and residual") {
  Cpu device({.threads = 2});
  InstanceNorm<Cpu, double> instance{relu_activation};
  CHECK_GRADIENT(check_network(device, instance, {{2, 4, 5, 3}},
                               [](auto& net, const auto& in) { return net(in[0]); }));
  CHECK_GRADIENT(check_network(device, instance, {{2, 4, 5, 3}, {2, 4, 5, 3}},
                               [](auto& net, const auto& in) { return net(in[0], in[1]); }));
  LayerInstanceNorm<Cpu, double> lin(3, relu_activation);
  CHECK_GRADIENT(check_network(device, lin, {{2, 4, 5, 3}},
                               [](auto& net, const auto& in) { return net(in[0]); }));
  AdaLin<Cpu, double> adalin(3);
  const std::vector<Shape> shapes{{2, 4, 5, 3}, {2, 1, 1, 3}, {2, 1, 1, 3}, {2, 4, 5, 3}};
  CHECK_GRADIENT(check_network(device, adalin, shapes, [](auto& net, const auto& in) {
    return net(in[0], in[1], in[2], in[3]);
  }));
}

TEST_CASE("normalization: its own input as residual gets both gradients") {
  Cpu device({.threads = 2});
  AdaLin<Cpu, double> adalin(3, relu_activation);
  CHECK_GRADIENT(
      check_network(device, adalin, {{2, 4, 5, 3}, {2, 1, 1, 3}, {2, 1, 1, 3}},
                    [](auto& net, const auto& in) { return net(in[0], in[1], in[2], in[0]); }));
}

TEST_CASE("normalization errors name the layer, the rule and both shapes") {
  Cpu device({.threads = 1});
  AdaLin<Cpu, double> adalin(4);
  adalin.name = "generator.body[2].norm1";
  const Value x(random_tensor(device, {1, 4, 4, 4}, 1)),
      wrong(random_tensor(device, {1, 1, 1, 2}, 2)), right(random_tensor(device, {1, 1, 1, 4}, 2));
  CHECK_THROWS_WITH_AS(static_cast<void>(adalin(x, wrong, right)),
                       "[AdaLIN generator.body[2].norm1] gamma has 2 channels, features have 4: x "
                       "(1,4,4,4), gamma (1,1,1,2)",
                       ShapeError);
}

TEST_CASE("class activation map: gradients through pooling, logits and the merged convolution") {
  Cpu device({.threads = 2});
  ClassActivationMap<Cpu, double, Linear<Cpu, double>> cam(4, relu_activation,
                                                           Linear<Cpu, double>(vector_shape(4), 1),
                                                           Linear<Cpu, double>(vector_shape(4), 1));
  const auto classify = [](auto& classifier, const auto& pooled) { return classifier(pooled); };
  CHECK_GRADIENT(check_network(device, cam, {{2, 3, 5, 4}}, [&](auto& net, const auto& in) {
    return net.attend(in[0], classify).features;
  }));
  CHECK_GRADIENT(check_network(device, cam, {{2, 3, 5, 4}}, [&](auto& net, const auto& in) {
    return net.attend(in[0], classify).logits;
  }));
}

TEST_CASE(
    "class activation map: merged weights equal the convolution of the joined, re-weighted "
    "features") {
  Cpu device({.threads = 2});
  ClassActivationMap<Cpu, double, Linear<Cpu, double>> cam(3, leaky_relu_activation(0.2F),
                                                           Linear<Cpu, double>(vector_shape(3), 1),
                                                           Linear<Cpu, double>(vector_shape(3), 1));
  ParameterSet<Cpu, double> parameters(device);
  parameters.add("cam", cam).allocate(false);
  parameters.initialize(6);
  const auto x = random_tensor(device, {2, 4, 4, 3}, 1);
  const auto got =
      cam.attend(Value(x), [](auto& c, const auto& p) { return c(p); }).features.value().download();
  const auto in = x.download(), avg = cam.average.weight.value.download(),
             max = cam.maximum.weight.value.download(), w = cam.weight.value.download(),
             b = cam.bias.value.download();
  for (std::size_t p = 0; p < 32; ++p)
    for (std::size_t o = 0; o < 3; ++o) {
      double y = b[o];
      for (std::size_t c = 0; c < 3; ++c)
        y += in[p * 3 + c] * (avg[c] * w[o * 6 + c] + max[c] * w[o * 6 + 3 + c]);
      CHECK(got[p * 3 + o] ==
            doctest::Approx(y > 0 ? y : y * static_cast<double>(0.2F)).epsilon(1e-12));
    }
}

TEST_CASE("pooling, joining, splitting, pointwise: gradients") {
  Cpu device({.threads = 2});
  NoParameters none;
  const auto check = [&](const std::vector<Shape>& shapes, auto forward) {
    CHECK_GRADIENT(
        check_network(device, none, shapes, [&](auto&, const auto& in) { return forward(in); }));
  };
  const Shape s{2, 4, 6, 3};
  check({s}, [](const auto& in) { return average_pool(in[0]); });
  check({s}, [](const auto& in) { return average_pool(in[0], 3); });
  check({s}, [](const auto& in) { return max_pool(in[0]); });
  check({s}, [](const auto& in) { return max_pool(in[0], 2); });
  check({s, {1, 4, 6, 3}}, [](const auto& in) { return join_samples(in[0], in[1]); });
  check({s, {2, 4, 6, 2}}, [](const auto& in) { return join_channels(in[0], in[1]); });
  check({{3, 4, 6, 3}}, [](const auto& in) {
    const auto [head, tail] = split_samples(in[0], 1);
    return join_samples(2.0 * tail, head);
  });
  check({{3, 4, 6, 3}}, [](const auto& in) { return split_samples(in[0], 1).second; });
  check({s}, [](const auto& in) { return activate(in[0], tanh_activation); });
  check({s},
        [](const auto& in) { return activate(3.0 * in[0], leaky_relu_activation(0.1F)) + in[0]; });
  check({s}, [](const auto& in) { return reshape(in[0], {4, 1, 6, 6}); });
}

TEST_CASE("losses: gradients and weighted sums") {
  Cpu device({.threads = 2});
  NoParameters none;
  const auto t = random_tensor(device, {2, 3, 4, 2}, 50);
  const auto check = [&](auto loss) {
    CHECK_GRADIENT(check_network(device, none, {{2, 3, 4, 2}},
                                 [&](auto&, const auto& in) { return loss(in[0]); }));
  };
  check([](const auto& x) { return least_squares(x, 1); });
  check([&](const auto& x) { return l1(x, t); });
  check([](const auto& x) { return cross_entropy_with_logits(x, 1); });
  check([](const auto& x) { return cross_entropy_with_logits(5.0 * x, 0); });
  check([&](const auto& x) {
    return weighted_sum<Cpu, double>(
        {{10.0, l1(x, t)}, {0.5, least_squares(x, 0)}, {1000.0, cross_entropy_with_logits(x, 0)}});
  });
}
