// SPDX-License-Identifier: MIT
// What a picture file may ask for before it is believed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/file.hpp"
#include "limn/io/picture_facts.hpp"

namespace limn::inline v0 {

/// Bounds for reading pictures.
struct ReadLimits {
  /// Width times height.
  Index max_pixels = 100'000'000;
  /// Bytes of the file.
  Index max_file_bytes = Index{1} << 29;
};

namespace detail {

/// The bytes of a picture file, whom to blame, and where to say what was met.
struct PictureSource {
  const std::filesystem::path& path;
  std::span<const std::uint8_t> bytes;
  const ReadLimits& limits;
  PictureFacts& facts;

  [[noreturn]] void fail(const std::string& reason) const {
    throw IoError(path.string() + ": " + reason);
  }

  /// Refuses extents that are not positive or beyond the limit, before memory is asked for.
  void check_extents(Index width, Index height) const {
    if (width <= 0 || height <= 0) fail("a picture without pixels");
    if (width > limits.max_pixels / height)
      fail("the header says " + extents(width, height) + " pixels, the limit is " +
           std::to_string(limits.max_pixels));
  }

  /// Refuses extents whose least possible number of bytes is more than the file has.
  void check_payload(Index width, Index height, Index least_bytes) const {
    if (least_bytes > static_cast<Index>(bytes.size()))
      fail("truncated: the header says " + extents(width, height) + " pixels, more than " +
           std::to_string(bytes.size()) + " bytes can hold");
  }

  static std::string extents(Index width, Index height) {
    return std::to_string(width) + "x" + std::to_string(height);
  }
};

/// The bytes of a picture file; where the first ones are of no kind that can be read, those alone:
/// what is no picture may be of any size. Throws IoError.
[[nodiscard]] inline std::vector<std::uint8_t> picture_bytes(const std::filesystem::path& path,
                                                             const ReadLimits& limits) {
  const InputFile file(path);
  if (file.size() == 0) throw IoError(path.string() + ": the file is empty");
  std::vector<std::uint8_t> head(static_cast<std::size_t>(std::min<Index>(file.size(), 12)));
  file.read(0, head.data(), static_cast<Index>(head.size()));
  if (picture_kind(head) == PictureKind::unknown) return head;
  if (file.size() > limits.max_file_bytes)
    throw IoError(path.string() + ": " + std::to_string(file.size()) +
                  " bytes are too large for a picture, the limit is " +
                  std::to_string(limits.max_file_bytes));
  try {
    return file.read_all();
  } catch (const std::bad_alloc&) {
    throw IoError(path.string() + ": not enough memory for this picture");
  }
}

/// Alpha over white: `value` covers the share alpha / 255.
[[nodiscard]] constexpr std::uint8_t on_white(unsigned value, unsigned alpha) {
  return static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

}  // namespace detail

}  // namespace limn::inline v0
