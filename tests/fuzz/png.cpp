// SPDX-License-Identifier: MIT
#include "picture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // a byte of deflate is at most 1032, each 8 pixels of 1 bit
  fuzz::read_as(limn::PictureKind::png, {data, size}, 90816);
  return 0;
}
