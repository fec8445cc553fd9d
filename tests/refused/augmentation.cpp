// SPDX-License-Identifier: MIT
// says: limn: an augmentation needs operator()(x, random) const, which takes pictures, a Var<D, T>
#include "limn/train/players.hpp"
#include "no_device.hpp"

using namespace limn;
struct Mine {
#ifdef RIGHT
  Var<NoDevice, float> operator()(const Var<NoDevice, float>& x, const Philox& random) const;
#else
  Var<NoDevice, float> operator()(const Var<NoDevice, float>& x) const;
#endif
};
auto shown(const Turn<NoDevice, float>& turn, const Var<NoDevice, float>& x) {
  return turn.augment(Mine{}, x, "real");
}
