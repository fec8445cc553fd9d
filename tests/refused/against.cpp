// SPDX-License-Identifier: MIT
// says: limn: what is taken Against a target must be a pointwise loss, with operator()(x, t)
#include "limn/loss/losses.hpp"

struct Mine {
  double operator()(double x, double t) const { return x * t; }
#ifdef RIGHT
  double derivative(double, double t) const { return t; }
#endif
};
constexpr limn::Against<Mine> loss{{}, 1};
