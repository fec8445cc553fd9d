// SPDX-License-Identifier: MIT
// How a picture of any extents becomes a square, and how a square translation goes back.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"
#include "limn/data/augment.hpp"
#include "limn/data/resize.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// squash: both sides are resized, the aspect ratio is lost (as the published code does);
/// pad: the longer side is resized to the square's, white borders fill the rest;
/// crop: the square in the middle.
enum class Fit { squash, pad, crop };

/// The name that parse_fit understands.
[[nodiscard]] constexpr const char* to_string(Fit fit) {
  return fit == Fit::squash ? "squash" : fit == Fit::pad ? "pad" : "crop";
}

/// "squash", "pad" or "crop"; throws UsageError for anything else.
[[nodiscard]] inline Fit parse_fit(std::string_view text) {
  for (const Fit fit : {Fit::squash, Fit::pad, Fit::crop})
    if (text == to_string(fit)) return fit;
  throw UsageError("fit '" + std::string(text) + "' is none of squash, pad, crop");
}

/// A rectangle of pixels.
struct Box {
  /// Column and row of its first pixel, and extents.
  Index x = 0, y = 0, width = 0, height = 0;
  constexpr bool operator==(const Box&) const = default;
};

namespace detail {

/// Copies all of `from` to column x, row y of `to`; it must lie inside.
inline void place(const Picture& from, Picture& to, Index x, Index y) {
  for (Index row = 0; row < from.height; ++row)
    std::copy_n(from.at(0, row), 3 * from.width, to.at(x, y + row));
}

inline Picture cut(const Picture& from, const Box& box) {
  Picture out(box.width, box.height);
  for (Index row = 0; row < box.height; ++row)
    std::copy_n(from.at(box.x, box.y + row), 3 * box.width, out.at(0, row));
  return out;
}

/// Where a padded picture lies in its square.
inline Box padded_box(Index width, Index height, Index size) {
  const Index longer = std::max(width, height);
  const auto scaled = [&](Index side) {
    return std::max<Index>(1, (side * size + longer / 2) / longer);
  };
  const Index w = scaled(width), h = scaled(height);
  return {(size - w) / 2, (size - h) / 2, w, h};
}

/// The square in the middle of a picture.
inline Box central_box(Index width, Index height) {
  const Index side = std::min(width, height);
  return {(width - side) / 2, (height - side) / 2, side, side};
}

/// What of a square of `size` is the picture's, and what of the picture the square shows.
struct FittedParts {
  Box square, picture;

  FittedParts(Index width, Index height, Index size, Fit fit)
      : square(fit == Fit::pad ? padded_box(width, height, size) : Box{0, 0, size, size}),
        picture(fit == Fit::crop ? central_box(width, height) : Box{0, 0, width, height}) {}
};

}  // namespace detail

/// The picture as a square of `size` x `size`. Throws ShapeError for an empty picture or size.
[[nodiscard]] inline Picture fit_picture(const Picture& picture, Index size, Fit fit) {
  if (picture.width < 1 || picture.height < 1 || size < 1)
    throw ShapeError("fit_picture: a picture of " + std::to_string(picture.width) + "x" +
                     std::to_string(picture.height) + " cannot become a square of " +
                     std::to_string(size));
  if (fit == Fit::squash || picture.width == picture.height)
    return resize_picture(picture, size, size);
  if (fit == Fit::crop)
    return resize_picture(detail::cut(picture, detail::central_box(picture.width, picture.height)),
                          size, size);
  const Box box = detail::padded_box(picture.width, picture.height, size);
  Picture out(size, size);
  detail::place(resize_picture(picture, box.width, box.height), out, box.x, box.y);
  return out;
}

/// Brings a square translation back to the extents of the picture it came from: `onto` has these
/// extents, and is what surrounds the square that crop kept (the other ways fill all of it).
/// Hand in the input to see it around a cropped translation, or Picture(width, height) for white.
/// Throws ShapeError for empty pictures and for a translation that is no square.
[[nodiscard]] inline Picture restore_picture(const Picture& translation, Picture onto, Fit fit) {
  const Index size = translation.width;
  if (size < 1 || translation.height != size || onto.width < 1 || onto.height < 1)
    throw ShapeError("restore_picture: from " + std::to_string(size) + "x" +
                     std::to_string(translation.height) + " to " + std::to_string(onto.width) +
                     "x" + std::to_string(onto.height) + ": a square and a picture are needed");
  const detail::FittedParts parts(onto.width, onto.height, size, fit);
  const Box& to = parts.picture;
  Picture part = resize_picture(detail::cut(translation, parts.square), to.width, to.height);
  if (to.width == onto.width && to.height == onto.height) return part;
  detail::place(part, onto, to.x, to.y);
  return onto;
}

/// The same with white around the square that crop kept.
[[nodiscard]] inline Picture restore_picture(const Picture& translation, Index width, Index height,
                                             Fit fit) {
  return restore_picture(translation, Picture(width, height), fit);
}

/// Changes a picture by a map of its square, which is resized to the part of `picture` that the
/// square shows: every value x in [-1, 1] becomes f(x, its value of the map). What the map does not
/// change keeps all of its detail. `map`: (size,size,3), any range. Throws ShapeError where these
/// are no map and no picture.
template <class F>
[[nodiscard]] Picture change_picture(std::span<const float> map, Index size, Picture picture,
                                     Fit fit, F f) {
  if (size < 1 || static_cast<Index>(map.size()) != size * size * 3 || picture.width < 1 ||
      picture.height < 1)
    throw ShapeError("change_picture: by " + std::to_string(map.size()) + " values, a picture of " +
                     std::to_string(picture.width) + "x" + std::to_string(picture.height) +
                     ": a map of " + std::to_string(size) + "x" + std::to_string(size) +
                     "x3 and a picture are needed");
  const detail::FittedParts parts(picture.width, picture.height, size, fit);
  const Box &from = parts.square, &to = parts.picture;
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(from.width * from.height * 3));
  for (Index row = from.y; row < from.y + from.height; ++row) {
    const float* first = map.data() + (row * size + from.x) * 3;
    values.insert(values.end(), first, first + from.width * 3);
  }
  values = detail::resize<3>(values.data(), from.height, from.width, to.height, to.width);
  const float* value = values.data();
  for (Index row = 0; row < to.height; ++row) {
    std::uint8_t* pixel = picture.at(to.x, to.y + row);
    for (Index i = 0; i < 3 * to.width; ++i, ++pixel)
      *pixel = from_unit(f(to_unit(*pixel), *value++));
  }
  return picture;
}

}  // namespace limn::inline v0
