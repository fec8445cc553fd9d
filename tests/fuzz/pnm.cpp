// SPDX-License-Identifier: MIT
#include "picture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // a byte is at most a pixel
  fuzz::read_as(limn::PictureKind::pnm, {data, size}, 8);
  return 0;
}
