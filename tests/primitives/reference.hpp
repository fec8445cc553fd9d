// SPDX-License-Identifier: MIT
// What the naive references share: values in double, and plain loops over positions.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "run.hpp"

namespace limn_test {

/// Values seen as a tensor.
struct View {
  std::vector<double>& values;
  Shape shape;

  double& operator()(Index n, Index h, Index w, Index c) const {
    return values[static_cast<std::size_t>(((n * shape.h + h) * shape.w + w) * shape.c + c)];
  }
  /// Row n, column i of a matrix; one row may stand for all.
  double& operator()(Index n, Index i) const {
    return values[static_cast<std::size_t>((shape.n == 1 ? 0 : n) * shape.sample() + i)];
  }
  [[nodiscard]] bool absent() const { return shape.n == 0; }
  /// The value of an optional operand.
  [[nodiscard]] double or_else(Index n, Index i, double missing) const {
    return absent() ? missing : (*this)(n, i);
  }
  void zero() const { std::fill(values.begin(), values.end(), 0.0); }
};

inline View view(Values& v, const Operands& operands, std::size_t k) {
  return {v[k], operands[k].shape};
}

/// body(n, h, w, c) for all positions.
template <class Body>
void each(const Shape& s, const Body& body) {
  for (Index n = 0; n < s.n; ++n)
    for (Index h = 0; h < s.h; ++h)
      for (Index w = 0; w < s.w; ++w)
        for (Index c = 0; c < s.c; ++c) body(n, h, w, c);
}

inline double activated(const Activation& f, double x) {
  switch (f.kind) {
    case Activation::Kind::relu:
      return std::max(x, 0.0);
    case Activation::Kind::leaky_relu:
      return x > 0 ? x : x * static_cast<double>(f.slope);
    case Activation::Kind::tanh:
      return std::tanh(x);
    default:
      return x;
  }
}
inline double slope_at(const Activation& f, double x) {
  switch (f.kind) {
    case Activation::Kind::relu:
      return x > 0 ? 1 : 0;
    case Activation::Kind::leaky_relu:
      return x > 0 ? 1 : static_cast<double>(f.slope);
    case Activation::Kind::tanh:
      return 1 - std::tanh(x) * std::tanh(x);
    default:
      return 1;
  }
}

inline constexpr Shape absent{0, 1, 1, 1};
inline constexpr Shape present(bool here, const Shape& s) { return here ? s : absent; }

/// Mean and centred second moment of one channel of one sample.
struct Moments {
  double mean = 0, m2 = 0;
};
inline Moments moments_of(const View& x, Index n, Index c) {
  Moments m;
  const Shape& s = x.shape;
  for (Index h = 0; h < s.h; ++h)
    for (Index w = 0; w < s.w; ++w) m.mean += x(n, h, w, c) / static_cast<double>(s.area());
  for (Index h = 0; h < s.h; ++h)
    for (Index w = 0; w < s.w; ++w) m.m2 += std::pow(x(n, h, w, c) - m.mean, 2);
  return m;
}

}  // namespace limn_test
