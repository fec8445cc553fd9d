// SPDX-License-Identifier: MIT
// How a row of the table is run: operands are made from a seed, rounded to their types, and the
// outputs compared with the reference, for every scalar type and every way to open the device,
// overwriting poison and adding to noise, and on a dry device.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "limn/core/random.hpp"
#include "table.hpp"

namespace limn_test {

using Values = std::vector<std::vector<double>>;  ///< per operand, row-major

enum class Role { in, out, in_out };
enum class Type { activation, parameter, position };

/// An operand of an operation; of extent n = 0: absent (an undefined tensor).
struct Operand {
  Shape shape;
  Type type = Type::activation;
  Role role = Role::in;
};
using Operands = std::vector<Operand>;

/// The operands as tensors; of the three vectors one holds operand k.
template <class D, Scalar T>
struct Tensors {
  std::vector<Tensor<D, T>> activations;
  std::vector<Tensor<D, param_t<T>>> parameters;
  std::vector<Tensor<D, std::int32_t>> positions;

  [[nodiscard]] const Tensor<D, T>& x(std::size_t k) const { return activations[k]; }
  [[nodiscard]] const Tensor<D, param_t<T>>& p(std::size_t k) const { return parameters[k]; }
  [[nodiscard]] const Tensor<D, std::int32_t>& i(std::size_t k) const { return positions[k]; }
};

template <class V>
V rounded(double value) {
  if constexpr (std::same_as<V, bfloat16>)
    return bfloat16(static_cast<float>(value));
  else
    return static_cast<V>(value);
}
template <class V>
double widened(V value) {
  if constexpr (std::same_as<V, bfloat16>)
    return static_cast<double>(static_cast<float>(value));
  else
    return static_cast<double>(value);
}

template <class V, class D>
Tensor<D, V> made(D& device, const Shape& shape, const std::vector<double>& values) {
  if (shape.n == 0) return {};
  Tensor<D, V> tensor(device, shape);
  std::vector<V> host;
  for (const double v : values) host.push_back(rounded<V>(v));
  tensor.upload(host);
  return tensor;
}
template <class D, class V>
std::vector<double> read(const Tensor<D, V>& tensor) {
  std::vector<double> values;
  if (tensor.defined())
    for (const V v : tensor.download()) values.push_back(widened(v));
  return values;
}

template <Scalar T, class D>
Tensors<D, T> make_tensors(D& device, const Operands& operands, const Values& values) {
  Tensors<D, T> t;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const Operand& o = operands[k];
    const Shape missing{0, 0, 0, 0};
    const auto shape_if = [&](Type type) { return o.type == type ? o.shape : missing; };
    t.activations.push_back(made<T>(device, shape_if(Type::activation), values[k]));
    t.parameters.push_back(made<param_t<T>>(device, shape_if(Type::parameter), values[k]));
    t.positions.push_back(made<std::int32_t>(device, shape_if(Type::position), values[k]));
  }
  return t;
}

template <class D, Scalar T>
std::vector<double> read_operand(const Tensors<D, T>& t, const Operands& operands, std::size_t k) {
  if (operands[k].type == Type::activation) return read(t.x(k));
  if (operands[k].type == Type::parameter) return read(t.p(k));
  return read(t.i(k));
}

/// Normal values; `prepare` of the operation makes them what it needs (positive, indices).
template <class Operation>
Values random_values(const Case& c, const Operands& operands, std::uint64_t seed) {
  Values values;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const Philox philox{seed, k};
    std::vector<double> v;
    for (Index i = 0; i < operands[k].shape.size(); ++i)
      v.push_back(static_cast<double>(philox.normal(static_cast<std::uint64_t>(i))));
    values.push_back(std::move(v));
  }
  if constexpr (requires { Operation::prepare(c, values); }) Operation::prepare(c, values);
  return values;
}

/// As the operands' types hold them.
template <Scalar T>
Values rounded_values(const Operands& operands, Values values) {
  for (std::size_t k = 0; k < operands.size(); ++k)
    for (double& v : values[k])
      v = operands[k].type == Type::activation ? widened(rounded<T>(v))
                                               : widened(rounded<param_t<T>>(v));
  return values;
}

/// The largest deviation that the type of a result excuses, relative to the largest result.
template <Scalar T>
double tolerance(Type type, double bf16_tolerance) {
  if (type == Type::position) return 0;
  if (std::same_as<T, double>) return 1e-12;
  if (std::same_as<T, float>) return 5e-6;
  return type == Type::activation ? std::max(1e-2, bf16_tolerance) : std::max(5e-6, bf16_tolerance);
}

template <class Operation>
constexpr double bf16_tolerance() {
  if constexpr (requires { Operation::bf16_tolerance; }) return Operation::bf16_tolerance;
  return 0;
}

/// What an operation's definition leaves open in every type: static double least_tolerance(c).
template <class Operation>
double least_tolerance(const Case& c) {
  if constexpr (requires { Operation::least_tolerance(c); }) return Operation::least_tolerance(c);
  return 0;
}

/// One way to open a device.
template <class D>
struct Mode {
  std::string name;
  std::function<std::unique_ptr<D>(bool dry)> open;
};
/// Modes that must give the same bytes: threads, orders, repetitions.
template <class D>
struct ModeGroup {
  std::string name;
  std::vector<Mode<D>> modes;
};
/// Specialized for each device: static std::vector<ModeGroup<D>> groups(), and static
/// std::vector<std::string> missing(): what this machine cannot run, by name.
template <class D>
struct Modes;

/// Runs on a new device and returns all operands as they are afterwards.
template <class Operation, Scalar T, class D>
Values run_once(const Case& c, const Operands& operands, const Values& values, Write write,
                const Mode<D>& mode) {
  const auto device = mode.open(false);
  const auto tensors = make_tensors<T>(*device, operands, values);
  Operation::call(c, tensors, write);
  Values after;
  for (std::size_t k = 0; k < operands.size(); ++k)
    after.push_back(read_operand(tensors, operands, k));
  return after;
}

/// The same bits, so that NaN equals itself.
inline bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// One row, one type, one way of writing, every mode of the device.
template <class D, class Operation, Scalar T>
void check_against_reference(const Case& c, std::uint64_t seed, Write write) {
  const Operands operands = Operation::operands(c);
  const Values inputs = rounded_values<T>(operands, random_values<Operation>(c, operands, seed));
  Values expected = inputs;
  if constexpr (requires { Operation::reference(c, expected, write); })
    Operation::reference(c, expected, write);  // keeps part of an operand, whatever `write` is
  else
    Operation::reference(c, expected);
  Values before = inputs;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (operands[k].role != Role::out) continue;
    for (std::size_t i = 0; i < before[k].size(); ++i) {
      if (write == Write::accumulate)
        expected[k][i] += before[k][i];  // its random values are the noise
      else
        before[k][i] =
            operands[k].type == Type::position ? -1 : std::numeric_limits<double>::quiet_NaN();
    }
  }
  for (const auto& group : Modes<D>::groups()) {
    CAPTURE(group.name);
    std::vector<Values> results;
    for (const auto& mode : group.modes)
      results.push_back(run_once<Operation, T>(c, operands, before, write, mode));
    const Values& one = results.front();
    for (std::size_t k = 0; k < operands.size(); ++k) {
      CAPTURE(k);
      for (std::size_t i = 1; i < results.size(); ++i)
        CHECK_MESSAGE(same(one[k], results[i][k]), group.modes.front().name, " and ",
                      group.modes[i].name, " must give the same bytes");
      if (operands[k].role == Role::in) {
        CHECK_MESSAGE(same(one[k], before[k]), "an input was written");
        continue;
      }
      double largest = 1, worst = 0;
      for (const double v : expected[k]) largest = std::max(largest, std::abs(v));
      for (std::size_t i = 0; i < one[k].size(); ++i) {
        const double distance = std::abs(one[k][i] - expected[k][i]) / largest;
        worst = std::max(worst, distance == distance ? distance : 1e300);  // NaN: poison is left
      }
      CHECK(worst <= std::max(tolerance<T>(operands[k].type, bf16_tolerance<Operation>()),
                              least_tolerance<Operation>(c)));
    }
  }
}

/// A dry device counts the call, serves the same memory, computes nothing and has no data.
template <class D, class Operation, Scalar T>
void check_dry(const Case& c, std::uint64_t seed) {
  const Operands operands = Operation::operands(c);
  const Values values = random_values<Operation>(c, operands, seed);
  const auto groups = Modes<D>::groups();
  const auto open = [&](bool is_dry) { return groups.back().modes.front().open(is_dry); };
  const auto opened = open(false), opened_dry = open(true);
  D &real = *opened, &dry = *opened_dry;
  const auto planned = make_tensors<T>(dry, operands, values);
  const auto tensors = make_tensors<T>(real, operands, values);
  Operation::call(c, planned, Write::overwrite);
  Operation::call(c, tensors, Write::overwrite);
  CHECK(dry.work().calls == 1);
  CHECK(dry.work().bytes > 0);
  CHECK(dry.work().multiply_adds == real.work().multiply_adds);
  CHECK(dry.work().bytes == real.work().bytes);
  CHECK(dry.memory().peak == real.memory().peak);
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (operands[k].shape.n > 0)
      CHECK_THROWS_AS((void)read_operand(planned, operands, k), DeviceError);
}

template <class D, class Operation, Scalar T>
void check_row(const Case& c, std::uint64_t seed) {
  CAPTURE(std::string(precision_name<T>()));
  check_against_reference<D, Operation, T>(c, seed, Write::overwrite);
  if (Operation::accumulates(c))
    check_against_reference<D, Operation, T>(c, seed, Write::accumulate);
  check_dry<D, Operation, T>(c, seed);
}

/// All rows of an operation in all modes and types; modes that are missing are named.
template <class D, class Operation>
void check_operation() {
  for (const std::string& missing : Modes<D>::missing())
    MESSAGE("not run: ", std::string(Operation::name), " on ", missing);
  int rows = 0;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const Case& c = table[row];
    if (c.primitive != Operation::name) continue;
    ++rows;
    CAPTURE(std::string(c.primitive));
    CAPTURE(row);
    CAPTURE(to_string(c.x));
    check_row<D, Operation, float>(c, row + 1);
#if !defined(LIMN_TEST_ONE_TYPE)
    check_row<D, Operation, double>(c, row + 1);
    check_row<D, Operation, bfloat16>(c, row + 1);
#endif
  }
  CHECK(rows > 0);
}

}  // namespace limn_test
