// SPDX-License-Identifier: MIT
#include "limn/io/gray16_picture.hpp"
#include "picture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // a byte of deflate is at most 1032, each 8 pixels of 1 bit
  constexpr std::size_t per_byte = 90816;
  fuzz::read_as(limn::PictureKind::png, {data, size}, per_byte);
  fuzz::read_bounded({data, size}, per_byte, 0, [&](const auto& path, const auto& limits) {
    const auto picture = limn::decode_gray16(path, {data, size}, limits);
    fuzz::require_extents(picture.width, picture.height, limits, picture.light.size(), 1);
  });
  return 0;
}
