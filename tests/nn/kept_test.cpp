// SPDX-License-Identifier: MIT
// What backwards keep: recipes give the very values again, and bfloat16 stashes cost gradients
// their rounding and nothing else.
#include <doctest/doctest.h>

#include <cmath>
#include <utility>

#include "layer_check.hpp"
#include "limn/attention/class_activation_map.hpp"
#include "limn/nn/convolution.hpp"
#include "limn/nn/spectral_convolution.hpp"
#include "limn/norm/normalizations.hpp"

using namespace limn_test;
using namespace limn;

namespace {

/// Everything that keeps: convolutions, normalizations with residuals, attention, a spectral layer.
template <class T>
struct Network {
  Convolution<Cpu, T> conv1{3, 4, reflect_conv(3, 1, 1), {.moments = WithMoments::yes}},
      conv2{4, 4, reflect_conv(3, 1, 1), {.moments = WithMoments::yes}},
      conv3{4, 4, reflect_conv(3, 1, 1), {.moments = WithMoments::yes}},
      conv4{4, 4, reflect_conv(3, 1, 1), {.moments = WithMoments::yes}};
  LayerInstanceNorm<Cpu, T> lin{4, relu_activation};
  InstanceNorm<Cpu, T> norm{relu_activation};
  ClassActivationMap<Cpu, T, Linear<Cpu, T>> cam{
      4, relu_activation, Linear<Cpu, T>(vector_shape(4), 1), Linear<Cpu, T>(vector_shape(4), 1)};
  SpectralConvolution<Cpu, T> spectral{
      4, 3, reflect_conv(4, 2, 1), {.bias = true, .activation = leaky_relu_activation(0.2F)}};
  Convolution<Cpu, T> last{3, 2, reflect_conv(3, 1, 1)};

  Var<Cpu, T> operator()(const Var<Cpu, T>& image) {
    auto x = lin(conv1(image));
    x = norm(conv2(x), x);
    x = norm(conv3(x), x);
    x = norm(conv4(x), x);
    x = cam.attend(x, [](auto& c, const auto& pooled) { return c(pooled); }).features;
    return last(spectral(x));
  }
  void visit(auto&& f) {
    f("conv1", conv1);
    f("conv2", conv2);
    f("conv3", conv3);
    f("conv4", conv4);
    f("lin", lin);
    f("cam", cam);
    f("spectral", spectral);
    f("last", last);
  }
};

/// Loss, gradients and bytes on the tape of one pass.
struct Result {
  float loss = 0;
  std::vector<std::vector<float>> gradients;
  std::size_t kept = 0;
};

Result run(StashFormat format) {
  Cpu device({.threads = 2});
  Network<float> network;
  ParameterSet<Cpu, float> parameters(device);
  parameters.add("net", network).allocate(true);
  parameters.initialize(5);
  Tensor<Cpu, float> x(device, {2, 16, 16, 3});
  primitive::normal(Philox{7, 1}, 0, 0, 1, x);
  const auto before = device.memory().current;
  Tape<Cpu> tape(format);
  const auto loss = least_squares(network(tape.constant(x)), 1);
  Result r{loss.value().item(), {}, device.memory().current - before};
  tape.backward(loss);
  for (const auto* p : parameters.parameters())
    if (p->role == Role::weight) r.gradients.push_back(p->gradient.download());
  return r;
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    norm += std::pow(static_cast<double>(a[i]), 2);
  }
  return std::sqrt(difference / std::max(norm, 1e-30));
}

}  // namespace

TEST_CASE("a recipe gives the bytes of the value, and residual chains are recipes by turns only") {
  Cpu device({.threads = 2});
  Tape<Cpu> tape;
  Tensor<Cpu, float> x(device, {2, 9, 7, 5});
  primitive::normal(Philox{7, 1}, 0, 0, 1, x);
  const InstanceNorm<Cpu, float> norm{relu_activation};
  std::vector<Var<Cpu, float>> chain{tape.input(x)};
  for (int i = 0; i < 4; ++i) chain.push_back(norm(tape.input(x), chain.back()));
  for (std::size_t i = 0; i < chain.size(); ++i) {
    CAPTURE(i);
    const auto kept = chain[i].kept();
    CHECK(kept.is_recipe() == (i % 2 == 1));
    CHECK(kept.tensor().download() == chain[i].value().download());
    CHECK((kept.tensor().data() == chain[i].value().data()) == !kept.is_recipe());
  }
}

TEST_CASE("gradients through recipes are those of the plain definition") {
  Cpu device({.threads = 2});
  Network<double> network;
  const auto result = check_network(device, network, {{2, 6, 7, 3}}, [](auto& net, const auto& in) {
    for (int i = 0; i < (in[0].tape() ? 2000 : 200); ++i)  // as in the spectral layer's test
      static_cast<void>(
          power_iterations<Cpu, double>(net.spectral.weight, net.spectral.u, net.spectral.v, 1));
    return net(in[0]);
  });
  INFO("worst at ", result.tensor, ": ", result.worst);
  CHECK(result.worst <= 1e-6);
}

TEST_CASE("bfloat16 stashes: the same loss, gradients within their rounding, less memory") {
  const Result computed = run(StashFormat::computed), rounded = run(StashFormat::bf16);
  CHECK(rounded.loss == computed.loss);
  REQUIRE(rounded.gradients.size() == computed.gradients.size());
  double worst = 0;
  for (std::size_t i = 0; i < computed.gradients.size(); ++i)
    worst = std::max(worst, distance(computed.gradients[i], rounded.gradients[i]));
  INFO("worst relative error of a gradient ", worst);
  CHECK(worst < 3e-2);
  CHECK(worst > 1e-5);  // they were rounded
  CHECK(rounded.kept < 0.7 * static_cast<double>(computed.kept));
}

TEST_CASE("a branch of a tape runs first and leaves its gradient where the tape finds it") {
  Cpu device({.threads = 2});
  Tensor<Cpu, double> values(device, {1, 2, 2, 1});
  values.upload(std::vector<double>{1, 2, 3, 4});
  Tape<Cpu> tape, branch;
  const auto x = tape.input(values);
  const auto doubled = 2.0 * x;
  branch.backward(least_squares(branch.branch(doubled), 0));  // d/dy mean y^2 = y / 2
  CHECK(branch.size() == 0);
  CHECK(doubled.gradient().tensor().download() == std::vector<double>{1, 2, 3, 4});
  tape.backward(least_squares(doubled, 0));
  CHECK(x.gradient().tensor().download() == std::vector<double>{4, 8, 12, 16});
}

TEST_CASE("off the tapes a normalization works in the memory of a value that nobody else holds") {
  Cpu device({.threads = 2});
  const InstanceNorm<Cpu, float> norm{relu_activation};
  Tensor<Cpu, float> x(device, {1, 4, 4, 3});
  primitive::normal(Philox{7, 1}, 0, 0, 1, x);
  const auto before = x.download();
  const Var<Cpu, float> held(x);
  const auto y = norm(held);
  CHECK(x.download() == before);
  const auto* memory = x.data();
  x = {};
  const auto in_place = norm(Var<Cpu, float>(held.value().reshape({1, 4, 4, 3})));
  CHECK(held.value().download() == before);
  Tensor<Cpu, float> own(device, {1, 4, 4, 3});
  primitive::copy(held.value(), own);
  memory = own.data();
  const auto z = norm(Var<Cpu, float>(std::exchange(own, {})));
  CHECK(z.value().data() == memory);
  CHECK(z.value().download() == y.value().download());
  CHECK(in_place.value().download() == y.value().download());
}
