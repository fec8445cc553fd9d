// SPDX-License-Identifier: MIT
// Gradients in double: what a backward primitive says against central differences of its forward,
// along random directions, through a random projection of the result.
#pragma once

#include <utility>

#include "limn/core/primitives/affine.hpp"
#include "ops_affine.hpp"
#include "ops_convolution.hpp"
#include "ops_distortion.hpp"
#include "ops_pooling.hpp"

namespace limn_test {

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
inline std::vector<double> normals(std::size_t count, std::uint64_t stream) {
  std::vector<double> v;
  for (std::size_t i = 0; i < count; ++i)
    v.push_back(static_cast<double>(Philox{99, stream}.normal(i)));
  return v;
}

/// loss(x) changes along a random direction as `gradient` says, to 1e-6.
template <class Loss>
void check_direction(const Loss& loss, const std::vector<double>& x,
                     const std::vector<double>& gradient) {
  REQUIRE(x.size() == gradient.size());
  for (std::uint64_t stream = 1; stream < 4; ++stream) {
    const auto direction = normals(x.size(), stream);
    const double step = 1e-5;
    auto forth = x, back = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      forth[i] += step * direction[i];
      back[i] -= step * direction[i];
    }
    const double numeric = (loss(forth) - loss(back)) / (2 * step);
    // a gradient can vanish (one channel: the layer's statistics are the instance's)
    const double size = std::max({1e-3, std::abs(numeric), std::sqrt(dot(gradient, gradient))});
    CHECK(std::abs(numeric - dot(gradient, direction)) <= 1e-6 * size);
  }
}

/// How a backward belongs to a forward, by numbers of operands.
struct Link {
  std::size_t input, output;  ///< of the forward: differentiated by, projected
  std::size_t dy, gradient;   ///< of the backward
  std::vector<std::pair<std::size_t, std::size_t>> shared;  ///< forward's to backward's
  std::vector<std::size_t> zero{};                          ///< of the backward
};

/// In one mode of the device.
template <class D, class Operation>
Values run_double(const Case& c, const Values& v) {
  return run_once<Operation, double>(c, Operation::operands(c), v, Write::overwrite,
                                     Modes<D>::groups().back().modes.back());
}

template <class D, class Forward, class Backward>
void check_link(const Link& link) {
  int checked = 0;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const Case& c = table[row];
    if (c.primitive != Backward::name) continue;
    // so many values come near a kink that the differences cross it; smaller rows have the kinks
    if (c.x.size() > 16384 && c.activation != tanh_ && c.activation != none) continue;
    CAPTURE(std::string(c.primitive));
    CAPTURE(row);
    const Operands operands = Forward::operands(c);
    if (operands[link.input].shape.n == 0) continue;
    ++checked;
    // without the forward's `prepare`: continuous values
    Values inputs;
    for (std::size_t k = 0; k < operands.size(); ++k)
      inputs.push_back(normals(static_cast<std::size_t>(operands[k].shape.size()), 100 + k));
    const Values outputs = run_double<D, Forward>(c, inputs);
    const auto projection = normals(outputs[link.output].size(), 50);

    const Operands back = Backward::operands(c);
    Values v = random_values<Backward>(c, back, row);
    for (const auto& [from, to] : link.shared)  // an absent one counts as zero
      v[to] = outputs[from].empty() ? std::vector<double>(v[to].size()) : outputs[from];
    for (const std::size_t k : link.zero) std::fill(v[k].begin(), v[k].end(), 0.0);
    v[link.dy] = projection;
    const auto all = run_double<D, Backward>(c, v)[link.gradient];
    // what all samples share has the sum of their gradients
    std::vector<double> gradient(inputs[link.input].size());
    for (std::size_t i = 0; i < all.size(); ++i) gradient[i % gradient.size()] += all[i];

    check_direction(
        [&](const std::vector<double>& x) {
          Values moved = inputs;
          moved[link.input] = x;
          return dot(projection, run_double<D, Forward>(c, moved)[link.output]);
        },
        inputs[link.input], gradient);
  }
  CHECK(checked > 0);
}

/// moments, coefficients and affine as one function of the picture and its parameters.
template <class D>
struct Normalized {
  const Case& c;
  std::unique_ptr<D> opened = Modes<D>::groups().back().modes.back().open(false);
  D& device = *opened;
  Tensor<D, double> x, a, b, mean, m2;
  primitive::NormOperands<D, double> operands{};

  explicit Normalized(const Case& row) : c(row) {
    x = Tensor<D, double>(device, c.x);
    for (auto* t : {&a, &b, &mean, &m2}) *t = Tensor<D, double>(device, c.x.per_channel());
  }
  std::vector<double> operator()(const Values& v) {  // picture, rho, gamma, beta
    const Operands shapes = norm_operands(c);
    x.upload(v[0]);
    operands = {mean,
                m2,
                c.x.area(),
                made<double>(device, shapes[2].shape, v[1]),
                made<double>(device, shapes[3].shape, v[2]),
                made<double>(device, shapes[4].shape, v[3])};
    primitive::moments(x, mean, m2);
    primitive::norm_coefficients(c.norm, operands, a, b);
    Tensor<D, double> y(device, c.x);
    primitive::affine_forward(x, a, b, c.activation, {}, y);
    return y.download();
  }
};

/// Gradients through the statistics.
template <class D>
void check_norm_gradients() {
  for (std::size_t row = 0; row < table.size(); ++row) {
    const Case& c = table[row];
    if (c.primitive != "norm_coefficients_backward") continue;
    CAPTURE(row);
    Normalized<D> forward(c);
    const Operands shapes = norm_operands(c);
    Values v{normals(static_cast<std::size_t>(c.x.size()), 1)};
    for (std::size_t k = 2; k < 5; ++k)
      v.push_back(normals(static_cast<std::size_t>(shapes[k].shape.size()), k));
    const auto projection = normals(forward(v).size(), 50);

    D& device = forward.device;
    const auto channels = [&] { return Tensor<D, double>(device, c.x.per_channel()); };
    const auto dy = made<double>(device, c.x, projection);
    const auto s1 = channels(), s2 = channels(), p = channels(), q = channels();
    primitive::NormGradients<D, double> gradients;
    Values d(4);
    Tensor<D, double>* parameters[]{&gradients.rho, &gradients.gamma, &gradients.beta};
    for (std::size_t k = 0; k < 3; ++k)
      *parameters[k] =
          made<double>(device, shapes[k + 2].shape, std::vector<double>(v[k + 1].size()));
    primitive::affine_backward_sums(dy, forward.x, forward.a, forward.b, c.activation, s1, s2);
    primitive::norm_coefficients_backward(c.norm, forward.operands, s1, s2, p, q, gradients);
    const Tensor<D, double> dx(device, c.x);
    primitive::affine_backward_data(dy, forward.x, forward.a, forward.b, c.activation, p, q, dx,
                                    Write::overwrite);
    d[0] = dx.download();
    for (std::size_t k = 0; k < 3; ++k) d[k + 1] = read(*parameters[k]);

    for (std::size_t k = 0; k < 4; ++k) {
      if (v[k].empty() || (k > 0 && shapes[k + 1].shape.n == 0)) continue;
      CAPTURE(k);
      check_direction(
          [&](const std::vector<double>& values) {
            Values moved = v;
            moved[k] = values;
            return dot(projection, forward(moved));
          },
          v[k], d[k]);
    }
  }
}

/// Every backward primitive against its forward.
template <class D>
void check_gradients() {
  check_link<D, ConvForwardOp, ConvBackwardDataOp>({0, 3, 0, 2, {{1, 1}}});
  check_link<D, ConvForwardOp, ConvBackwardWeightsOp>({1, 3, 1, 2, {{0, 0}}});
  check_link<D, AffineForwardOp, AffineBackwardOp>({0, 4, 0, 6, {{0, 1}, {1, 2}, {2, 3}}, {4, 5}});
  // of b and a
  check_link<D, AffineForwardOp, AffineSumsOp>({2, 4, 0, 4, {{0, 1}, {1, 2}, {2, 3}}});
  check_link<D, AffineForwardOp, AffineSumsOp>({1, 4, 0, 5, {{0, 1}, {1, 2}, {2, 3}}});
  check_link<D, PoolAverageOp, PoolAverageBackwardOp>({0, 1, 0, 1, {}});
  check_link<D, PoolMaxOp, PoolMaxBackwardOp>({0, 1, 0, 2, {{2, 1}}});
  check_link<D, PadOp, PadBackwardOp>({0, 1, 0, 1, {}});
  check_link<D, ResizeOp, ResizeBackwardOp>({0, 1, 0, 1, {}});
  check_link<D, DistortOp, DistortBackwardOp>({1, 2, 1, 2, {{0, 0}}});
  check_norm_gradients<D>();
}

}  // namespace limn_test
