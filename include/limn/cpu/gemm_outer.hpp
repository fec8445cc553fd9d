// SPDX-License-Identifier: MIT
// C[R, N] (+)= D^T P over rows m: sums of outer products of a row of D and a row of a patch matrix.
// Gradients of weights: D = dy, P = patches of x, blocks of which are written out into the first
// cache.
#pragma once

#include <algorithm>
#include <cstddef>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/gemm_pack.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// d: rows of `d_leading`, the first R values count; p: [rows][panel]; c: R rows of `c_leading`.
using OuterKernel = void (*)(const float* d, Index d_leading, Index rows, const float* p, float* c,
                             Index c_leading, bool load);

/// Kernels for so many values of D's rows at a time, from many to one. If there is `begin`, a
/// thread calls it before kernels, and `end` after them.
struct OuterKernels {
  int rows[7] = {};
  OuterKernel kernel[7] = {};
  void (*begin)() = nullptr;
  void (*end)() = nullptr;

  /// The kernel that takes the most of `left` values; left > 0.
  [[nodiscard]] int fitting(Index left) const {
    int v = 0;
    while (rows[v] > left) ++v;
    return v;
  }
};

namespace detail {

template <int Bytes, int R, int NV>
LIMN_ALWAYS_INLINE void outer(const float* d, Index d_leading, Index rows, const float* p, float* c,
                              Index c_leading, bool load) {
  constexpr int w = Bytes / 4;
  using V = simd::Vec<float, w>;
  V acc[R][NV];
  // gradients of many weights and few rows: C comes from memory, while the rows are added up
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < NV * Bytes; j += 64) simd::prefetch_to_write(c + r * c_leading + j / 4);
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) acc[r][j] = V{};
  }
  if (load) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) simd::load(acc[r][j], c + r * c_leading + j * w);
    }
  }
  for (Index m = 0; m < rows; ++m, d += d_leading, p += NV * w) {
    V pv[NV];
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) {
      simd::load(pv[j], p + j * w);
      simd::pin(pv[j]);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      V x;
      simd::broadcast(x, d[r]);
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) acc[r][j] = acc[r][j] + x * pv[j];
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) simd::store(c + r * c_leading + j * w, acc[r][j]);
  }
}

template <int R, int NV>
void outer_portable(const float* d, Index d_leading, Index rows, const float* p, float* c,
                    Index c_leading, bool load) {
  outer<16, R, NV>(d, d_leading, rows, p, c, c_leading, load);
}
template <int R, int NV>
LIMN_TARGET_AVX2 void outer_avx2(const float* d, Index d_leading, Index rows, const float* p,
                                 float* c, Index c_leading, bool load) {
  outer<32, R, NV>(d, d_leading, rows, p, c, c_leading, load);
}
template <int R, int NV>
LIMN_TARGET_AVX512 void outer_avx512(const float* d, Index d_leading, Index rows, const float* p,
                                     float* c, Index c_leading, bool load) {
  outer<64, R, NV>(d, d_leading, rows, p, c, c_leading, load);
}

}  // namespace detail

[[nodiscard]] inline OuterKernels outer_kernels([[maybe_unused]] Isa isa, Index panel) {
  using namespace detail;
#if LIMN_X86_64
  if (isa >= Isa::avx512) {
    if (panel == 64)
      return {{6, 4, 3, 2, 1},
              {outer_avx512<6, 4>, outer_avx512<4, 4>, outer_avx512<3, 4>, outer_avx512<2, 4>,
               outer_avx512<1, 4>}};
    if (panel == 48)
      return {{8, 4, 3, 2, 1},
              {outer_avx512<8, 3>, outer_avx512<4, 3>, outer_avx512<3, 3>, outer_avx512<2, 3>,
               outer_avx512<1, 3>}};
    if (panel == 32)
      return {{12, 8, 6, 4, 1},
              {outer_avx512<12, 2>, outer_avx512<8, 2>, outer_avx512<6, 2>, outer_avx512<4, 2>,
               outer_avx512<1, 2>}};
    return {{12, 8, 6, 4, 1},
            {outer_avx512<12, 1>, outer_avx512<8, 1>, outer_avx512<6, 1>, outer_avx512<4, 1>,
             outer_avx512<1, 1>}};
  }
  if (isa == Isa::avx2) {
    if (panel == 16)
      return {{6, 4, 3, 2, 1},
              {outer_avx2<6, 2>, outer_avx2<4, 2>, outer_avx2<3, 2>, outer_avx2<2, 2>,
               outer_avx2<1, 2>}};
    return {{12, 8, 6, 4, 1},
            {outer_avx2<12, 1>, outer_avx2<8, 1>, outer_avx2<6, 1>, outer_avx2<4, 1>,
             outer_avx2<1, 1>}};
  }
#endif
  if (panel == 8)
    return {{6, 4, 3, 2, 1},
            {outer_portable<6, 2>, outer_portable<4, 2>, outer_portable<3, 2>, outer_portable<2, 2>,
             outer_portable<1, 2>}};
  return {{12, 8, 6, 4, 1},
          {outer_portable<12, 1>, outer_portable<8, 1>, outer_portable<6, 1>, outer_portable<4, 1>,
           outer_portable<1, 1>}};
}

/// sum = (load ? sum : 0) + parts in order, each `stride` after the one before.
struct AddParts {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* part, Index parts, Index stride, float* to,
                                     Index count, bool load) const {
    constexpr int w = Bytes / 4;
    Index i = 0;
    for (; i + w <= count; i += w) {
      simd::Vec<float, w> v{}, u;
      if (load) simd::load(v, to + i);
      for (Index p = 0; p < parts; ++p) {
        simd::load(u, part + p * stride + i);
        v += u;
      }
      simd::store(to + i, v);
    }
    for (; i < count; ++i) {
      float v = load ? to[i] : 0.0F;
      for (Index p = 0; p < parts; ++p) v += part[p * stride + i];
      to[i] = v;
    }
  }
};

}  // namespace limn::inline v0::cpu
