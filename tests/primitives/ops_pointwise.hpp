// SPDX-License-Identifier: MIT
// Functors over elements and sums: how they are called, and what they are.
#pragma once

#include "limn/core/primitives/pointwise.hpp"
#include "reference.hpp"

namespace limn_test {

/// x^2 / 2 + k
struct HalfSquare {
  float k;
  template <class P>
  LIMN_HOST_DEVICE P operator()(P x) const {
    return P(0.5) * x * x + P(k);
  }
};
/// a b - k a
struct Twisted {
  float k;
  template <class P>
  LIMN_HOST_DEVICE P operator()(P a, P b) const {
    return a * b - P(k) * a;
  }
};
/// a^2 b / 2 - k a, and its derivative with respect to a
struct Bent {
  float k;
  template <class P>
  LIMN_HOST_DEVICE P operator()(P a, P b) const {
    return P(0.5) * a * a * b - P(k) * a;
  }
  template <class P>
  LIMN_HOST_DEVICE P derivative(P a, P b) const {
    return a * b - P(k);
  }
};

struct MapOp {
  static constexpr std::string_view name = "map";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{c.x},
            {present(c.extra, scalar_shape()), Type::parameter},
            {c.x, Type::activation, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    for (std::size_t i = 0; i < v[0].size(); ++i)
      v[2][i] = (0.5 * v[0][i] * v[0][i] + 0.75) * (c.extra ? v[1][0] : 1);
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write write) {
    primitive::map(HalfSquare{0.75F}, t.x(0), t.x(2), write, t.p(1));
  }
};

struct Map2Op {
  static constexpr std::string_view name = "map2";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{c.x},
            {c.x},
            {present(c.extra, scalar_shape()), Type::parameter},
            {c.x, Type::activation, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    for (std::size_t i = 0; i < v[0].size(); ++i)
      v[3][i] = (v[0][i] * v[1][i] - 0.75 * v[0][i]) * (c.extra ? v[2][0] : 1);
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write write) {
    primitive::map2(Twisted{0.75F}, t.x(0), t.x(1), t.x(3), write, t.p(2));
  }
};

struct MapReduceOp {
  static constexpr std::string_view name = "map_reduce";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{c.x}, {c.x}, {scalar_shape(), Type::parameter, Role::out}};
  }
  static void reference(const Case&, Values& v) {
    double sum = 0;
    for (std::size_t i = 0; i < v[0].size(); ++i) sum += v[0][i] * v[1][i] - 0.75 * v[0][i];
    v[2][0] = 0.125 * sum;
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write write) {
    primitive::map_reduce(Twisted{0.75F}, t.x(0), t.x(1), 0.125, t.p(2), write);
  }
};

struct MapReduceGradientOp {
  static constexpr std::string_view name = "map_reduce_gradient";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{c.x},
            {c.x},
            {scalar_shape(), Type::parameter, Role::out},
            {c.x, Type::activation, Role::out}};
  }
  static void reference(const Case&, Values& v) {
    double sum = 0;
    for (std::size_t i = 0; i < v[0].size(); ++i) {
      sum += 0.5 * v[0][i] * v[0][i] * v[1][i] - 0.75 * v[0][i];
      v[3][i] = -1.5 * (v[0][i] * v[1][i] - 0.75);
    }
    v[2][0] = 0.125 * sum;
  }
  template <class D, Scalar T>
  static void call(const Case&, const Tensors<D, T>& t, Write write) {
    primitive::map_reduce_gradient(Bent{0.75F}, t.x(0), t.x(1), {0.125, t.p(2), write},
                                   {-1.5, t.x(3), write});
  }
};

struct ReduceOp {
  static constexpr std::string_view name = "reduce";
  static bool accumulates(const Case&) { return true; }
  static Operands operands(const Case& c) {
    return {{c.x}, {c.axes.reduced(c.x), Type::parameter, Role::out}};
  }
  static void reference(const Case& c, Values& v) {
    const Operands o = operands(c);
    const View x = view(v, o, 0), y = view(v, o, 1);
    y.zero();
    each(c.x, [&](Index n, Index h, Index w, Index k) {
      y(c.axes.n ? 0 : n, c.axes.h ? 0 : h, c.axes.w ? 0 : w, c.axes.c ? 0 : k) += x(n, h, w, k);
    });
  }
  template <class D, Scalar T>
  static void call(const Case& c, const Tensors<D, T>& t, Write write) {
    primitive::reduce(c.axes, t.x(0), t.p(1), write);
  }
};

/// map and map2: a result that takes the place of an operand is what it would be elsewhere.
template <class D>
void check_maps_in_place() {
  for (const auto& group : Modes<D>::groups()) {
    for (const auto& mode : group.modes) {
      const auto device = mode.open(false);
      const Case c{.primitive = "map2", .x = {1, 5, 7, 3}};
      const Operands operands = Map2Op::operands(c);
      const auto t = make_tensors<float>(*device, operands, random_values<Map2Op>(c, operands, 1));
      Map2Op::call(c, t, Write::overwrite);
      const auto expected = read(t.x(3));
      primitive::map2(Twisted{0.75F}, t.x(0), t.x(1), t.x(1), Write::overwrite, t.p(2));
      CHECK(same(read(t.x(1)), expected));
      primitive::map(HalfSquare{0.75F}, t.x(0), t.x(3));
      primitive::map(HalfSquare{0.75F}, t.x(0), t.x(0));
      CHECK(same(read(t.x(0)), read(t.x(3))));
    }
  }
}

/// map_reduce_gradient: the value is map_reduce's to the byte, the gradient is the slope between
/// sums of neighbours, and of the two either may accumulate alone.
template <class D>
void check_sum_and_gradient() {
  for (const auto& group : Modes<D>::groups()) {
    for (const auto& mode : group.modes) {
      const auto device = mode.open(false);
      const Case c{.primitive = "map_reduce_gradient", .x = {1, 9, 7, 5}};
      const Operands operands = MapReduceGradientOp::operands(c);
      const auto t = make_tensors<double>(*device, operands,
                                          random_values<MapReduceGradientOp>(c, operands, 1));
      const Tensor<D, double> sum(*device, scalar_shape()), dx(*device, c.x);
      const auto value_at = [&](const Tensor<D, double>& x) {
        primitive::map_reduce(Bent{0.75F}, x, t.x(1), 1, sum);
        return read(sum)[0];
      };
      const double value = value_at(t.x(0));
      primitive::map_reduce_gradient(Bent{0.75F}, t.x(0), t.x(1), {1, sum}, {1, dx});
      CHECK(read(sum)[0] == value);
      const auto gradient = read(dx), x = read(t.x(0));
      const Tensor<D, double> moved(*device, c.x);
      for (const std::size_t i : {std::size_t{0}, std::size_t{17}, x.size() - 1}) {
        const auto at = [&](double by) {
          auto v = x;
          v[i] += by;
          moved.upload(v);
          return value_at(moved);
        };
        CHECK(gradient[i] == doctest::Approx((at(1e-5) - at(-1e-5)) / 2e-5).epsilon(1e-7));
      }
      primitive::map_reduce_gradient(Bent{0.75F}, t.x(0), t.x(1), {1, sum}, {1, dx});
      primitive::map_reduce_gradient(Bent{0.75F}, t.x(0), t.x(1), {1, sum, Write::accumulate},
                                     {1, dx});
      CHECK(read(sum)[0] == 2 * value);
      CHECK(same(read(dx), gradient));
      primitive::map_reduce_gradient(Bent{0.75F}, t.x(0), t.x(1), {1, sum},
                                     {1, dx, Write::accumulate});
      CHECK(read(sum)[0] == value);
      auto twice = gradient;
      for (double& g : twice) g *= 2;
      CHECK(same(read(dx), twice));
    }
  }
}

}  // namespace limn_test
