// SPDX-License-Identifier: MIT
// What the tests of layers share: random tensors, and a gradient check of a network through a
// random quadratic loss.
#pragma once

#include <string>
#include <vector>

#include "limn/autograd/gradient_check.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/loss/losses.hpp"
#include "limn/nn/parameter_set.hpp"
#include "limn/ops/pointwise.hpp"

namespace limn_test {

using limn::Cpu;
using limn::Shape;
using Values = limn::Tensor<Cpu, double>;
using Value = limn::Var<Cpu, double>;
using Record = limn::Tape<Cpu>;

inline Values random_tensor(Cpu& device, const Shape& shape, std::uint64_t stream) {
  Values x(device, shape);
  limn::primitive::normal(limn::Philox{7, stream}, 0, 0, 1, x);
  return x;
}

/// A network without parameters.
struct NoParameters {
  void visit(auto&&) {}
};

/// Worst relative gradient error over the inputs and all weights of `network`. `forward(network,
/// vars)` gives one Var. Weights are moved away from their first values, so that no gradient is 0
/// by chance.
template <class Network, class Forward>
limn::GradientCheckResult check_network(Cpu& device, Network& network,
                                        const std::vector<Shape>& shapes, Forward forward,
                                        const limn::GradientCheckOptions& options = {}) {
  limn::ParameterSet<Cpu, double> parameters(device);
  parameters.add("layer", network).allocate(true);
  parameters.initialize(3);
  std::vector<limn::CheckedTensor<Cpu>> checked;
  std::vector<std::vector<double>> states;
  for (auto* p : parameters.parameters()) {
    if (p->role == limn::Role::state) continue;
    const auto noise = random_tensor(device, p->shape, limn::stream_of(p->name));
    limn::primitive::map(limn::Scaled{0.3}, noise, p->value, limn::Write::accumulate);
    checked.push_back({p->name, p->value, [p] { return p->gradient; }});
  }
  std::vector<Values> values;
  std::vector<Value> vars(shapes.size());
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    values.push_back(random_tensor(device, shapes[i], 100 + i));
    checked.push_back({"input " + std::to_string(i), values[i],
                       [&vars, i] { return vars[i].gradient().tensor(); }});
  }
  Values target;
  const auto loss = [&](Record* tape) {
    if (tape) parameters.zero_gradients();
    std::vector<Value> inputs;
    for (const auto& v : values) inputs.push_back(tape ? tape->input(v) : Value(v));
    if (tape) vars = inputs;
    const Value y = forward(network, inputs);
    if (!target.defined()) target = random_tensor(device, y.shape(), 99);
    return limn::mean_loss(limn::LeastSquares{}, y, target);
  };
  return limn::check_gradient<Cpu>(checked, loss, options);
}

}  // namespace limn_test
