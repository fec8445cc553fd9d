// SPDX-License-Identifier: MIT
// says: limn: a discriminator under a gradient penalty needs operator()(x, how), which gives a Var
#include "limn/loss/gradient_penalty.hpp"
#include "no_device.hpp"

using namespace limn;
struct Mine {
  Var<NoDevice, float> operator()(const Var<NoDevice, float>& x, PowerIteration how);
#ifdef RIGHT
  Dual<NoDevice, float> operator()(const Dual<NoDevice, float>& x, PowerIteration how);
#endif
};
auto penalty(ParameterSet<NoDevice, float>& set, const Tensor<NoDevice, float>& x, Mine& mine) {
  return penalize_gradient(UnitGradient{}, 10, set, x, mine);
}
