// SPDX-License-Identifier: MIT
// What a user's first file may look like: the library's vocabulary from one translation unit, and
// from another.
#include <cstdio>
#include <string>

#include "limn/core/config.hpp"
#include "limn/core/conv_geometry.hpp"
#include "limn/core/shape.hpp"

std::string other_unit(const limn::Shape& picture);

int main() {
  const limn::Shape picture{1, 256, 256, 3};
  const limn::Shape features = limn::reflect_conv(3, 2, 1).output(picture, {64, 3, 3, 3});
  const std::string here = limn::to_string(features);
  std::printf("limn %s: %s %s\n", LIMN_VERSION, here.c_str(), other_unit(picture).c_str());
  return here == "(1,128,128,64)" && other_unit(picture) == here ? 0 : 1;
}
