// SPDX-License-Identifier: MIT
#include <string>

#include "limn/core/conv_geometry.hpp"

std::string other_unit(const limn::Shape& picture);

std::string other_unit(const limn::Shape& picture) {
  return limn::to_string(limn::reflect_conv(3, 2, 1).output(picture, {64, 3, 3, 3}));
}
