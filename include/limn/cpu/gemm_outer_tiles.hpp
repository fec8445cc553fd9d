// SPDX-License-Identifier: MIT
// Outer products on matrix tiles: C[q][k] += sum over rows m of D[m][q] P[m][k], in 2 x 2 tiles of
// 16 x 16. Tiles want D's columns as rows: [strip of 32 rows][q][16 pairs of rows], a strip of one
// tile in a row; P stays as pairs of rows. The body is written for any type of tiles, as
// gemm_tiles.hpp's.
#pragma once

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/amx.hpp"
#include "limn/cpu/gemm_outer.hpp"
#include "limn/cpu/gemm_outer_bf16.hpp"
#include "limn/cpu/gemm_tiles.hpp"
#include "limn/cpu/gemm_transpose.hpp"
#include "limn/cpu/isa.hpp"

namespace limn::inline v0::cpu {

/// Units of four bytes of one strip and column of D.
inline constexpr Index strip_pairs = tile_rows;

namespace detail {

/// RT x CT tiles of C. d: strips of 16 RT columns, of which pairs that do not exist are zero; p: at
/// the first column, rows of NV vectors of 16 units.
template <int RT, int CT, int NV, class Tiles>
LIMN_ALWAYS_INLINE void outer_block(Tiles& tiles, const float* d, Index pairs, const float* p,
                                    float* c, Index c_leading, bool load) {
  constexpr Index row_bytes = NV * 64, tile = tile_rows * strip_pairs;
  const char* columns = reinterpret_cast<const char*>(p);
  load_sums<RT, CT>(tiles, c, c_leading, load);
  for (Index m = 0; m < pairs; m += strip_pairs) {
    const Index some = pairs - m < strip_pairs ? pairs - m : strip_pairs;
    tiles.template load<4>(d, 64);
    load_columns<6>(tiles, columns, row_bytes, some);
    tiles.template dot<0, 4, 6>();
    if constexpr (CT > 1) {
      load_columns<7>(tiles, columns + 64, row_bytes, some);
      tiles.template dot<1, 4, 7>();
    }
    if constexpr (RT > 1) {
      tiles.template load<5>(d + tile, 64);
      tiles.template dot<2, 5, 6>();
      if constexpr (CT > 1) tiles.template dot<3, 5, 7>();
    }
    d += RT * tile;
    columns += some * row_bytes;
  }
  store_sums<RT, CT>(tiles, c, c_leading);
}

/// An OuterKernel of 16 RT columns of D and a panel of NV vectors, two columns of tiles at a time.
template <int RT, int NV, class Tiles>
LIMN_ALWAYS_INLINE void outer_tiles(Tiles& tiles, const float* d, Index pairs, const float* p,
                                    float* c, Index c_leading, bool load) {
  outer_block<RT, NV == 1 ? 1 : 2, NV>(tiles, d, pairs, p, c, c_leading, load);
  if constexpr (NV > 2)
    outer_block<RT, NV - 2, NV>(tiles, d, pairs, p + 32, c + 32, c_leading, load);
}

#if LIMN_X86_64
template <int RT, int NV>
LIMN_TARGET_AMX void outer_amx(const float* d, Index, Index pairs, const float* p, float* c,
                               Index c_leading, bool load) {
  AmxTiles tiles;
  outer_tiles<RT, NV>(tiles, d, pairs, p, c, c_leading, load);
}

/// Tiles for 32 and 16 columns of D; what is left goes to the bfloat16 units.
template <int NV>
[[nodiscard]] OuterKernels with_amx(const OuterKernels& rest) {
  OuterKernels all{{2 * tile_rows, tile_rows}, {outer_amx<2, NV>, outer_amx<1, NV>}};
  for (int i = 0; i < 5; ++i) {
    all.rows[2 + i] = rest.rows[i];
    all.kernel[2 + i] = rest.kernel[i];
  }
  all.begin = AmxTiles::begin;
  all.end = AmxTiles::end;
  return all;
}
#endif

}  // namespace detail

/// Are blocks of so many columns of D packed for tiles?
[[nodiscard]] constexpr bool packed_for_tiles(Isa isa, Index width) {
  return isa >= Isa::amx_bf16 && width >= tile_rows;
}

/// The kernels for pairs of rows and a panel of pair_level(isa).
[[nodiscard]] inline OuterKernels outer_pair_kernels(Isa isa, Index panel) {
  const OuterKernels units = outer_kernels_bf16(isa, panel);
#if LIMN_X86_64
  if (isa >= Isa::amx_bf16)
    return of_tile_panel(panel, [&]<int NV>() { return detail::with_amx<NV>(units); });
#endif
  return units;
}

/// A strip of `pairs` pairs of rows of D, columns q .. q + width of rows of `leading` units, as a
/// block for tiles wants it; width is a multiple of 16. Behind the last pair there is room in
/// `from`, which becomes zero.
inline void pack_for_tiles([[maybe_unused]] float* from, [[maybe_unused]] Index leading,
                           [[maybe_unused]] Index pairs, [[maybe_unused]] Index width,
                           [[maybe_unused]] float* to) {
#if LIMN_X86_64
  for (Index m = pairs; m < strip_pairs; ++m)
    for (Index q = 0; q < width; ++q) from[m * leading + q] = 0.0F;
  for (Index q = 0; q < width; q += 16)
    detail::transpose_columns16(from + q, leading, 16, to + q * strip_pairs, strip_pairs);
#endif
}

}  // namespace limn::inline v0::cpu
