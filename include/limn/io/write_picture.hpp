// SPDX-License-Identifier: MIT
// Writing pictures: PNG, JPEG, BMP, PPM. A file appears whole or not at all.
#pragma once

#include <cstdio>
// libjpeg's header needs FILE and size_t
#include <jpeglib.h>

#include <cctype>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "limn/core/config.hpp"
#include "limn/core/error.hpp"
#include "limn/io/file.hpp"
#include "limn/io/jpeg_reader.hpp"
#include "limn/io/picture.hpp"
#include "limn/io/png_writer.hpp"

namespace limn::inline v0 {
namespace detail {

/// One JPEG on its way out, into memory.
class JpegWriter {
 public:
  JpegWriter() {
    info_.client_data = &errors_;
    info_.err = errors_.install();
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    jpeg_destroy_compress(&info_);
    std::free(data_);
  }

  [[nodiscard]] LIMN_NOINLINE bool encode(const Picture& picture, int quality) {
    if (setjmp(errors_.jump)) return false;
    jpeg_create_compress(&info_);
    info_.client_data = &errors_;
    jpeg_mem_dest(&info_, &data_, &size_);
    info_.image_width = static_cast<JDIMENSION>(picture.width);
    info_.image_height = static_cast<JDIMENSION>(picture.height);
    info_.input_components = 3;
    info_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    if (quality >= 90) info_.comp_info[0].h_samp_factor = info_.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      JSAMPROW row = const_cast<JSAMPROW>(picture.at(0, info_.next_scanline));
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return true;
  }
  [[nodiscard]] const std::uint8_t* data() const { return data_; }
  [[nodiscard]] Index size() const { return static_cast<Index>(size_); }
  [[nodiscard]] const char* message() const { return errors_.message.data(); }

 private:
  JpegErrors errors_;
  jpeg_compress_struct info_{};
  unsigned char* data_ = nullptr;
  unsigned long size_ = 0;
};

inline void check_writable(const std::filesystem::path& path, const Picture& picture) {
  if (picture.width < 1 || picture.height < 1 || picture.channels != 3 ||
      picture.width > 0x7fffffff / 3 || picture.height > 0x7fffffff ||
      static_cast<Index>(picture.pixels.size()) != picture.width * picture.height * 3)
    throw UsageError(path.string() + ": a picture to write must be RGB with at least one pixel, " +
                     "not " + std::to_string(picture.width) + "x" + std::to_string(picture.height) +
                     "x" + std::to_string(picture.channels) + " in " +
                     std::to_string(picture.pixels.size()) + " bytes");
}

}  // namespace detail

/// Writes a PNG. Throws IoError with path and reason, UsageError for an empty picture.
inline void write_png(const std::filesystem::path& path, const Picture& picture) {
  detail::check_writable(path, picture);
  detail::write_png_rows(path, {.width = picture.width,
                                .height = picture.height,
                                .pixels = picture.pixels.data(),
                                .stride = 3 * picture.width});
}

/// Writes a JPEG; quality 1 ... 100, from 90 on with full colour resolution. Throws as write_png;
/// JPEG has at most 65,500 pixels each way.
inline void write_jpeg(const std::filesystem::path& path, const Picture& picture,
                       int quality = 95) {
  detail::check_writable(path, picture);
  detail::JpegWriter writer;
  if (!writer.encode(picture, quality))
    throw IoError(path.string() + ": cannot be written as JPEG: " + writer.message());
  write_file(path, writer.data(), writer.size());
}

/// Writes a raw PPM. Throws as write_png.
inline void write_ppm(const std::filesystem::path& path, const Picture& picture) {
  detail::check_writable(path, picture);
  AtomicFile file(path);
  const auto head =
      "P6\n" + std::to_string(picture.width) + " " + std::to_string(picture.height) + "\n255\n";
  file.write(head.data(), static_cast<Index>(head.size()));
  file.write(picture.pixels.data(), static_cast<Index>(picture.pixels.size()));
  file.commit(false);
}

/// Writes a BMP of 24 bits. Throws as write_png.
inline void write_bmp(const std::filesystem::path& path, const Picture& picture) {
  detail::check_writable(path, picture);
  const Index stride = (picture.width * 3 + 3) / 4 * 4;
  std::vector<std::uint8_t> out(54 + static_cast<std::size_t>(stride * picture.height));
  const auto put = [&](std::size_t at, Index value, int bytes) {
    for (int b = 0; b < bytes; ++b)
      out[at + static_cast<std::size_t>(b)] = static_cast<std::uint8_t>(value >> (8 * b));
  };
  if (static_cast<Index>(out.size()) > 0xffffffff)
    throw IoError(path.string() + ": too large for a BMP: write a PNG");
  out[0] = 'B';
  out[1] = 'M';
  put(2, static_cast<Index>(out.size()), 4);
  put(10, 54, 4);
  put(14, 40, 4);
  put(18, picture.width, 4);
  put(22, picture.height, 4);
  put(26, 1, 2);
  put(28, 24, 2);
  for (Index y = 0; y < picture.height; ++y) {
    std::uint8_t* row = out.data() + 54 + stride * (picture.height - 1 - y);
    for (Index x = 0; x < picture.width; ++x)
      for (Index c = 0; c < 3; ++c) row[3 * x + c] = picture.at(x, y)[2 - c];
  }
  write_file(path, out.data(), static_cast<Index>(out.size()));
}

/// Writes a picture in the format that the extension names: .png, .jpg, .jpeg, .bmp, .ppm, in
/// either case. Throws as write_png, UsageError for another extension.
inline void write_picture(const std::filesystem::path& path, const Picture& picture) {
  auto extension = path.extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (extension == ".png") return write_png(path, picture);
  if (extension == ".jpg" || extension == ".jpeg") return write_jpeg(path, picture);
  if (extension == ".bmp") return write_bmp(path, picture);
  if (extension == ".ppm") return write_ppm(path, picture);
  throw UsageError(path.string() +
                   ": a picture's name must end in .png, .jpg, .jpeg, .bmp or .ppm");
}

}  // namespace limn::inline v0
