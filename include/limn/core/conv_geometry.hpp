// SPDX-License-Identifier: MIT
// ConvGeometry: what a convolution does to positions. Channels and weights are in the tensors'
// shapes.
#pragma once

#include <string>

#include "limn/core/config.hpp"
#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"

namespace limn::inline v0 {

/// What lies outside the picture: nothing, zeros, the mirrored picture (without repeating the
/// border), the border.
enum class Padding { none, zero, reflect, edge };

/// The name of an enumerator: "none", "zero", "reflect", "edge".
[[nodiscard]] constexpr const char* to_string(Padding p) {
  return p == Padding::none      ? "none"
         : p == Padding::zero    ? "zero"
         : p == Padding::reflect ? "reflect"
                                 : "edge";
}

/// Padding amounts per side, in pixels of the (upsampled) input.
struct Sides {
  /// Pixels on this side, 0 or more.
  Index top = 0, left = 0, bottom = 0, right = 0;
  constexpr bool operator==(const Sides&) const = default;
  /// The same amount on all four sides.
  static constexpr Sides all(Index p) { return {p, p, p, p}; }
};

/// What is written around a picture in memory, for devices whose convolutions cannot find it by
/// addressing, and how wide. Without sides: nothing.
struct Border {
  Padding padding = Padding::none;  ///< what the values of the border are
  Sides sides{};                    ///< how wide it is
  constexpr bool operator==(const Border&) const = default;
  /// No side has a border.
  [[nodiscard]] constexpr bool empty() const { return sides == Sides{}; }
  /// Whether a picture of this size can be continued so far: mirroring needs more than it mirrors.
  [[nodiscard]] constexpr bool fits(const Shape& s) const {
    return padding != Padding::reflect ||
           (sides.top < s.h && sides.bottom < s.h && sides.left < s.w && sides.right < s.w);
  }
  /// The picture with its border, and without.
  [[nodiscard]] constexpr Shape around(const Shape& s) const {
    return {s.n, s.h + sides.top + sides.bottom, s.w + sides.left + sides.right, s.c};
  }
  /// The picture without its border: what around() made.
  [[nodiscard]] constexpr Shape inside(const Shape& s) const {
    return {s.n, s.h - sides.top - sides.bottom, s.w - sides.left - sides.right, s.c};
  }
};

/// Convolution of NHWC pictures with OHWI weights:
///   y[n,i,j,o] = sum_{r,s,c} W[o,r,s,c] * X[n, i*stride + r - top, j*stride + s - left, c],
/// where X is x, upsampled `upsample` times by repetition (nearest) and continued outside by
/// `padding`.
struct ConvGeometry {
  Index kernel = 1;  ///< k: the kernel has k x k taps
  Index stride = 1;  ///< between neighbouring outputs, in pixels of the upsampled input
  Padding padding = Padding::none;  ///< what lies outside
  Sides sides{};                    ///< how far outside is looked
  Index upsample = 1;  ///< each pixel is first repeated so often along both axes: 1 or 2

  constexpr bool operator==(const ConvGeometry&) const = default;

  /// Extent of the upsampled and padded input along one axis, of the output along one axis.
  [[nodiscard]] constexpr Index out_extent(Index in, Index before, Index after) const {
    return (in * upsample + before + after - kernel) / stride + 1;
  }

  /// Shape of y; throws ShapeError with `layer`, the rule and both shapes. The one check for
  /// compile and run time.
  [[nodiscard]] constexpr Shape output(const Shape& x, const Shape& weights,
                                       const char* layer = "convolution") const {
    if (weights.h != kernel || weights.w != kernel)
      fail(layer, "weights must be (O,kernel,kernel,I)", x, weights);
    if (weights.c != x.c) fail(layer, "input channels differ from the weights' I", x, weights);
    if (kernel < 1 || stride < 1 || (upsample != 1 && upsample != 2))
      fail(layer, "kernel and stride must be positive, upsample 1 or 2", x, weights);
    if (padding == Padding::none && sides != Sides{} && !subpixel_within())
      fail(layer, "padding amounts without a padding", x, weights);
    if (padding == Padding::reflect && (too_wide(x.h, sides.top) || too_wide(x.h, sides.bottom) ||
                                        too_wide(x.w, sides.left) || too_wide(x.w, sides.right)))
      fail(layer, "reflection padding needs a picture larger than the padding", x, weights);
    if (x.h * upsample + sides.top + sides.bottom < kernel ||
        x.w * upsample + sides.left + sides.right < kernel)
      fail(layer, "the padded picture is smaller than the kernel", x, weights);
    return {x.n, out_extent(x.h, sides.top, sides.bottom), out_extent(x.w, sides.left, sides.right),
            weights.n};
  }

  /// A 3x3 convolution of a doubled picture, for which 2x2 ones of the small picture will do.
  [[nodiscard]] constexpr bool subpixel() const {
    return upsample == 2 && kernel == 3 && stride == 1 && sides == Sides::all(1);
  }
  /// The same of a picture that has a border of one pixel around it, which doubled is one too many:
  /// the one geometry with negative sides.
  [[nodiscard]] constexpr bool subpixel_within() const {
    return upsample == 2 && kernel == 3 && stride == 1 && sides == Sides::all(-1) &&
           padding == Padding::none;
  }

  /// What of the padding can be written around x itself: the values of pictures, not zeros, and
  /// around a doubled one its own border, which mirroring by one pixel repeats.
  [[nodiscard]] constexpr Border border() const {
    if (padding != Padding::reflect && padding != Padding::edge) return {};
    if (subpixel()) return {Padding::edge, Sides::all(1)};
    return upsample == 1 ? Border{padding, sides} : Border{};
  }
  /// The same convolution of an x that has border() around it.
  [[nodiscard]] constexpr ConvGeometry within() const {
    if (border().empty()) return *this;
    return {kernel, stride, Padding::none, subpixel() ? Sides::all(-1) : Sides{}, upsample};
  }

  /// Source row (or column) in x of a row of the upsampled, padded input that starts `before` rows
  /// above it; -1 where the value is zero.
  [[nodiscard]] LIMN_HOST_DEVICE constexpr Index source(Index padded, Index before,
                                                        Index extent) const {
    Index i = padded - before;
    const Index last = extent * upsample - 1;
    if (i < 0 || i > last) {
      if (padding == Padding::zero || padding == Padding::none) return -1;
      if (padding == Padding::reflect) i = i < 0 ? -i : 2 * last - i;
      if (padding == Padding::edge) i = i < 0 ? 0 : last;
    }
    return i / upsample;
  }

  /// Multiply-adds of one application in one direction.
  [[nodiscard]] constexpr Index multiply_adds(const Shape& x, const Shape& weights) const {
    return output(x, weights).size() * kernel * kernel * weights.c;
  }

 private:
  [[nodiscard]] constexpr bool too_wide(Index extent, Index amount) const {
    return amount >= extent * upsample;
  }

  [[noreturn]] LIMN_NOINLINE void fail(const char* layer, const char* rule, const Shape& x,
                                       const Shape& weights) const {
    throw ShapeError("[" + std::string(layer) + "] " + rule + ": x " + limn::to_string(x) +
                     ", weights " + limn::to_string(weights) + ", kernel " +
                     std::to_string(kernel) + ", stride " + std::to_string(stride) + ", " +
                     limn::to_string(padding) + " padding (" + std::to_string(sides.top) + "," +
                     std::to_string(sides.left) + "," + std::to_string(sides.bottom) + "," +
                     std::to_string(sides.right) + ")");
  }
};

/// Geometries of the published networks.
[[nodiscard]] constexpr ConvGeometry reflect_conv(Index kernel, Index stride, Index pad,
                                                  Index upsample = 1) {
  return {kernel, stride, pad > 0 ? Padding::reflect : Padding::none, Sides::all(pad), upsample};
}

}  // namespace limn::inline v0
