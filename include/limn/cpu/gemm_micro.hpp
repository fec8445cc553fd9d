// SPDX-License-Identifier: MIT
// Register blocks of matrix products: C[R, N] (+)= sum over segments A_segment[R, len] B[len, N],
// rows of A addressed through pointers, N a panel of 1 to 4 vectors. Convolutions put one tap
// into each segment; so reflection padding, upsampling and strides are only pointers.
#pragma once

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"

namespace limn::inline v0::cpu {

/// a: pointers [segments][rows]; b: packed [segments * len][panel width]; c: [rows][panel width];
/// c is added to if `load`, else overwritten.
using MicroKernel = void (*)(const void* const* a, Index segments, Index len, const void* b,
                             float* c, bool load);

/// A panel width with its kernels: for `rows[0]` rows (as many accumulators as registers hold),
/// fewer, and in the end one. If there is `begin`, a thread calls it before kernels, and `end`
/// after them.
struct MicroKernels {
  int panel = 0;
  int rows[5] = {};
  MicroKernel kernel[5] = {};
  void (*begin)() = nullptr;
  void (*end)() = nullptr;

  /// The largest block that `left` rows, at least 1, fill.
  [[nodiscard]] int fitting(Index left) const {
    int v = 0;
    while (rows[v] > left) ++v;
    return v;
  }
};

namespace detail {

template <int Bytes, int R, int NV>
LIMN_ALWAYS_INLINE void micro(const void* const* a, Index segments, Index len, const void* packed,
                              float* c, bool load) {
  constexpr int w = Bytes / 4;
  using V = simd::Vec<float, w>;
  const float* b = static_cast<const float*>(packed);
  V acc[R][NV];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) acc[r][j] = V{};
  }
  if (load) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) simd::load(acc[r][j], c + (r * NV + j) * w);
    }
  }
  for (Index s = 0; s < segments; ++s, a += R) {
    const float* p[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) p[r] = static_cast<const float*>(a[r]);
    for (Index k = 0; k < len; ++k, b += NV * w) {
      V bv[NV];
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) simd::load(bv[j], b + j * w);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        V x;
        simd::broadcast(x, p[r][k]);
#pragma GCC unroll 4
        for (int j = 0; j < NV; ++j) acc[r][j] = acc[r][j] + x * bv[j];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) simd::store(c + (r * NV + j) * w, acc[r][j]);
  }
}

template <int R, int NV>
void micro_portable(const void* const* a, Index segments, Index len, const void* b, float* c,
                    bool load) {
  micro<16, R, NV>(a, segments, len, b, c, load);
}
template <int R, int NV>
LIMN_TARGET_AVX2 void micro_avx2(const void* const* a, Index segments, Index len, const void* b,
                                 float* c, bool load) {
  micro<32, R, NV>(a, segments, len, b, c, load);
}
template <int R, int NV>
LIMN_TARGET_AVX512 void micro_avx512(const void* const* a, Index segments, Index len, const void* b,
                                     float* c, bool load) {
  micro<64, R, NV>(a, segments, len, b, c, load);
}

}  // namespace detail

/// The width of the panel that begins where `left` columns are left.
[[nodiscard]] inline int panel_width(Isa isa, Index left) {
  const int w = isa >= Isa::avx512 ? 16 : isa == Isa::avx2 ? 8 : 4;
  if (isa >= Isa::avx512 && left > 2 * w) return left > 3 * w ? 4 * w : 3 * w;
  return left > w ? 2 * w : w;
}

/// The kernels of a panel width that panel_width() gave.
[[nodiscard]] inline MicroKernels micro_kernels([[maybe_unused]] Isa isa, int panel) {
  using namespace detail;
#if LIMN_X86_64
  if (isa >= Isa::avx512) {
    if (panel == 64)
      return {64, {6, 3, 1}, {micro_avx512<6, 4>, micro_avx512<3, 4>, micro_avx512<1, 4>}};
    if (panel == 48)
      return {48, {8, 4, 1}, {micro_avx512<8, 3>, micro_avx512<4, 3>, micro_avx512<1, 3>}};
    if (panel == 32)
      return {32, {12, 4, 1}, {micro_avx512<12, 2>, micro_avx512<4, 2>, micro_avx512<1, 2>}};
    return {16, {12, 4, 1}, {micro_avx512<12, 1>, micro_avx512<4, 1>, micro_avx512<1, 1>}};
  }
  if (isa == Isa::avx2) {
    if (panel == 16) return {16, {6, 3, 1}, {micro_avx2<6, 2>, micro_avx2<3, 2>, micro_avx2<1, 2>}};
    return {8, {12, 4, 1}, {micro_avx2<12, 1>, micro_avx2<4, 1>, micro_avx2<1, 1>}};
  }
#endif
  if (panel == 8)
    return {8, {6, 3, 1}, {micro_portable<6, 2>, micro_portable<3, 2>, micro_portable<1, 2>}};
  return {4, {12, 4, 1}, {micro_portable<12, 1>, micro_portable<4, 1>, micro_portable<1, 1>}};
}

}  // namespace limn::inline v0::cpu
