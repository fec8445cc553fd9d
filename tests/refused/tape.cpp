// SPDX-License-Identifier: MIT
// says: limn: this device computes forwards alone; what learns needs one with tapes, as Cpu
#include "limn/autograd/tape.hpp"
#include "no_device.hpp"

struct Mine : NoDevice {
#ifndef RIGHT
  static constexpr bool forwards_alone = true;
#endif
};
inline void learn() { limn::Tape<Mine> tape; }
