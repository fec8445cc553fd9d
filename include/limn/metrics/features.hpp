// SPDX-License-Identifier: MIT
// What an extractor says of a set of pictures: a row of numbers per picture.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"

namespace limn::inline v0 {

/// `count` rows of `width` numbers, row after row.
struct Features {
  /// Pictures, and numbers of each.
  Index count = 0, width = 0;
  std::vector<double> values;  ///< count x width

  /// Those of picture i.
  [[nodiscard]] std::span<const double> row(Index i) const {
    return std::span(values).subspan(static_cast<std::size_t>(i * width),
                                     static_cast<std::size_t>(width));
  }

  /// One picture's numbers, after the others. Throws ShapeError where theirs are more or fewer.
  template <class T>
  void append(std::span<const T> numbers) {
    if (count == 0) width = static_cast<Index>(numbers.size());
    if (static_cast<Index>(numbers.size()) != width || width == 0)
      throw ShapeError("features: a row of " + std::to_string(numbers.size()) +
                       " numbers among rows of " + std::to_string(width));
    for (const T v : numbers) values.push_back(static_cast<double>(v));
    ++count;
  }
};

namespace detail {

/// What a score between two sets needs. Throws ShapeError, NumericError.
inline void require_comparable(const Features& a, const Features& b, Index least) {
  if (a.width != b.width || a.width < 1)
    throw ShapeError("features of " + std::to_string(a.width) + " and of " +
                     std::to_string(b.width) +
                     " numbers per picture cannot be compared: one extractor must make both");
  for (const auto* f : {&a, &b}) {
    if (static_cast<Index>(f->values.size()) != f->count * f->width)
      throw ShapeError("features: " + std::to_string(f->values.size()) + " numbers are not " +
                       std::to_string(f->count) + " x " + std::to_string(f->width));
    if (f->count < least)
      throw ShapeError("features of " + std::to_string(f->count) + " pictures are too few: a " +
                       "score needs at least " + std::to_string(least) + " on either side");
    for (const double v : f->values)
      if (!is_finite(v)) throw NumericError("features hold a number that is not finite");
  }
}

}  // namespace detail

}  // namespace limn::inline v0
