// SPDX-License-Identifier: MIT
// says: a GAN loss has three members: real, fake and generator, each a pointwise loss
#include "limn/loss/gan_losses.hpp"
#include "no_device.hpp"

struct Mine {
  limn::Against<limn::LeastSquares> real{{}, 1}, fake{{}, 0};
#ifdef RIGHT
  limn::Against<limn::LeastSquares> generator{{}, 1};
#endif
};
auto loss(const limn::Var<NoDevice, float>& x) { return limn::generator_loss(Mine{}, x); }
