// SPDX-License-Identifier: MIT
// says: limn: each layer of a Sequence needs operator()(x), which takes what the layer before it
#include "limn/nn/sequence.hpp"
#include "no_device.hpp"

struct Mine {
  limn::Parameter<NoDevice, float> gain;
  limn::Var<NoDevice, float> operator()(const limn::Var<NoDevice, float>& x);
#ifdef RIGHT
  void visit(auto&& f) { f("gain", gain); }
#endif
};
auto seen(limn::Sequence<Mine, Mine>& net, const limn::Var<NoDevice, float>& x) { return net(x); }
