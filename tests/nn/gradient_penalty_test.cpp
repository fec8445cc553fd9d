// SPDX-License-Identifier: MIT
// GAN losses and gradient penalties: second derivatives against differences, and one step of a
// discriminator against PyTorch (make_gan_steps.py).
#include "limn/loss/gradient_penalty.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "layer_check.hpp"
#include "limn/io/safetensors.hpp"
#include "limn/loss/gan_losses.hpp"
#include "limn/models/ugatit/discriminator.hpp"
#include "limn/nn/convolution.hpp"

using namespace limn;
using namespace limn_test;

namespace {

using Set = ParameterSet<Cpu, double>;
using Discriminator = ugatit::Discriminator<Cpu, double>;

/// With the power iterations at the singular vectors, differences see the derivative in which they
/// are constants.
struct NoIterations {
  template <class Network>
  void operator()(Network&) const {}
};
struct Converged {
  void operator()(Discriminator& d) const {
    const auto converge = [](SpectralConvolution<Cpu, double>& layer) {
      for (int i = 0; i < 400; ++i)
        static_cast<void>(power_iterations<Cpu, double>(layer.weight, layer.u, layer.v, 1));
    };
    for (auto& layer : d.layers) converge(layer);
    converge(d.attention.average);
    converge(d.attention.maximum);
    converge(d.last);
  }
};

/// Worst relative error of the penalty's gradient against central differences, over all weights.
template <class F, class Network, class Prepare, class Critic>
double worst_error(F f, Network& network, const Shape& shape, Prepare prepare, Critic critic) {
  Cpu device({.threads = 2});
  Set set(device);
  set.add("d", network).allocate(true);
  set.initialize(3);
  const auto x = random_tensor(device, shape, 5);
  const auto penalty = [&] {
    prepare(network);
    return penalize_gradient(f, 1, set, x, critic).item();
  };
  set.zero_gradients();
  const double value = penalty();
  CHECK(value > 1e-3);
  std::map<std::string, std::vector<double>> gradients;  // those of later calls are added
  for (auto* p : set.parameters())
    if (p->role == Role::weight) gradients[p->name] = p->gradient.download();
  double worst = 0;
  for (auto* p : set.parameters()) {
    if (p->role == Role::state) continue;
    const auto& gradient = gradients.at(p->name);
    const auto at = p->value.download();
    for (std::uint64_t k = 0; k < 2; ++k) {
      const Philox random{11, k};
      std::vector<double> d(at.size());
      double length = 0, along = 0;
      for (std::size_t i = 0; i < d.size(); ++i) length += std::pow(d[i] = random.normal(i), 2);
      const auto moved = [&](double h) {
        auto there = at;
        for (std::size_t i = 0; i < d.size(); ++i) there[i] += h * d[i] / std::sqrt(length);
        p->value.upload(there);
        return penalty();
      };
      for (std::size_t i = 0; i < d.size(); ++i) along += gradient[i] * d[i] / std::sqrt(length);
      const double h = 1e-5, numeric = (moved(h) - moved(-h)) / (2 * h);
      p->value.upload(at);
      const double error =
          std::abs(numeric - along) / std::max({std::abs(numeric), std::abs(along), 1e-4 * value});
      CAPTURE(p->name);
      CHECK(error < 1e-6);
      worst = std::max(worst, error);
    }
  }
  return worst;
}

/// A critic without spectral normalization, whose activations bend.
struct Smooth {
  Convolution<Cpu, double> first{3, 4, reflect_conv(3, 1, 1), {true, tanh_activation}};
  Convolution<Cpu, double> second{4, 3, reflect_conv(4, 2, 1), {true, leaky_relu_activation(0.2F)}};
  Linear<Cpu, double> judge{vector_shape(6), 1, {.bias = true, .activation = tanh_activation}};

  template <class X>
  auto operator()(const X& x) {
    const auto features = second(first(x));
    const auto pooled = join_channels(average_pool(features), max_pool(features));
    return 3.0 * judge(activate(pooled, tanh_activation));
  }
  void visit(auto&& f) { f("first", first), f("second", second), f("judge", judge); }
};

}  // namespace

TEST_CASE("gradient penalties: second derivatives of discriminators with CAM, local and global") {
  for (const Index halvings : {1, 2}) {
    CAPTURE(halvings);
    const Shape shape{2, 16, 16, 3};
    const auto on_map = [](Discriminator& d) {
      return [&d](const auto& x, PowerIteration how) { return 30.0 * d(x, {1, how}).logits; };
    };
    const auto on_cam = [](Discriminator& d) {
      return [&d](const auto& x, PowerIteration how) { return 80.0 * d(x, {1, how}).cam_logits; };
    };
    Discriminator d(2, halvings);
    CHECK(worst_error(UnitGradient{}, d, shape, Converged{}, on_map(d)) < 1e-6);
    CHECK(worst_error(AtMostUnitGradient{}, d, shape, Converged{}, on_map(d)) < 1e-6);
    CHECK(worst_error(ZeroGradient{}, d, shape, Converged{}, on_map(d)) < 1e-6);
    CHECK(worst_error(UnitGradient{}, d, shape, Converged{}, on_cam(d)) < 1e-6);
    CHECK(worst_error(AtMostUnitGradient{}, d, shape, Converged{}, on_cam(d)) < 1e-6);
    CHECK(worst_error(ZeroGradient{}, d, shape, Converged{}, on_cam(d)) < 1e-6);
  }
}

TEST_CASE("gradient penalties: a critic of plain layers with tanh") {
  Smooth net;
  const auto critic = [&net](const auto& x, PowerIteration) { return net(x); };
  CHECK(worst_error(UnitGradient{}, net, {3, 6, 6, 3}, NoIterations{}, critic) < 1e-6);
  CHECK(worst_error(ZeroGradient{}, net, {3, 6, 6, 3}, NoIterations{}, critic) < 1e-6);
}

TEST_CASE("a penalty leaves inputs' and others' gradients alone, and iterates once") {
  Cpu device;
  Discriminator d(2, 1), other(2, 1);
  Set set(device);
  set.add("d", d).add("other", other).allocate(true);
  set.initialize(3);
  set.zero_gradients();
  const auto x = random_tensor(device, {2, 16, 16, 3}, 5);
  auto u = d.last.u.value.download();
  static_cast<void>(
      penalize_gradient(UnitGradient{}, 10, set, x, [&d](const auto& picture, PowerIteration how) {
        return d(picture, {1, how}).logits;
      }));
  for (const double g : other.last.weight.gradient.download()) CHECK(g == 0);
  CHECK(!d.last.held.u.defined());
  const auto once = d.last.u.value.download();
  CHECK(once != u);
  d.last.u.value.upload(u);
  static_cast<void>(power_iterations<Cpu, double>(d.last.weight, d.last.u, d.last.v, 1));
  CHECK(d.last.u.value.download() == once);
  CHECK_THROWS_WITH_AS(static_cast<void>(mix_samples<Cpu, double>(x, x, x)),
                       doctest::Contains("one share per sample"), ShapeError);
}

TEST_CASE("GAN losses: their values and gradients, one in place of another") {
  Cpu device;
  const auto real = random_tensor(device, {2, 3, 3, 1}, 1),
             fake = random_tensor(device, {2, 3, 3, 1}, 2);
  const auto r = real.download(), f = fake.download();
  const auto mean = [](const std::vector<double>& v, auto&& l) {
    double sum = 0;
    for (const double x : v) sum += l(x);
    return sum / static_cast<double>(v.size());
  };
  const auto check = [&](const auto& loss, auto on_real, auto on_fake, auto generator) {
    const double d = discriminator_loss(loss, Value(real), Value(fake)).value().item();
    CHECK(d == doctest::Approx(mean(r, on_real) + mean(f, on_fake)).epsilon(1e-12));
    CHECK(generator_loss(loss, Value(fake)).value().item() ==
          doctest::Approx(mean(f, generator)).epsilon(1e-12));
    NoParameters none;
    CHECK(check_network(device, none, {{2, 3, 3, 1}, {2, 3, 3, 1}}, [&](auto&, const auto& in) {
            return discriminator_loss(loss, in[0], in[1]);
          }).worst < 1e-6);
    CHECK(check_network(device, none, {{2, 3, 3, 1}}, [&](auto&, const auto& in) {
            return generator_loss(loss, in[0]);
          }).worst < 1e-6);
  };
  const auto softplus = [](double x) { return std::log1p(std::exp(x)); };
  check(
      LeastSquaresGan{}, [](double x) { return (x - 1) * (x - 1); }, [](double x) { return x * x; },
      [](double x) { return (x - 1) * (x - 1); });
  check(
      NonSaturatingGan{}, [&](double x) { return softplus(-x); }, softplus,
      [&](double x) { return softplus(-x); });
  check(
      HingeGan{}, [](double x) { return std::max(0.0, 1 - x); },
      [](double x) { return std::max(0.0, 1 + x); }, [](double x) { return -x; });
  check(
      WassersteinGan{}, [](double x) { return -x; }, [](double x) { return x; },
      [](double x) { return -x; });
}

TEST_CASE("one step of a discriminator, objectives and penalties: as PyTorch's double backward") {
  const SafetensorsFile file(std::filesystem::path(__FILE__).parent_path() /
                             "gan_steps.safetensors");
  Cpu device({.threads = 2});
  const auto read = [&](const std::string& name) {
    const auto& s = file.info(name).shape;
    Values x(device, {s[0], s[1], s[2], s[3]});
    x.upload(file.read<double>(name));
    return x;
  };
  const auto real = read("real"), fake = read("fake"), shares = read("shares"),
             noise = read("noise");
  // DRAGAN: real + std(real) / 2 times noise from one side, the deviation that of the whole batch
  const auto values = real.download(), noises = noise.download();
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  for (const double v : values) squares += (v - mean) * (v - mean);
  auto moved = values;
  for (std::size_t i = 0; i < moved.size(); ++i)
    moved[i] += 0.5 * std::sqrt(squares / static_cast<double>(values.size())) * noises[i];
  Values distorted(device, real.shape());
  distorted.upload(moved);

  const auto check = [&](const std::string& name, const auto& loss, const auto& penalize) {
    CAPTURE(name);
    Discriminator d(2, 2);
    Set set(device);
    set.add("d", d).allocate(true);
    for (auto* p : set.parameters())
      if (!p->name.ends_with("_v"))
        p->value.upload(file.read<double>("weights/" + p->name.substr(2)));
    set.zero_gradients();
    Tape<Cpu> tape;
    const auto judged = d(join_samples(tape.constant(real), tape.constant(fake)), 2);
    const auto [map_real, map_fake] = split_samples(judged.logits, 2);
    const auto [cam_real, cam_fake] = split_samples(judged.cam_logits, 2);
    const auto total =
        discriminator_loss(loss, map_real, map_fake) + discriminator_loss(loss, cam_real, cam_fake);
    tape.backward(total);
    CHECK(total.value().item() ==
          doctest::Approx(file.read<double>(name + "/loss")[0]).epsilon(1e-7));
    penalize(set, d);
    for (const auto* p : set.parameters()) {
      if (p->role == Role::state) continue;
      const auto got = p->gradient.download(),
                 expected = file.read<double>(name + "/gradient/" + p->name.substr(2));
      double away = 0, length = 0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        away += (got[i] - expected[i]) * (got[i] - expected[i]);
        length += expected[i] * expected[i];
      }
      CAPTURE(p->name);
      CHECK(std::sqrt(away) <= 1e-6 * std::max(std::sqrt(length), 1e-6));
    }
  };
  const auto penalty = [&](const char* name, const auto& f, const Values& other) {
    return [&, name, f](Set& set, Discriminator& d) {
      const auto map = [&d](const auto& x, PowerIteration how) {
        return 2.5 * d(x, {1, how}).logits;
      };
      const auto cam = [&d](const auto& x, PowerIteration how) {
        return 2.5 * d(x, {1, how}).cam_logits;
      };
      const auto p = penalize_gradient(f, 10, set, mix_samples(shares, other, real), map, cam);
      CHECK(p.item() ==
            doctest::Approx(file.read<double>(std::string(name) + "/penalty")[0]).epsilon(1e-7));
      CHECK(p.item() > 1e-3);
    };
  };
  check("wgan-gp", WassersteinGan{}, penalty("wgan-gp", UnitGradient{}, fake));
  check("wgan-lp", WassersteinGan{}, penalty("wgan-lp", AtMostUnitGradient{}, fake));
  check("dragan", NonSaturatingGan{}, penalty("dragan", UnitGradient{}, distorted));
  check("hinge", HingeGan{}, [](Set&, Discriminator&) {});
}
