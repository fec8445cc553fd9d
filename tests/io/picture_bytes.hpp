// SPDX-License-Identifier: MIT
// For tests: files that no writer of the library makes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

inline std::string big_endian(std::uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
          static_cast<char>(v)};
}

inline std::string little_endian(std::uint32_t v) {
  auto s = big_endian(v);
  std::reverse(s.begin(), s.end());
  return s;
}

inline std::string png_chunk(const std::string& kind, const std::string& data) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : kind + data) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int k = 0; k < 8; ++k) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
  }
  return big_endian(static_cast<std::uint32_t>(data.size())) + kind + data + big_endian(~crc);
}

/// A PNG's header alone, of this depth and kind of colours (2: RGB).
inline std::string png_header(std::uint32_t width, std::uint32_t height, char depth = 8,
                              char colours = 2) {
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", big_endian(width) + big_endian(height) + depth +
                                                     colours + std::string(3, '\0'));
}

/// A PNG of which decoders for animations know that it is one.
inline std::string animated_png(std::string png) {
  const std::size_t behind_header = 8 + 12 + 13;
  return png.insert(behind_header, png_chunk("acTL", big_endian(1) + big_endian(0)));
}

/// A JPEG that a camera wrote which was held in one of eight ways.
inline std::string turned_jpeg(std::string jpeg, char orientation) {
  const std::string exif =
      std::string("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 25) + orientation +
      std::string(6, '\0');
  const std::string length = big_endian(static_cast<std::uint32_t>(exif.size() + 2)).substr(2);
  return jpeg.insert(2, "\xff\xe1" + length + exif);
}
