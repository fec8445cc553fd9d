// SPDX-License-Identifier: MIT
// says: limn: a generator needs operator()(z), which takes a Var<D, T> and gives pictures
#include "limn/train/made_pictures.hpp"
#include "no_device.hpp"

struct Mine {
#ifdef RIGHT
  limn::Var<NoDevice, float> operator()(const limn::Var<NoDevice, float>& z);
#endif
};
auto sheet(NoDevice& device, Mine& mine) { return limn::noise_sheet<float>(device, mine, 8); }
