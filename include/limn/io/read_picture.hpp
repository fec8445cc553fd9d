// SPDX-License-Identifier: MIT
// Reading pictures: PNG, JPEG, BMP, PPM and PGM, told apart by their content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <new>
#include <span>
#include <string>

#include "limn/core/error.hpp"
#include "limn/io/bmp_reader.hpp"
#include "limn/io/jpeg_reader.hpp"
#include "limn/io/picture.hpp"
#include "limn/io/picture_facts.hpp"
#include "limn/io/picture_limits.hpp"
#include "limn/io/png_reader.hpp"
#include "limn/io/pnm_reader.hpp"

namespace limn::inline v0 {

/// Reads a picture whose file has these bytes; else as read_picture. `path` is for messages.
[[nodiscard]] inline Picture decode_picture(const std::filesystem::path& path,
                                            std::span<const std::uint8_t> bytes,
                                            const ReadLimits& limits = {},
                                            PictureFacts* facts = nullptr) {
  PictureFacts unasked;
  PictureFacts& met = facts != nullptr ? *facts : unasked;
  met = {};
  met.kind = picture_kind(bytes);
  const detail::PictureSource source{path, bytes, limits, met};
  try {
    switch (met.kind) {
      case PictureKind::png:
        return detail::PngReader(bytes).read(source);
      case PictureKind::jpeg:
        return detail::JpegReader(bytes).read(source);
      case PictureKind::bmp:
        return detail::BmpReader(source).read();
      case PictureKind::pnm:
        return detail::PnmReader(source).read();
      default:
        break;
    }
  } catch (const std::bad_alloc&) {
    source.fail("not enough memory for this picture");
  }
  const std::string foreign(foreign_kind(bytes));
  source.fail("not a picture that can be read (PNG, JPEG, BMP, PPM and PGM " +
              (foreign.empty() ? "can)" : "can), but a " + foreign));
}

/// Reads a picture as RGB, 8 bits: gray is repeated, alpha lies on white, 16 bits are scaled,
/// palettes and CMYK are converted, photographs stand upright. Throws IoError, one sentence with
/// path and reason, for anything but a whole picture within the limits. Memory stays in proportion
/// to what the file can hold and below about 12 bytes for each allowed pixel and 20 MB. `facts`:
/// what the file was before all that; its kind also where this throws.
[[nodiscard]] inline Picture read_picture(const std::filesystem::path& path,
                                          const ReadLimits& limits = {},
                                          PictureFacts* facts = nullptr) {
  return decode_picture(path, detail::picture_bytes(path, limits), limits, facts);
}

}  // namespace limn::inline v0
