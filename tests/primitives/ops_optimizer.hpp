// SPDX-License-Identifier: MIT
// Passes over flat parameters, and random numbers: how they are called, and what they are.
#pragma once

#include <algorithm>
#include <span>

#include "limn/core/primitives/optimizer.hpp"
#include "limn/core/primitives/random.hpp"
#include "reference.hpp"

namespace limn_test {

inline constexpr primitive::AdamRule adam_rule{.beta1 = 0.5, .beta2 = 0.99, .weight_decay = 0.02};
inline constexpr double adam_learning_rate = 0.01;

inline constexpr double adam_average_decay = 0.75;
inline constexpr primitive::Bounds adam_bounds{-0.25, 0.75};

/// The rates of step 3.
template <Scalar P, class D>
Tensor<D, P> adam_rates_on(D& device) {
  const auto rates = primitive::adam_rates(adam_rule, adam_learning_rate, 3, adam_average_decay);
  return made<P>(device, primitive::adam_rates_shape(),
                 {rates.step_size, rates.second_moment_scale, rates.average_rate});
}

/// Variants: 0 plain, 1 with an average, 2 with bounds, 3 with both.
inline bool with_average(const Case& c) { return c.variant % 2 == 1; }
inline bool with_bounds(const Case& c) { return c.variant / 2 == 1; }
inline Operand average_operand(const Case& c) {
  return {with_average(c) ? c.x : Shape{0, 0, 0, 0}, Type::parameter, Role::in_out};
}
template <class D, Scalar P>
primitive::AdamExtras<D, P> adam_extras(const Case& c, const Tensor<D, P>& average) {
  primitive::AdamExtras<D, P> extras{average};
  if (with_bounds(c)) extras.bounds = adam_bounds;
  return extras;
}
/// What follows the update of one weight; `average` is empty where none is kept.
inline void extras_reference(const Case& c, double& w, std::vector<double>& average,
                             std::size_t i) {
  if (with_bounds(c)) w = std::clamp(w, adam_bounds.low, adam_bounds.high);
  if (with_average(c)) average[i] = adam_average_decay * average[i] + (1 - adam_average_decay) * w;
}

/// One weight, by the definition.
inline void adam_reference(double& w, double g, double& m, double& v) {
  const primitive::AdamRule& s = adam_rule;
  g += s.weight_decay * w;
  m = s.beta1 * m + (1 - s.beta1) * g;
  v = s.beta2 * v + (1 - s.beta2) * g * g;
  const double m_hat = m / (1 - s.beta1 * s.beta1 * s.beta1);
  const double v_hat = v / (1 - s.beta2 * s.beta2 * s.beta2);
  w -= adam_learning_rate * m_hat / (std::sqrt(v_hat) + s.epsilon);
}

// second moments are positive; some weights have not been touched yet: both moments 0
inline void prepare_moments(std::vector<double>& m, std::vector<double>& v) {
  for (std::size_t i = 0; i < v.size(); ++i) {
    v[i] = i % 5 == 0 ? 0 : v[i] * v[i] + 0.01;
    if (i % 5 == 0) m[i] = 0;
  }
}

struct AdamOp {
  static constexpr std::string_view name = "adam";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    return {{c.x, Type::parameter, Role::in_out},
            {c.x, Type::parameter},
            {c.x, Type::parameter, Role::in_out},
            {c.x, Type::parameter, Role::in_out},
            average_operand(c)};
  }
  static void prepare(const Case&, Values& v) { prepare_moments(v[2], v[3]); }
  static void reference(const Case& c, Values& v) {
    for (std::size_t i = 0; i < v[0].size(); ++i) {
      adam_reference(v[0][i], v[1][i], v[2][i], v[3][i]);
      extras_reference(c, v[0][i], v[4], i);
    }
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write) {
    const auto rates = adam_rates_on<param_t<T>>(t.p(0).device());
    primitive::adam(adam_rule, rates, t.p(0), t.p(1), t.p(2), t.p(3), adam_extras(c, t.p(4)));
  }
};

/// w, m, v, average, then x and dy of each factor
struct AdamOuterOp {
  static constexpr std::string_view name = "adam_outer";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    Operands o(3, Operand{c.x, Type::parameter, Role::in_out});
    o.push_back(average_operand(c));
    for (Index f = 1; f <= c.count; ++f) {
      o.push_back({{f, c.x.h, c.x.w, c.x.c}});
      o.push_back({{f, 1, 1, c.x.n}});
    }
    return o;
  }
  static void prepare(const Case&, Values& v) { prepare_moments(v[1], v[2]); }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    for (Index row = 0; row < c.x.n; ++row) {
      for (Index column = 0; column < c.x.sample(); ++column) {
        double g = 0;
        for (std::size_t f = 4; f < o.size(); f += 2)
          for (Index n = 0; n < o[f].shape.n; ++n)
            g += view(v, o, f)(n, column) * view(v, o, f + 1)(n, row);
        adam_reference(view(v, o, 0)(row, column), g, view(v, o, 1)(row, column),
                       view(v, o, 2)(row, column));
        extras_reference(c, view(v, o, 0)(row, column), v[3],
                         static_cast<std::size_t>(row * c.x.sample() + column));
      }
    }
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write) {
    std::vector<primitive::Factors<D, T>> factors;
    for (std::size_t f = 0; f < static_cast<std::size_t>(c.count); ++f)
      factors.push_back({t.x(4 + 2 * f), t.x(5 + 2 * f)});
    const auto rates = adam_rates_on<param_t<T>>(t.p(0).device());
    primitive::adam_outer(adam_rule, rates, t.p(0),
                          std::span<const primitive::Factors<D, T>>(factors), t.p(1), t.p(2),
                          adam_extras(c, t.p(3)));
  }
};

struct SumSquaresOp {
  static constexpr std::string_view name = "sum_squares";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    return {{c.x, Type::parameter}, {scalar_shape(), Type::parameter, Role::out}};
  }
  static void reference(const Case&, Values& v) {
    v[1][0] = 0;
    for (const double x : v[0]) v[1][0] += x * x;
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write) {
    primitive::sum_squares(t.p(0), t.p(1));
  }
};

struct AllFiniteOp {
  static constexpr std::string_view name = "all_finite";
  static bool accumulates(const Case&) { return false; }
  static Operands operands(const Case& c) {
    return {{c.x, Type::parameter}, {scalar_shape(), Type::parameter, Role::out}};
  }
  // variants: all finite, infinity among them, NaN, minus infinity as the very last
  static void prepare(const Case& c, Values& v) {
    const double infinity = std::numeric_limits<double>::infinity();
    v[0][0] = 3e38;
    if (c.variant == 1) v[0][v[0].size() / 2] = infinity;
    if (c.variant == 2) v[0][v[0].size() / 2] = std::numeric_limits<double>::quiet_NaN();
    if (c.variant == 3) v[0].back() = -infinity;
  }
  static void reference(const Case& c, Values& v) { v[1][0] = c.variant == 0 ? 1 : 0; }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write) {
    primitive::all_finite(t.p(0), t.p(1));
  }
};

/// variant 0: uniform, 1: normal
struct RandomOp {
  static constexpr std::string_view name = "random";
  static constexpr Philox philox{42, 7};
  static constexpr std::uint64_t first = 3;  // begins inside a counter's four words
  static bool accumulates(const Case&) { return false; }
  /// Normal numbers pass through each device's own logarithm and cosine of floats.
  static double least_tolerance(const Case& c) { return c.variant == 0 ? 0 : 2e-6; }
  static Operands operands(const Case& c) { return {{c.x, Type::activation, Role::out}}; }
  static void reference(const Case& c, Values& v) {
    for (std::size_t i = 0; i < v[0].size(); ++i) {
      const std::uint64_t at = first + i;
      v[0][i] = c.variant == 0 ? -2 + 5 * static_cast<double>(philox.uniform(at))
                               : 0.5 + 0.25 * static_cast<double>(philox.normal(at));
    }
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write) {
    if (c.variant == 0)
      primitive::uniform(philox, first, -2, 3, t.x(0));
    else
      primitive::normal(philox, first, 0.5, 0.25, t.x(0));
  }
};

}  // namespace limn_test
