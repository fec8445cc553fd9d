// SPDX-License-Identifier: MIT
// says: limn: a translator needs operator()(x), which takes pictures, a Var<D, T>, and gives
#include "limn/train/made_pictures.hpp"
#include "no_device.hpp"

using namespace limn;
struct Mine {
#ifdef RIGHT
  Var<NoDevice, float> operator()(const Var<NoDevice, float>& x);
#else
  Tensor<NoDevice, float> operator()(const Var<NoDevice, float>& x);
#endif
};
auto samples(NoDevice& device, const DataSource& source, Mine& there, Mine& back) {
  return translated_samples<float>(device, source, there, back);
}
