// SPDX-License-Identifier: MIT
// Pictures of one channel and 16 bits, as microscopes, X-rays and depth cameras make them: PNG
// files of any kind as their light, and light as PNG files. Nothing on the way rounds to 8 bits.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/io/picture_facts.hpp"
#include "limn/io/picture_limits.hpp"
#include "limn/io/png_reader.hpp"
#include "limn/io/png_writer.hpp"

namespace limn::inline v0 {

/// Rows from top to bottom, pixels from left to right: light.size() is width * height.
struct Gray16Picture {
  Index width = 0, height = 0;       ///< in pixels
  std::vector<std::uint16_t> light;  ///< 0: none, 65535: white; half of it is half the light
  bool operator==(const Gray16Picture&) const = default;
};

namespace detail {

/// Light 0 ... 65535 of a value 0 ... 1 of a file; `gamma` as in PngSamples.
[[nodiscard]] inline std::uint16_t light_of(double value, double gamma) {
  const double light = gamma > 0         ? std::pow(value, 1 / gamma)
                       : value > 0.04045 ? std::pow((value + 0.055) / 1.055, 2.4)
                                         : value / 12.92;
  return static_cast<std::uint16_t>(std::lround(65535 * light));
}

/// The mean of the channels as an eye weighs their light, over white.
[[nodiscard]] inline std::vector<std::uint16_t> gray_light(const PngSamples& png) {
  const std::size_t steps = png.depth == 16 ? 65535 : 255, step = 65535 / steps;
  std::vector<std::uint16_t> table;  // where values are no light yet
  if (png.gamma != 1)
    for (std::size_t i = 0; i <= steps; ++i)
      table.push_back(light_of(static_cast<double>(i) / static_cast<double>(steps), png.gamma));
  const auto light = [&](std::uint16_t v) -> std::uint64_t {
    return table.empty() ? v : table[v / step];
  };
  const auto channels = static_cast<std::size_t>(png.channels);
  std::vector<std::uint16_t> all(png.values.size() / channels);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint16_t* p = png.values.data() + i * channels;
    std::uint64_t y = light(p[0]);
    if (channels > 2) y = (2126 * y + 7152 * light(p[1]) + 722 * light(p[2]) + 5000) / 10000;
    if (channels % 2 == 0) {
      const std::uint64_t alpha = p[channels - 1];
      y = (y * alpha + 65535 * (65535 - alpha) + 32767) / 65535;
    }
    all[i] = static_cast<std::uint16_t>(y);
  }
  return all;
}

}  // namespace detail

/// Reads a picture whose file has these bytes; else as read_gray16. `path` is for messages.
[[nodiscard]] inline Gray16Picture decode_gray16(const std::filesystem::path& path,
                                                 std::span<const std::uint8_t> bytes,
                                                 const ReadLimits& limits = {}) {
  PictureFacts unasked;
  const detail::PictureSource source{path, bytes, limits, unasked};
  if (const auto kind = picture_kind(bytes); kind != PictureKind::png) {
    const std::string known =
        kind == PictureKind::unknown ? std::string(foreign_kind(bytes)) : to_string(kind);
    source.fail("not a PNG, which 16 bits of gray are read from" +
                (known.empty() ? "" : ", but a " + known));
  }
  try {
    const auto samples = detail::PngReader(bytes).read_samples(source);
    return {samples.width, samples.height, detail::gray_light(samples)};
  } catch (const std::bad_alloc&) {
    source.fail("not enough memory for this picture");
  }
}

/// Reads a PNG of any kind as light, which its values are or stand for: what the file says (sRGB,
/// gAMA), else 16 bits are light, and 8 are sRGB. Colours are weighed as an eye does, alpha lies on
/// white; what EXIF says of the orientation is not looked at. Throws IoError, one sentence with
/// path and reason, for anything but a whole PNG within the limits. Memory stays in proportion to
/// what the file can hold and below about 12 bytes for each allowed pixel and 20 MB.
[[nodiscard]] inline Gray16Picture read_gray16(const std::filesystem::path& path,
                                               const ReadLimits& limits = {}) {
  return decode_gray16(path, detail::picture_bytes(path, limits), limits);
}

/// Writes a gray PNG of 16 bits, which says that its values are light. Throws IoError with path and
/// reason, UsageError for an empty picture.
inline void write_gray16(const std::filesystem::path& path, const Gray16Picture& picture) {
  const auto& [width, height, light] = picture;
  if (width < 1 || height < 1 || width > 0x7fffffff / 2 || height > 0x7fffffff ||
      static_cast<Index>(light.size()) != width * height)
    throw UsageError(path.string() + ": a picture to write must have at least one pixel, not " +
                     detail::PictureSource::extents(width, height) + " in " +
                     std::to_string(light.size()) + " values");
  detail::write_png_rows(path, {.width = width,
                                .height = height,
                                .pixels = light.data(),
                                .stride = 2 * width,
                                .gray16 = true});
}

}  // namespace limn::inline v0
