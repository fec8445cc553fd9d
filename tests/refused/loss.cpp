// SPDX-License-Identifier: MIT
// says: limn: a pointwise loss needs operator()(x, t) and derivative(x, t)
#include "limn/loss/losses.hpp"
#include "no_device.hpp"

struct Mine {
  template <class A>
  A operator()(A x, A t) const {
    return x * t;
  }
#ifdef RIGHT
  template <class A>
  A derivative(A, A t) const {
    return t;
  }
#endif
};
auto loss(const limn::Var<NoDevice, float>& x) { return limn::mean_loss(Mine{}, x, x.value()); }
