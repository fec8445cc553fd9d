// SPDX-License-Identifier: MIT
// PNG files through libpng, colour of 8 bits and gray of 16. A file appears whole or not at all.
#pragma once

#include <png.h>

#include <array>
#include <bit>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <vector>

#include "limn/core/config.hpp"
#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/file.hpp"

namespace limn::inline v0 {
namespace detail {

/// What a PNG is made of: rows of RGB, 8 bits, or of light in 16 bits of this machine's order.
struct PngRows {
  Index width = 0, height = 0;
  const void* pixels = nullptr;
  Index stride = 0;  ///< bytes from row to row
  bool gray16 = false;
};

/// One PNG on its way out, into memory. As in the readers, frames that longjmp leaves hold nothing
/// with a destructor.
class PngWriter {
 public:
  PngWriter() = default;
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }

  /// False, with message(), where it fails.
  [[nodiscard]] bool encode(const PngRows& rows) {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, &PngWriter::on_error,
                                   [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    return info_ != nullptr && write(rows);
  }
  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  [[nodiscard]] const char* message() const { return message_.data(); }

 private:
  LIMN_NOINLINE bool write(const PngRows& rows) {
    if (setjmp(jump_)) return false;
    png_set_write_fn(png_, this, &PngWriter::on_write, [](png_structp) {});
    png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(rows.width),
                 static_cast<png_uint_32>(rows.height), rows.gray16 ? 16 : 8,
                 rows.gray16 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (rows.gray16)
      png_set_gAMA_fixed(png_, info_, PNG_FP_1);  // light, not what an eye makes of it
    png_write_info(png_, info_);
    if (rows.gray16 && std::endian::native == std::endian::little) png_set_swap(png_);
    const auto* row = static_cast<png_const_bytep>(rows.pixels);
    for (Index y = 0; y < rows.height; ++y) png_write_row(png_, row + y * rows.stride);
    png_write_end(png_, info_);
    return true;
  }

  static void on_write(png_structp png, png_bytep data, std::size_t count) {
    auto& out = static_cast<PngWriter*>(png_get_io_ptr(png))->bytes_;
    bool done = false;
    try {
      out.insert(out.end(), data, data + count);
      done = true;
    } catch (...) {  // nothing may fly through libpng
    }
    if (!done) png_error(png, "out of memory");
  }

  [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
    auto& writer = *static_cast<PngWriter*>(png_get_error_ptr(png));
    std::strncpy(writer.message_.data(), text, writer.message_.size() - 1);
    std::longjmp(writer.jump_, 1);
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  std::array<char, 128> message_{};
  std::vector<std::uint8_t> bytes_;
};

/// Throws IoError with path and reason.
inline void write_png_rows(const std::filesystem::path& path, const PngRows& rows) {
  PngWriter writer;
  if (!writer.encode(rows))
    throw IoError(path.string() + ": cannot be written as PNG: " + writer.message());
  write_file(path, writer.bytes().data(), static_cast<Index>(writer.bytes().size()));
}

}  // namespace detail
}  // namespace limn::inline v0
