// SPDX-License-Identifier: MIT
// says: limn: a block's normalization needs operator()(x), which takes and gives features
#include "limn/nn/residual_block.hpp"
#include "no_device.hpp"

struct Mine {
#ifdef RIGHT
  limn::Var<NoDevice, float> operator()(const limn::Var<NoDevice, float>& x);
#else
  limn::Tensor<NoDevice, float> operator()(const limn::Var<NoDevice, float>& x);
#endif
  void visit(auto&&) {}
};
using Block = limn::ResidualBlock<NoDevice, float, Mine>;
constexpr auto bytes = sizeof(Block);
