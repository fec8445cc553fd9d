// SPDX-License-Identifier: MIT
#include <cstdio>

#include "parts.hpp"

int main() {
  Values survivor;
  float total = 0;
  {
    limn::Cpu device({.threads = 3});
    survivor = counted(device, 1000);
    total = sum(survivor);
  }
  survivor = {};
  bool caught = false;
  try {
    throw_shape_error();
  } catch (const limn::ShapeError&) {
    caught = true;
  }
  std::printf("limn %s: sum %.0f, %s\n", LIMN_VERSION, static_cast<double>(total),
              caught ? "caught" : "not caught");
  return total == 499500.0F && caught ? 0 : 1;
}
