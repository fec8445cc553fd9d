// SPDX-License-Identifier: MIT
// PNG through libpng: every kind becomes RGB, alpha lies on white. The library reports errors by
// longjmp: all that can jump is in functions whose frames hold nothing with a destructor.
#pragma once

#include <png.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/config.hpp"
#include "limn/io/orientation.hpp"
#include "limn/io/picture.hpp"
#include "limn/io/picture_limits.hpp"

namespace limn::inline v0 {
namespace detail {

/// A PNG of any kind as values of 16 bits.
struct PngSamples {
  Index width = 0, height = 0;
  Index channels = 0;  ///< gray, gray and alpha, RGB, RGB and alpha
  std::vector<std::uint16_t> values;
  int depth = 16;    ///< 8: values are multiples of 257
  double gamma = 1;  ///< a value is light to the power of this; 0: it is sRGB
};

/// One PNG on its way in.
class PngReader {
 public:
  explicit PngReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// As read_picture.
  [[nodiscard]] Picture read(const PictureSource& source) {
    open(source);
    if (!set_up(false)) fail(source);
    Picture picture;
    picture.width = png_get_image_width(png_, info_);
    picture.height = png_get_image_height(png_, info_);
    read_into(picture.pixels, picture.height, source);
    if (png_get_channels(png_, info_) == 4) source.facts.see_through = drop_alpha(picture.pixels);
    source.facts.orientation = orientation();
    return upright(std::move(picture), source.facts.orientation);
  }

  /// Without a word about orientation.
  [[nodiscard]] PngSamples read_samples(const PictureSource& source) {
    open(source);
    PngSamples samples;
    samples.depth = png_get_bit_depth(png_, info_) == 16 ? 16 : 8;
    samples.gamma = gamma();
    if (!set_up(true)) fail(source);
    samples.width = png_get_image_width(png_, info_);
    samples.height = png_get_image_height(png_, info_);
    samples.channels = png_get_channels(png_, info_);
    read_into(samples.values, samples.height, source);
    return samples;
  }

 private:
  /// Reads the header, and believes it or throws.
  void open(const PictureSource& source) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngReader::on_error,
                                  &PngReader::on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) source.fail("libpng could not be started");

    // libpng refuses extents beyond its own limits in words that help nobody
    if (bytes_.size() >= 24) source.check_extents(number(16), number(20));
    source.facts.animated = walk(source);
    if (!read_header()) fail(source);
    const Index width = png_get_image_width(png_, info_);
    const Index height = png_get_image_height(png_, info_);
    source.check_extents(width, height);
    // deflate gives at most 1032 bytes for one
    const Index raw = (static_cast<Index>(png_get_rowbytes(png_, info_)) + 1) * height;
    source.check_payload(width, height, raw / 1032);
    const int colours = png_get_color_type(png_, info_);
    source.facts.gray = (colours & PNG_COLOR_MASK_COLOR) == 0;
    if (colours != PNG_COLOR_TYPE_PALETTE) source.facts.bits = png_get_bit_depth(png_, info_);
  }

  template <class Value>
  void read_into(std::vector<Value>& values, Index height, const PictureSource& source) {
    const auto stride = png_get_rowbytes(png_, info_);
    values.resize(stride / sizeof(Value) * static_cast<std::size_t>(height));
    std::vector<png_bytep> rows(static_cast<std::size_t>(height));
    for (std::size_t y = 0; y < rows.size(); ++y)
      rows[y] = reinterpret_cast<png_bytep>(values.data()) + y * stride;
    if (!read_rows(rows.data())) fail(source);
  }

  /// Of PngSamples, as PNG has it: what the file says, else 16 bits are light, and 8 are sRGB.
  [[nodiscard]] double gamma() const {
    int intent = 0;
    png_fixed_point fixed = 0;
    if (png_get_sRGB(png_, info_, &intent) != 0) return 0;
    if (png_get_gAMA_fixed(png_, info_, &fixed) != 0 && fixed > 0) return fixed / 1e5;
    return png_get_bit_depth(png_, info_) == 16 ? 1 : 0;
  }

  [[noreturn]] void fail(const PictureSource& source) const {
    source.fail(ended_ ? "the PNG is truncated"
                       : "not a readable PNG: " + std::string(message_.data()));
  }

  /// Passes all chunks by their lengths; whether one of them says that this is an animation.
  /// libpng asks for the memory that a chunk claims (eXIf: of any length) before it reads it.
  [[nodiscard]] bool walk(const PictureSource& source) const {
    bool animated = false;
    for (std::size_t at = 8; at + 12 <= bytes_.size();) {
      const auto length = static_cast<std::size_t>(number(at));
      if (length > bytes_.size() - at - 12) source.fail("the PNG is truncated");
      const auto is = [&](const char* type) {
        return std::memcmp(bytes_.data() + at + 4, type, 4) == 0;
      };
      if (is("acTL")) animated = true;
      if (is("IEND")) break;
      at += 12 + length;
    }
    return animated;
  }

  /// Four bytes, big endian: width at 16, height at 20, the length of a chunk where it begins.
  [[nodiscard]] Index number(std::size_t at) const {
    Index value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes_[at + i];
    return value;
  }

  LIMN_NOINLINE bool read_header() {
    if (setjmp(jump_)) return false;
    png_set_read_fn(png_, this, &PngReader::on_read);
    // A damaged colour profile must not spoil a picture: it is not used.
    png_byte ignored[] = {'i', 'C', 'C', 'P', 0,   's', 'P', 'L', 'T', 0,   'z', 'T', 'X',
                          't', 0,   'i', 'T', 'X', 't', 0,   't', 'E', 'X', 't', 0};
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, ignored, 5);
    png_set_benign_errors(png_, 1);
    png_read_info(png_, info_);
    return true;
  }

  /// RGB or RGBA, 8 bits; else as PngSamples.
  LIMN_NOINLINE bool set_up(bool samples) {
    if (setjmp(jump_)) return false;
    png_set_expand(png_);
    if (samples) {
      png_set_expand_16(png_);
      if constexpr (std::endian::native == std::endian::little) png_set_swap(png_);
    } else {
      png_set_scale_16(png_);
      png_set_gray_to_rgb(png_);
    }
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  LIMN_NOINLINE bool read_rows(png_bytepp rows) {
    if (setjmp(jump_)) return false;
    png_read_image(png_, rows);
    png_read_end(png_, info_);
    return true;
  }

  [[nodiscard]] int orientation() const {
#ifdef PNG_eXIf_SUPPORTED
    png_uint_32 count = 0;
    png_bytep exif = nullptr;
    if (png_get_eXIf_1(png_, info_, &count, &exif) != 0 && exif != nullptr) {
      std::vector<std::uint8_t> block{'E', 'x', 'i', 'f', 0, 0};
      block.insert(block.end(), exif, exif + count);
      return exif_orientation(block);
    }
#endif
    return 1;
  }

  /// Whether any of it was seen through.
  static bool drop_alpha(std::vector<std::uint8_t>& pixels) {
    const std::size_t count = pixels.size() / 4;
    unsigned least = 255;
    for (std::size_t i = 0; i < count; ++i) {
      const unsigned alpha = pixels[4 * i + 3];
      least = std::min(least, alpha);
      for (std::size_t c = 0; c < 3; ++c) pixels[3 * i + c] = on_white(pixels[4 * i + c], alpha);
    }
    pixels.resize(3 * count);
    return least < 255;
  }

  static PngReader& self(void* pointer) { return *static_cast<PngReader*>(pointer); }

  static void on_read(png_structp png, png_bytep to, std::size_t count) {
    PngReader& reader = self(png_get_io_ptr(png));
    if (count > reader.bytes_.size()) {
      reader.ended_ = true;
      png_error(png, "truncated");
    }
    std::memcpy(to, reader.bytes_.data(), count);
    reader.bytes_ = reader.bytes_.subspan(count);
  }

  [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
    PngReader& reader = self(png_get_error_ptr(png));
    std::strncpy(reader.message_.data(), text, reader.message_.size() - 1);
    std::longjmp(reader.jump_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}

  std::span<const std::uint8_t> bytes_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  std::array<char, 128> message_{};
  bool ended_ = false;
};

}  // namespace detail
}  // namespace limn::inline v0
