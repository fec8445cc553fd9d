// SPDX-License-Identifier: MIT
// Register blocks of Winograd's products: C[R, segment] = sum over channels k of A[R, k] B[k,
// segment], R tiles at one position times one panel of transformed weights.
//
// Transformed weights are larger than the second cache and every chunk of tiles reads them all, so
// what limits is how often, and how early, they are asked for. A block therefore takes as many
// tiles as registers hold, where these are many a whole chunk, and asks for the next panel while it
// multiplies by this one.
#pragma once

#include <array>
#include <utility>

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"

namespace limn::inline v0::cpu::winograd {

/// Width of the groups that channels are kept in, and of the panels of weights: two registers, or
/// one where it holds 16 values.
[[nodiscard]] constexpr Index segment(Isa isa) { return isa == Isa::portable ? 8 : 16; }

/// a: tiles `segment` apart, `groups` groups of `segment` channels `group_stride` apart; b: [groups
/// * segment][segment]; c: [tiles][segment].
using TileKernel = void (*)(const float* a, Index group_stride, Index groups, const float* b,
                            float* c);

/// Kernels for exactly 1 .. most tiles: tiles are shared out evenly, so that the last block is no
/// smaller than the others.
struct TileKernels {
  Index most = 0;
  std::array<TileKernel, 28> kernel{};  ///< kernel[tiles - 1]
};

namespace detail {

template <int Bytes, int R>
LIMN_ALWAYS_INLINE void tile_product(const float* a, Index group_stride, Index groups,
                                     const float* b, float* c) {
  constexpr Index w = Bytes / 4,
                  segment = winograd::segment(Bytes == 16 ? Isa::portable : Isa::avx2);
  constexpr int vectors = segment / w;
  using V = simd::Vec<float, Bytes / 4>;
  const Index panel = groups * segment * segment;
  V acc[R][vectors];
#pragma GCC unroll 32
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) acc[r][j] = V{};
  }
  for (Index g = 0; g < groups; ++g, a += group_stride) {
#pragma GCC unroll 2
    for (Index k = 0; k < segment; ++k, b += segment) {
      V bv[vectors];
      simd::prefetch_far(b + panel);
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) simd::load(bv[j], b + j * w);
#pragma GCC unroll 32
      for (int r = 0; r < R; ++r) {
        V x;
        simd::broadcast(x, a[r * segment + k]);
#pragma GCC unroll 2
        for (int j = 0; j < vectors; ++j) acc[r][j] = acc[r][j] + x * bv[j];
      }
    }
  }
#pragma GCC unroll 32
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) simd::store(c + r * segment + j * w, acc[r][j]);
  }
}

template <int R>
void tile_product_portable(const float* a, Index group_stride, Index groups, const float* b,
                           float* c) {
  tile_product<16, R>(a, group_stride, groups, b, c);
}
template <int R>
LIMN_TARGET_AVX2 void tile_product_avx2(const float* a, Index group_stride, Index groups,
                                        const float* b, float* c) {
  tile_product<32, R>(a, group_stride, groups, b, c);
}
template <int R>
LIMN_TARGET_AVX512 void tile_product_avx512(const float* a, Index group_stride, Index groups,
                                            const float* b, float* c) {
  tile_product<64, R>(a, group_stride, groups, b, c);
}

template <int... R>
[[nodiscard]] TileKernels portable_kernels(std::integer_sequence<int, R...>) {
  return {sizeof...(R), {tile_product_portable<R + 1>...}};
}
#if LIMN_X86_64
template <int... R>
[[nodiscard]] TileKernels avx2_kernels(std::integer_sequence<int, R...>) {
  return {sizeof...(R), {tile_product_avx2<R + 1>...}};
}
template <int... R>
[[nodiscard]] TileKernels avx512_kernels(std::integer_sequence<int, R...>) {
  return {sizeof...(R), {tile_product_avx512<R + 1>...}};
}
#endif

}  // namespace detail

[[nodiscard]] inline TileKernels tile_kernels([[maybe_unused]] Isa isa) {
#if LIMN_X86_64
  if (isa >= Isa::avx512) return detail::avx512_kernels(std::make_integer_sequence<int, 28>{});
  if (isa == Isa::avx2) return detail::avx2_kernels(std::make_integer_sequence<int, 6>{});
#endif
  return detail::portable_kernels(std::make_integer_sequence<int, 6>{});
}

/// Tiles of a chunk that one thread transforms, multiplies and transforms back. Each chunk reads
/// all weights once, so that many tiles are few readings; transformed tiles and products, 74 KB a
/// tile at 256 channels, should stay in the second cache.
[[nodiscard]] constexpr Index tiles_per_chunk(Isa isa) { return isa >= Isa::avx512 ? 26 : 12; }

}  // namespace limn::inline v0::cpu::winograd
