// SPDX-License-Identifier: MIT
// Compiled with -O2 -ffast-math, as users may.
#include "probe.hpp"

Findings fast(float inf, float nan) { return probe(inf, nan); }

void throw_from_fast() {
  static_cast<void>(limn::reflect_conv(3, 1, 1).output({1, 8, 8, 2}, {8, 3, 3, 3}));
}
