// SPDX-License-Identifier: MIT
// says: limn: a block's attention needs operator()(x), which takes and gives features
#include "limn/nn/residual_block.hpp"
#include "no_device.hpp"

struct Mine {
  limn::Parameter<NoDevice, float> map;
#ifdef RIGHT
  limn::Var<NoDevice, float> operator()(const limn::Var<NoDevice, float>& x);
#endif
  void visit(auto&& f) { f("map", map); }
};
using Block = limn::ResidualBlock<NoDevice, float, limn::NoAttention, Mine>;
constexpr auto bytes = sizeof(Block);
