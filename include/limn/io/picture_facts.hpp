// SPDX-License-Identifier: MIT
// What a picture file was before it became RGB, 8 bits, upright: what its readers met on the way.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "limn/core/shape.hpp"

namespace limn::inline v0 {

/// The kinds of picture files that can be read.
enum class PictureKind { unknown, png, jpeg, bmp, pnm };

/// "PNG", "JPEG", "BMP", "PPM or PGM" or "unknown".
[[nodiscard]] constexpr const char* to_string(PictureKind kind) {
  switch (kind) {
    case PictureKind::png:
      return "PNG";
    case PictureKind::jpeg:
      return "JPEG";
    case PictureKind::bmp:
      return "BMP";
    case PictureKind::pnm:
      return "PPM or PGM";
    default:
      return "unknown";
  }
}

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

/// What else people keep under the name of a picture, by the first 12 bytes: "GIF", "WebP", "TIFF",
/// "HEIC or AVIF", "Photoshop document", "web page", "SVG or XML"; "" for anything else.
[[nodiscard]] constexpr std::string_view foreign_kind(std::span<const std::uint8_t> b) {
  const auto has = [&](std::size_t at, std::string_view text) {
    if (b.size() < at + text.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (b[at + i] != static_cast<std::uint8_t>(text[i])) return false;
    return true;
  };
  using namespace std::string_view_literals;
  if (has(0, "GIF8")) return "GIF";
  if (has(0, "RIFF") && has(8, "WEBP")) return "WebP";
  if (has(0, "II*\0"sv) || has(0, "MM\0*"sv)) return "TIFF";
  if (has(4, "ftyp")) return "HEIC or AVIF";
  if (has(0, "8BPS")) return "Photoshop document";
  if (has(0, "<!DOC") || has(0, "<!doc") || has(0, "<html") || has(0, "<HTML")) return "web page";
  if (has(0, "<?xml") || has(0, "<svg")) return "SVG or XML";
  return "";
}

/// What a file held. Everything here is undone silently by reading; it is told to those who ask.
struct PictureFacts {
  PictureKind kind = PictureKind::unknown;  ///< told by the first bytes, not by the name
  int bits = 8;                             ///< per channel; below 8: of grays
  bool gray = false;                        ///< one channel, that stands for all three
  bool cmyk = false;                        ///< inks instead of lights
  bool see_through = false;                 ///< some pixel is not opaque: white shines through
  bool animated = false;                    ///< more frames than the one that was read
  int orientation = 1;  ///< of EXIF, 1 ... 8: how the picture was turned to stand upright
  bool operator==(const PictureFacts&) const = default;
};

}  // namespace limn::inline v0
