// SPDX-License-Identifier: MIT
// EXIF orientation: how a camera was held. 1 upright, 2 mirrored, 3 upside down, 4 both, 5..8 the
// same with rows and columns exchanged (EXIF 2.32, tag 0x0112). Read with libexif.
#pragma once

#include <libexif/exif-data.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// The orientation in an EXIF block that starts with "Exif\0\0"; 1 where there is none or it makes
/// no sense.
[[nodiscard]] inline int exif_orientation(std::span<const std::uint8_t> block) {
  if (block.size() > std::numeric_limits<unsigned>::max()) return 1;
  struct Free {
    void operator()(ExifData* data) const { exif_data_unref(data); }
  };
  const std::unique_ptr<ExifData, Free> data(
      exif_data_new_from_data(block.data(), static_cast<unsigned>(block.size())));
  if (!data) return 1;
  const ExifEntry* entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return 1;
  const int value = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return value >= 1 && value <= 8 ? value : 1;
}

/// The picture as its photographer saw it. `orientation` is 1 ... 8; anything else counts as 1.
[[nodiscard]] inline Picture upright(Picture picture, int orientation) {
  if (orientation < 2 || orientation > 8) return picture;
  const bool exchange = orientation >= 5;
  // where the stored rows and columns are seen from their far end
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Picture out(exchange ? picture.height : picture.width, exchange ? picture.width : picture.height);
  for (Index y = 0; y < out.height; ++y)
    for (Index x = 0; x < out.width; ++x) {
      Index column = exchange ? y : x, row = exchange ? x : y;
      if (from_right) column = picture.width - 1 - column;
      if (from_bottom) row = picture.height - 1 - row;
      const std::uint8_t* from = std::as_const(picture).at(column, row);
      std::uint8_t* to = out.at(x, y);
      to[0] = from[0];
      to[1] = from[1];
      to[2] = from[2];
    }
  return out;
}

}  // namespace limn::inline v0
