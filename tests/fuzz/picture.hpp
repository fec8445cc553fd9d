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

/// read(path, limits) of a picture's bytes. `per_byte`: bytes of memory that a byte of the file may
/// cost; 0: bounded by the limits alone, beside which the decoder may need `more`.
template <class Read>
void read_bounded(std::span<const std::uint8_t> bytes, std::size_t per_byte, std::size_t more,
                  Read&& read) {
  const limn::ReadLimits limits{.max_pixels = 1'000'000, .max_file_bytes = 1 << 20};
  // what read_picture documents, and what the libraries need for themselves
  std::size_t most = 12 * static_cast<std::size_t>(limits.max_pixels) + more;
  if (per_byte > 0) most = std::min(most, per_byte * bytes.size());
  const MemoryBound bound(most + (std::size_t{1} << 20));
  static const std::filesystem::path path = "input";
  try {
    read(path, limits);
  } catch (const limn::IoError&) {
  }
}

inline void require_extents(limn::Index width, limn::Index height, const limn::ReadLimits& limits,
                            std::size_t values, limn::Index channels) {
  require(width > 0 && height > 0, "there are pixels");
  require(width <= limits.max_pixels / height, "the limit is kept");
  require(values == static_cast<std::size_t>(width * height * channels), "the pixels are there");
}

inline void read_as(limn::PictureKind kind, std::span<const std::uint8_t> bytes,
                    std::size_t per_byte, std::size_t more = 0) {
  if (limn::picture_kind(bytes) != kind) return;
  read_bounded(bytes, per_byte, more, [&](const auto& path, const limn::ReadLimits& limits) {
    limn::PictureFacts facts;
    const auto picture = limn::decode_picture(path, bytes, limits, &facts);
    require_extents(picture.width, picture.height, limits, picture.pixels.size(), 3);
    require(facts.kind == kind, "the kind is told");
    require(facts.orientation >= 1 && facts.orientation <= 8, "the orientation is one");
    require(facts.bits >= 1 && facts.bits <= 16, "the bits are some");
  });
}

}  // namespace fuzz
