// SPDX-License-Identifier: MIT
#include "picture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // a byte is at most 8 pixels of 1 bit
  fuzz::read_as(limn::PictureKind::bmp, {data, size}, 40);
  return 0;
}
