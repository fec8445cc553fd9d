// SPDX-License-Identifier: MIT
// Reading pictures: PNG, JPEG, BMP, PPM and PGM, told apart by their content.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <new>
#include <span>
#include <string>

#include "limn/core/error.hpp"
#include "limn/io/bmp_reader.hpp"
#include "limn/io/file.hpp"
#include "limn/io/jpeg_reader.hpp"
#include "limn/io/picture.hpp"
#include "limn/io/picture_limits.hpp"
#include "limn/io/png_reader.hpp"
#include "limn/io/pnm_reader.hpp"

namespace limn::inline v0 {

/// The kinds of picture files that can be read.
enum class PictureKind { unknown, png, jpeg, bmp, pnm };

/// The kind, by the first bytes (8 are enough).
[[nodiscard]] constexpr PictureKind picture_kind(std::span<const std::uint8_t> b) {
  if (b.size() >= 4 && b[0] == 0x89 && b[1] == 'P' && b[2] == 'N' && b[3] == 'G')
    return PictureKind::png;
  if (b.size() >= 3 && b[0] == 0xFF && b[1] == 0xD8 && b[2] == 0xFF) return PictureKind::jpeg;
  if (b.size() >= 2 && b[0] == 'B' && b[1] == 'M') return PictureKind::bmp;
  if (b.size() >= 3 && b[0] == 'P' && (b[1] == '2' || b[1] == '3' || b[1] == '5' || b[1] == '6') &&
      (b[2] == ' ' || b[2] == '#' || (b[2] >= '\t' && b[2] <= '\r')))
    return PictureKind::pnm;
  return PictureKind::unknown;
}

/// Reads a picture as RGB, 8 bits: gray is repeated, alpha lies on white, 16 bits are scaled,
/// palettes and CMYK are converted, photographs stand upright. Throws IoError, one sentence with
/// path and reason, for anything but a whole picture within the limits. Memory stays in proportion
/// to what the file can hold and below about 11 bytes for each allowed pixel.
[[nodiscard]] inline Picture read_picture(const std::filesystem::path& path,
                                          const ReadLimits& limits = {}) {
  const InputFile file(path);
  if (file.size() == 0) throw IoError(path.string() + ": the file is empty");
  std::array<std::uint8_t, 8> head{};
  const auto known = std::min<Index>(file.size(), 8);
  file.read(0, head.data(), known);
  const auto kind = picture_kind(std::span(head).first(static_cast<std::size_t>(known)));
  if (kind == PictureKind::unknown)
    throw IoError(path.string() + ": not a picture (PNG, JPEG, BMP, PPM and PGM are)");
  if (file.size() > limits.max_file_bytes)
    throw IoError(path.string() + ": " + std::to_string(file.size()) +
                  " bytes are too large for a picture, the limit is " +
                  std::to_string(limits.max_file_bytes));
  try {
    const auto bytes = file.read_all();
    const detail::PictureSource source{path, bytes, limits};
    switch (kind) {
      case PictureKind::png:
        return detail::PngReader(bytes).read(source);
      case PictureKind::jpeg:
        return detail::JpegReader(bytes).read(source);
      case PictureKind::bmp:
        return detail::BmpReader(source).read();
      default:
        return detail::PnmReader(source).read();
    }
  } catch (const std::bad_alloc&) {
    throw IoError(path.string() + ": not enough memory for this picture");
  }
}

}  // namespace limn::inline v0
