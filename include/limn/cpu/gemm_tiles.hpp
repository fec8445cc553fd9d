// SPDX-License-Identifier: MIT
// Register blocks on matrix tiles: C in 2 x 2 tiles of 16 x 16 floats, A in tiles of 16 rows of 32
// bfloat16, B in tiles of 16 pairs along K (the packing of vdpbf16ps) of 16 columns. The body is
// written for any type of tiles: the tests run it on a model in plain C++.
#pragma once

#include <cstdint>

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/amx.hpp"
#include "limn/cpu/gemm_micro.hpp"
#include "limn/cpu/gemm_micro_bf16.hpp"

namespace limn::inline v0::cpu {

/// Rows of one tile, and pairs along K.
inline constexpr int tile_rows = 16;

namespace detail {

/// Sixteen rows of A: at one distance from each other, as pixels of a picture's row are, they are
/// loaded where they lie; else they are copied together first.
struct TileRows {
  const char* first = nullptr;
  Index stride = 0;
  bool even = true;

  LIMN_ALWAYS_INLINE explicit TileRows(const void* const* rows)
      : first(static_cast<const char*>(rows[0])), stride(distance(rows, 1)) {
    for (int r = 2; r < tile_rows; ++r) even = even && distance(rows, r) == stride;
  }

 private:
  // of addresses: rows may be of several buffers
  LIMN_ALWAYS_INLINE static Index distance(const void* const* rows, int r) {
    return static_cast<Index>(reinterpret_cast<std::uintptr_t>(rows[r]) -
                              reinterpret_cast<std::uintptr_t>(rows[r - 1]));
  }
};

/// Tile T = 16 rows of A from pair k on, of which `pairs` exist; the others become zero.
template <int T, class Tiles>
LIMN_ALWAYS_INLINE void load_rows(Tiles& tiles, const TileRows& at, const void* const* rows,
                                  Index k, Index pairs) {
  if (at.even && pairs == tile_rows) return tiles.template load<T>(at.first + 4 * k, at.stride);
  alignas(64) char copy[tile_rows * 64] = {};
  if (pairs == tile_rows)
    for (int r = 0; r < tile_rows; ++r)
      __builtin_memcpy(copy + 64 * r, static_cast<const char*>(rows[r]) + 4 * k, 64);
  else
    for (int r = 0; r < tile_rows; ++r)
      __builtin_memcpy(copy + 64 * r, static_cast<const char*>(rows[r]) + 4 * k,
                       static_cast<std::size_t>(4 * pairs));
  tiles.template load<T>(copy, 64);
}

/// Tile T = 16 columns of B's next `pairs` rows of `row_bytes` bytes; the others become zero, so
/// that what lies behind the panel is neither read nor multiplied.
template <int T, class Tiles>
LIMN_ALWAYS_INLINE void load_columns(Tiles& tiles, const char* b, Index row_bytes, Index pairs) {
  if (pairs == tile_rows) return tiles.template load<T>(b, row_bytes);
  alignas(64) char copy[tile_rows * 64] = {};
  for (Index k = 0; k < pairs; ++k) __builtin_memcpy(copy + 64 * k, b + k * row_bytes, 64);
  tiles.template load<T>(copy, 64);
}

/// Tiles 0 to 3 = RT x CT tiles of C, whose rows are `leading` floats apart, or zeros.
template <int RT, int CT, class Tiles>
LIMN_ALWAYS_INLINE void load_sums(Tiles& tiles, const float* c, Index leading, bool load) {
  const Index bytes = 4 * leading;
  const float* lower = c + tile_rows * leading;
  if (load) {
    tiles.template load<0>(c, bytes);
    if constexpr (CT > 1) tiles.template load<1>(c + 16, bytes);
    if constexpr (RT > 1) tiles.template load<2>(lower, bytes);
    if constexpr (RT > 1 && CT > 1) tiles.template load<3>(lower + 16, bytes);
  } else {
    tiles.template zero<0>();
    if constexpr (CT > 1) tiles.template zero<1>();
    if constexpr (RT > 1) tiles.template zero<2>();
    if constexpr (RT > 1 && CT > 1) tiles.template zero<3>();
  }
}
template <int RT, int CT, class Tiles>
LIMN_ALWAYS_INLINE void store_sums(Tiles& tiles, float* c, Index leading) {
  const Index bytes = 4 * leading;
  float* lower = c + tile_rows * leading;
  tiles.template store<0>(c, bytes);
  if constexpr (CT > 1) tiles.template store<1>(c + 16, bytes);
  if constexpr (RT > 1) tiles.template store<2>(lower, bytes);
  if constexpr (RT > 1 && CT > 1) tiles.template store<3>(lower + 16, bytes);
}

/// RT x CT tiles of C; b and c at their first column, rows of NV vectors of 16.
template <int RT, int CT, int NV, class Tiles>
LIMN_ALWAYS_INLINE void tile_block(Tiles& tiles, const void* const* a, Index segments, Index len,
                                   const char* b, float* c, bool load) {
  constexpr Index row_bytes = NV * 64;
  load_sums<RT, CT>(tiles, c, NV * 16, load);
  for (Index s = 0; s < segments; ++s, a += RT * tile_rows) {
    const TileRows upper_rows(a), lower_rows(a + (RT - 1) * tile_rows);
    for (Index k = 0; k < len; k += tile_rows) {
      const Index pairs = len - k < tile_rows ? len - k : tile_rows;
      load_rows<4>(tiles, upper_rows, a, k, pairs);
      load_columns<6>(tiles, b, row_bytes, pairs);
      tiles.template dot<0, 4, 6>();
      if constexpr (CT > 1) {
        load_columns<7>(tiles, b + 64, row_bytes, pairs);
        tiles.template dot<1, 4, 7>();
      }
      if constexpr (RT > 1) {
        load_rows<5>(tiles, lower_rows, a + tile_rows, k, pairs);
        tiles.template dot<2, 5, 6>();
        if constexpr (CT > 1) tiles.template dot<3, 5, 7>();
      }
      b += pairs * row_bytes;
    }
  }
  store_sums<RT, CT>(tiles, c, NV * 16);
}

/// A MicroKernel (len in pairs) of 16 RT rows and a panel of NV vectors, two columns of tiles at a
/// time.
template <int RT, int NV, class Tiles>
LIMN_ALWAYS_INLINE void tile_product(Tiles& tiles, const void* const* a, Index segments, Index len,
                                     const void* packed, float* c, bool load) {
  const char* b = static_cast<const char*>(packed);
  tile_block<RT, NV == 1 ? 1 : 2, NV>(tiles, a, segments, len, b, c, load);
  if constexpr (NV > 2)
    tile_block<RT, NV - 2, NV>(tiles, a, segments, len, b + 2 * 64, c + 2 * 16, load);
}

#if LIMN_X86_64
template <int RT, int NV>
LIMN_TARGET_AMX void micro_amx(const void* const* a, Index segments, Index len, const void* packed,
                               float* c, bool load) {
  AmxTiles tiles;
  tile_product<RT, NV>(tiles, a, segments, len, packed, c, load);
}

/// Tiles for 32 and 16 rows; what is left goes to the bfloat16 units.
template <int NV>
[[nodiscard]] MicroKernels with_amx(const MicroKernels& rest) {
  return {rest.panel,
          {2 * tile_rows, tile_rows, rest.rows[0], rest.rows[1], rest.rows[2]},
          {micro_amx<2, NV>, micro_amx<1, NV>, rest.kernel[0], rest.kernel[1], rest.kernel[2]},
          AmxTiles::begin,
          AmxTiles::end};
}
#endif

}  // namespace detail

/// f.operator()<NV>() for the NV vectors of a panel of processors with tiles.
template <class F>
[[nodiscard]] auto of_tile_panel(Index panel, F&& f) {
  return panel == 64   ? f.template operator()<4>()
         : panel == 48 ? f.template operator()<3>()
         : panel == 32 ? f.template operator()<2>()
                       : f.template operator()<1>();
}

/// The level that multiplies pairs of bfloat16: without units for them, the portable one.
[[nodiscard]] constexpr Isa pair_level(Isa isa) {
  return isa >= Isa::avx512_bf16 ? isa : Isa::portable;
}

/// The most rows of a register block that multiplies pairs.
[[nodiscard]] constexpr Index most_block_rows(Isa isa) {
  return isa >= Isa::amx_bf16 ? 2 * tile_rows : 12;
}

/// The kernels for pairs of bfloat16 and a panel width of pair_level(isa).
[[nodiscard]] inline MicroKernels pair_kernels(Isa isa, int panel) {
  const MicroKernels units = micro_kernels_bf16(isa, panel);
#if LIMN_X86_64
  if (isa >= Isa::amx_bf16)
    return of_tile_panel(panel, [&]<int NV>() { return detail::with_amx<NV>(units); });
#endif
  return units;
}

}  // namespace limn::inline v0::cpu
