// SPDX-License-Identifier: MIT
// Fuzzing the readers of pictures: IoError or a whole picture within the limits, in bounded memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "limn/io/read_picture.hpp"
#include "memory_bound.hpp"

namespace fuzz {

/// `per_byte`: bytes of memory that a byte of the file may cost; 0: bounded by the limits alone,
/// beside which the decoder may need `more`.
inline void read_as(limn::PictureKind kind, std::span<const std::uint8_t> bytes,
                    std::size_t per_byte, std::size_t more = 0) {
  if (limn::picture_kind(bytes) != kind) return;
  const limn::ReadLimits limits{.max_pixels = 1'000'000, .max_file_bytes = 1 << 20};
  // what read_picture documents, and what the libraries need for themselves
  std::size_t most = 12 * static_cast<std::size_t>(limits.max_pixels) + more;
  if (per_byte > 0) most = std::min(most, per_byte * bytes.size());
  const MemoryBound bound(most + (std::size_t{1} << 20));
  static const std::filesystem::path path = "input";
  limn::PictureFacts facts;
  try {
    const auto picture = limn::decode_picture(path, bytes, limits, &facts);
    require(picture.width > 0 && picture.height > 0, "there are pixels");
    require(picture.width <= limits.max_pixels / picture.height, "the limit is kept");
    require(picture.pixels.size() == static_cast<std::size_t>(picture.width * picture.height * 3),
            "the pixels are there");
    require(facts.kind == kind, "the kind is told");
    require(facts.orientation >= 1 && facts.orientation <= 8, "the orientation is one");
    require(facts.bits >= 1 && facts.bits <= 16, "the bits are some");
  } catch (const limn::IoError&) {
  }
}

}  // namespace fuzz
