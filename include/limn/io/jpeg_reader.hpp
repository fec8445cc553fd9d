// SPDX-License-Identifier: MIT
// JPEG through libjpeg: gray, YCbCr, RGB, CMYK and YCCK become RGB, upright by their EXIF tag. What
// the library merely warns of, though pixels are missing, is an error here. It reports errors by
// longjmp: all that can jump is in functions whose frames hold nothing with a destructor.
#pragma once

#include <cstdio>
// libjpeg's header needs FILE and size_t
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
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

/// What the callbacks of libjpeg see: errors jump, warnings are kept.
struct JpegErrors {
  jpeg_error_mgr manager{};
  std::jmp_buf jump{};
  std::array<char, JMSG_LENGTH_MAX> message{};
  bool incomplete = false;

  jpeg_error_mgr* install() {
    jpeg_std_error(&manager);
    manager.error_exit = [](j_common_ptr info) {
      JpegErrors& errors = of(info);
      info->err->format_message(info, errors.message.data());
      std::longjmp(errors.jump, 1);
    };
    manager.emit_message = [](j_common_ptr info, int level) {
      if (level >= 0 || harmless(info->err->msg_code)) return;
      JpegErrors& errors = of(info);
      if (!std::exchange(errors.incomplete, true))
        info->err->format_message(info, errors.message.data());
    };
    manager.output_message = [](j_common_ptr) {};
    return &manager;
  }

 private:
  static JpegErrors& of(j_common_ptr info) { return *static_cast<JpegErrors*>(info->client_data); }
  /// Warnings after which all pixels are there.
  static bool harmless(int code) {
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR ||
           code == JWRN_BOGUS_PROGRESSION || code == JWRN_TOO_MUCH_DATA;
  }
};

/// One JPEG on its way in.
class JpegReader {
 public:
  explicit JpegReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
    info_.client_data = &errors_;
    info_.err = errors_.install();
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info_); }

  [[nodiscard]] Picture read(const PictureSource& source) {
    if (!read_header()) fail(source);
    // finishing forgets the markers
    const int orientation = this->orientation();
    const Index width = info_.image_width, height = info_.image_height;
    source.check_extents(width, height);
    // Huffman codes take at least one bit for each component and block of 8x8, and no block
    // stands for more than 8 of them; narrow pictures have whole blocks beside their edge
    if (info_.arith_code == FALSE)
      source.check_payload(width, height, std::max(width * height / 4096, fewest_blocks() / 8));
    const bool cmyk = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
    if (info_.jpeg_color_space == JCS_UNKNOWN) source.fail("a JPEG of unknown colours");
    source.facts.cmyk = cmyk;
    source.facts.gray = info_.jpeg_color_space == JCS_GRAYSCALE;
    source.facts.orientation = orientation;
    info_.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;

    Picture picture(width, height);
    std::vector<std::uint8_t> row(static_cast<std::size_t>(cmyk ? 4 * width : 0));
    row_ = row.data();
    if (!read_rows(picture.pixels.data(), cmyk)) fail(source);
    if (errors_.incomplete) fail(source);
    return upright(std::move(picture), orientation);
  }

 private:
  [[noreturn]] void fail(const PictureSource& source) const {
    source.fail(
        (errors_.incomplete ? "the JPEG is truncated or damaged: " : "not a readable JPEG: ") +
        std::string(errors_.message.data()));
  }

  /// Of any component; 0 where there is none.
  [[nodiscard]] Index fewest_blocks() const {
    Index fewest = 0;
    for (int i = 0; i < info_.num_components; ++i) {
      const auto& component = info_.comp_info[i];
      const Index blocks = Index{component.width_in_blocks} * component.height_in_blocks;
      fewest = i == 0 ? blocks : std::min(fewest, blocks);
    }
    return fewest;
  }

  LIMN_NOINLINE bool read_header() {
    if (setjmp(errors_.jump)) return false;
    jpeg_create_decompress(&info_);
    info_.client_data = &errors_;
    progress_.progress_monitor = [](j_common_ptr info) {
      // a file of a few bytes per scan could keep the decoder busy for hours
      if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > 200)
        ERREXIT(info, JERR_BAD_PROGRESSION);
    };
    info_.progress = &progress_;
    jpeg_mem_src(&info_, bytes_.data(), static_cast<unsigned long>(bytes_.size()));
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  LIMN_NOINLINE bool read_rows(std::uint8_t* pixels, bool cmyk) {
    if (setjmp(errors_.jump)) return false;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      std::uint8_t* to = pixels + std::size_t{3} * info_.output_width * info_.output_scanline;
      JSAMPROW row = cmyk ? row_ : to;
      jpeg_read_scanlines(&info_, &row, 1);
      if (cmyk) cmyk_row(to);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  /// Ink to light. Adobe's programs store the complement of the ink.
  void cmyk_row(std::uint8_t* to) const {
    const unsigned flip = info_.saw_Adobe_marker != FALSE ? 0 : 255;
    for (std::size_t x = 0; x < info_.output_width; ++x) {
      const unsigned light = row_[4 * x + 3] ^ flip;
      for (std::size_t c = 0; c < 3; ++c)
        to[3 * x + c] = static_cast<std::uint8_t>(((row_[4 * x + c] ^ flip) * light + 127) / 255);
    }
  }

  [[nodiscard]] int orientation() const {
    for (auto* marker = info_.marker_list; marker != nullptr; marker = marker->next)
      if (marker->data_length > 6 && std::memcmp(marker->data, "Exif\0\0", 6) == 0)
        return exif_orientation({marker->data, marker->data_length});
    return 1;
  }

  std::span<const std::uint8_t> bytes_;
  JpegErrors errors_;
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
  std::uint8_t* row_ = nullptr;
};

}  // namespace detail
}  // namespace limn::inline v0
