// SPDX-License-Identifier: MIT
#include "picture.hpp"

namespace {

/// Arithmetic codes have no least length: there the limits alone bound the memory.
bool may_be_arithmetic(std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i)
    if (bytes[i] == 0xFF && bytes[i + 1] >= 0xC9 && bytes[i + 1] <= 0xCF && bytes[i + 1] != 0xCC)
      return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A byte is at most 4096 pixels, and 8 blocks of the smallest component: coefficients of 16 times
  // as many of the others. Narrow pictures have blocks beside them: 65500 x 32 coefficients of 4.
  const std::span bytes(data, size);
  fuzz::read_as(limn::PictureKind::jpeg, bytes, may_be_arithmetic(bytes) ? 0 : 1 << 17, 20 << 20);
  return 0;
}
