// SPDX-License-Identifier: MIT
// says: limn: a pointwise function needs operator()(x) and derivative(x)
#include "limn/ops/elementwise.hpp"
#include "no_device.hpp"

struct Cube {
  template <class A>
  A operator()(A x) const {
    return x * x * x;
  }
#ifdef RIGHT
  template <class A>
  A derivative(A x) const {
    return 3 * x * x;
  }
#endif
};
auto cubed(const limn::Var<NoDevice, float>& x) { return limn::pointwise(Cube{}, x); }
