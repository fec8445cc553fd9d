// SPDX-License-Identifier: MIT
// Adam over a set of two networks: bounds and averages against single weights in double, wherever
// the weights lie.
#include "limn/optim/adam.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "limn/cpu/cpu.hpp"

namespace {

using namespace limn;
using P = Parameter<Cpu, double>;

/// Parameters with bounds between others, as normalizations between convolutions.
struct BoundedNetwork {
  P first{vector_shape(19), Initializer::fan_in(4)};
  P rho{.shape = vector_shape(5),
        .initializer = Initializer::constant(0.99),
        .bounds = primitive::Bounds{0, 1}};
  P middle{matrix_shape(3, 7), Initializer::fan_in(4)};
  P other{.shape = vector_shape(3),
          .initializer = Initializer::constant(0.5),
          .bounds = primitive::Bounds{0.4, 0.6}};
  P rho2{.shape = vector_shape(33),
         .initializer = Initializer::constant(0.01),
         .bounds = primitive::Bounds{0, 1}};
  P large{.shape = matrix_shape(4, 6), .initializer = Initializer::fan_in(4), .factored = true};
  P vector{
      .shape = vector_shape(6), .initializer = Initializer::unit_vector(), .role = Role::state};

  void visit(auto&& f) {
    f("first", first);
    f("rho", rho);
    f("middle", middle);
    f("other", other);
    f("rho2", rho2);
    f("large", large);
    f("vector", vector);
  }
};

double gradient_of(int step, std::size_t i) {
  return std::sin(1.7 * static_cast<double>(i) + 0.3 * step) + 0.2;
}

/// Gives every weight its gradient of this step; that of `large` as factors.
void set_gradients(ParameterSet<Cpu, double>& set, int step) {
  Cpu& device = set.device();
  set.zero_gradients();
  for (auto* p : set.parameters()) {
    if (p->role != Role::weight) continue;
    std::vector<double> g(static_cast<std::size_t>(p->shape.size()));
    for (std::size_t i = 0; i < g.size(); ++i) g[i] = gradient_of(step, i);
    if (!p->factored) {
      p->gradient.upload(g);
      continue;
    }
    for (Index row = 0; row < p->shape.n; ++row) {  // one sample for each row
      const Tensor<Cpu, double> x(device, matrix_shape(1, p->shape.sample())),
          dy(device, matrix_shape(1, p->shape.n));
      const auto at = g.begin() + row * p->shape.sample();
      x.upload(std::vector<double>(at, at + p->shape.sample()));
      std::vector<double> one(static_cast<std::size_t>(p->shape.n));
      one[static_cast<std::size_t>(row)] = 1;
      dy.upload(one);
      p->factors.push_back({x, dy});
    }
  }
}

TEST_CASE("adam clamps what has bounds and averages everything, in its own pass") {
  Cpu device({.threads = 2});
  BoundedNetwork a, b;
  ParameterSet<Cpu, double> set(device);
  set.add("a", a).add("b", b).allocate(true);
  set.initialize(3);
  constexpr double decay = 0.3, rate = 0.05;
  const AdamOptions options{.weight_decay = 0.01};
  Adam<Cpu, double> adam(set, options);
  CHECK_FALSE(adam.averages().defined());
  adam.average(decay);

  struct Weight {
    double w, m = 0, v = 0, average;
  };
  std::map<std::string, std::vector<Weight>> expected;
  for (const auto* p : set.parameters())
    for (const double w : p->value.download()) expected[p->name].push_back({.w = w, .average = w});
  const auto vector = a.vector.value.download();

  bool touched_low = false, touched_high = false;
  for (int t = 1; t <= 6; ++t) {
    set_gradients(set, t);
    adam.step(rate);
    const double d = std::min(decay, (1.0 + t) / (10.0 + t));
    for (const auto* p : set.parameters()) {
      if (p->role != Role::weight) continue;
      const auto w = p->value.download();
      const auto average = adam.averages().view(set.offset(*p), p->shape).download();
      for (std::size_t i = 0; i < w.size(); ++i) {
        Weight& e = expected[p->name][i];
        const double g = gradient_of(t, i) + options.weight_decay * e.w;
        e.m = options.beta1 * e.m + (1 - options.beta1) * g;
        e.v = options.beta2 * e.v + (1 - options.beta2) * g * g;
        e.w -= rate * (e.m / (1 - std::pow(options.beta1, t))) /
               (std::sqrt(e.v / (1 - std::pow(options.beta2, t))) + options.epsilon);
        if (p->bounds) e.w = std::clamp(e.w, p->bounds->low, p->bounds->high);
        e.average = d * e.average + (1 - d) * e.w;
        CAPTURE(p->name);
        CHECK(std::abs(w[i] - e.w) <= 1e-12);
        CHECK(std::abs(average[i] - e.average) <= 1e-12);
        if (!p->bounds) continue;
        touched_low = touched_low || w[i] == p->bounds->low;
        touched_high = touched_high || w[i] == p->bounds->high;
      }
    }
  }
  CHECK(touched_low);
  CHECK(touched_high);
  CHECK(a.vector.value.download() == vector);  // no weight

  adam.average(decay);  // begins anew
  CHECK(adam.averages().download() == set.values().download());
  CHECK_THROWS_AS(adam.average(1), UsageError);
  CHECK_THROWS_AS(adam.average(-0.1), UsageError);
}

TEST_CASE("substituted and frozen weights nest, and nothing learns meanwhile") {
  Cpu device;
  BoundedNetwork network;
  ParameterSet<Cpu, double> set(device);
  set.add("n", network).allocate(true);
  set.initialize(1);
  Adam<Cpu, double> adam(set, {});
  Tensor<Cpu, double> ones(device, set.values().shape()), twos(device, set.values().shape());
  primitive::fill(ones, 1.0);
  primitive::fill(twos, 2.0);
  const double own = network.first.value.download()[0];
  {
    const auto outer = set.substitute(ones);
    {
      const auto inner = set.substitute(twos);
      CHECK(network.first.value.download()[0] == 2);
    }
    CHECK(network.first.value.download()[0] == 1);
    set.zero_gradients();
    CHECK_THROWS_WITH_AS(adam.step(0.1),
                         "[Adam] the weights are substituted by another buffer: nothing may learn",
                         UsageError);
    CHECK(adam.steps() == 0);
  }
  CHECK(network.first.value.download()[0] == own);
  adam.step(0.1);
  CHECK(adam.steps() == 1);

  network.rho.frozen = true;
  {
    const auto outer = set.freeze();
    { const auto inner = set.freeze(); }
    CHECK(network.first.frozen);
  }
  CHECK(!network.first.frozen);
  CHECK(network.rho.frozen);
}

TEST_CASE("parameters with equal bounds lie side by side, and the passes are as few as they can") {
  Cpu device;
  BoundedNetwork a, b;
  ParameterSet<Cpu, double> set(device);
  set.add("a", a).add("b", b).allocate(true);
  Index end = 0;
  for (const auto& part : set.parts()) {
    REQUIRE(part.runs.size() == 3);
    CHECK_FALSE(part.runs[0].bounds.has_value());
    CHECK(part.runs[1].bounds == primitive::Bounds{0, 1});
    CHECK(part.runs[2].bounds == primitive::Bounds{0.4, 0.6});
    CHECK(part.offset == end);
    for (const auto& run : part.runs) {
      CHECK(run.offset == end);
      end += run.size;
      for (std::size_t i = part.first; i < part.last; ++i) {
        const auto* p = set.parameters()[i];
        if (p->role != Role::weight || p->factored) continue;
        const Index at = set.offset(*p);
        const bool inside = at >= run.offset && at + p->shape.size() <= run.offset + run.size;
        CHECK(inside == (p->bounds == run.bounds));
      }
    }
    CHECK(part.offset + part.size == end);
  }
  Adam<Cpu, double> adam(set, {});
  adam.average(0.9);
  set_gradients(set, 1);
  adam.advance(0.1);
  const auto before = device.work().calls;
  adam.update();
  CHECK(device.work().calls - before == 2 * (3 + 1));
}

}  // namespace
