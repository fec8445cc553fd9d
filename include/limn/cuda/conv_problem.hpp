// SPDX-License-Identifier: MIT
// ConvProblem: one convolution as a library is asked for it. Mirrored and repeated borders are
// already in the picture; only zeros may still be added outside.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "limn/core/conv_geometry.hpp"
#include "limn/core/maths.hpp"
#include "limn/core/scalar.hpp"
#include "limn/cuda/block.hpp"

namespace limn::inline v0::gpu {

enum class ConvDirection : std::uint8_t { forward, backward_data, backward_weights };

[[nodiscard]] constexpr const char* to_string(ConvDirection d) {
  return d == ConvDirection::forward         ? "forward"
         : d == ConvDirection::backward_data ? "data"
                                             : "weights";
}

/// How the elements are stored: "fp32", "bf16". double is computed by limn's own kernels.
enum class ConvType : std::uint8_t { fp32, bf16 };

template <Scalar T>
requires(!std::same_as<T, double>) inline constexpr ConvType conv_type = std::same_as<T, bfloat16>
                                                                             ? ConvType::bf16
                                                                             : ConvType::fp32;

/// Distances in elements between neighbours along n, h, w; channels are dense.
struct MapStrides {
  Index n = 0, h = 0, w = 0;
  auto operator<=>(const MapStrides&) const = default;
};
[[nodiscard]] constexpr MapStrides packed_strides(const Shape& s) {
  return {s.sample(), s.w * s.c, s.c};
}

/// x (N,H,W,I) and y (N,P,Q,O), NHWC with these strides; w (O,k,k,I), dense, stored in `type`, as
/// is its gradient. P = (H + top + bottom - k) / stride + 1. A plain value, and the key of the
/// cache of plans.
struct ConvProblem {
  ConvDirection direction = ConvDirection::forward;
  ConvType type = ConvType::fp32;
  Maths maths = Maths::fast;  ///< fast: TF32 for fp32
  Shape x, y;
  Index kernel = 1, stride = 1;
  Sides zeros{};  ///< rows and columns of zeros around x
  MapStrides x_strides{}, y_strides{};

  bool operator==(const ConvProblem&) const = default;
  [[nodiscard]] Shape weights() const { return {y.c, kernel, kernel, x.c}; }
};

/// A device's convolution library. A device without one (CudaEmulation) has limn's own kernels.
///   std::optional<std::size_t> workspace(D&, const ConvProblem&): bytes, none if it has no plan
///   void run(D&, const ConvProblem&, const void* x, const void* w, const void* y, void*
///   workspace):
///     the direction tells which of the three is written (overwritten)
template <BlockDevice D>
struct ConvLibrary {
  static constexpr bool available = false;
};

}  // namespace limn::inline v0::gpu
