// SPDX-License-Identifier: MIT
// C[M,N] = A[M,K] op(B) with few rows M: B is read once, straight through, at the memory's pace.
// Chunks are (range of K, range of N); ranges of K are summed in order.
#pragma once

#include <algorithm>
#include <cstddef>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/gemm_dot.hpp"
#include "limn/cpu/gemm_outer.hpp"
#include "limn/cpu/gemm_output.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// Products with at most this many rows take the path of this file.
inline constexpr Index small_rows = 8;

namespace detail {

/// c[m][n] (+)= sum of a[m][k] b[k][n] over some rows of b at a time; c rows of `c_leading`. Rows
/// of b may lie pages apart, where the processor does not look ahead: the next ones are asked for.
template <class TB>
struct AddRows {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const float* a, Index a_leading, Index m, const TB* b,
                                     Index b_leading, Index depth, float* c, Index c_leading,
                                     Index n) const {
    constexpr int rows = Bytes == 64 ? 8 : 4;  // registers
    Index k = 0;
    for (; k + rows <= depth; k += rows)
      add<Bytes, rows>(a + k, a_leading, m, b + k * b_leading, b_leading, c, c_leading, n, k > 0);
    for (; k < depth; ++k)
      add<Bytes, 1>(a + k, a_leading, m, b + k * b_leading, b_leading, c, c_leading, n, k > 0);
  }

 private:
  template <int Bytes, int Rows>
  LIMN_ALWAYS_INLINE static void add(const float* a, Index a_leading, Index m, const TB* b,
                                     Index b_leading, float* c, Index c_leading, Index n,
                                     bool load) {
    constexpr int w = Bytes / 4;
    using V = simd::Vec<float, w>;
    Index j = 0;
    for (; j + w <= n; j += w) {
      V rows[Rows], x, acc;
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
        simd::load(rows[r], b + r * b_leading + j);
        simd::prefetch(b + (r + Rows) * b_leading + j);
      }
      for (Index i = 0; i < m; ++i) {
        acc = V{};
        if (load) simd::load(acc, c + i * c_leading + j);
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
          simd::broadcast(x, a[i * a_leading + r]);
          acc = acc + x * rows[r];
        }
        simd::store(c + i * c_leading + j, acc);
      }
    }
    for (; j < n; ++j)
      for (Index i = 0; i < m; ++i) {
        float acc = load ? c[i * c_leading + j] : 0.0F;
        for (int r = 0; r < Rows; ++r)
          acc += a[i * a_leading + r] * static_cast<float>(b[r * b_leading + j]);
        c[i * c_leading + j] = acc;
      }
  }
};

}  // namespace detail

/// Made by plan(), as Product. `transposed`: B is [N][K], else [K][N].
template <class TA, class TB, class TC>
class SmallProduct {
 public:
  Index m = 0, n = 0, k = 0;
  const TA* a = nullptr;
  Index a_leading = 0;
  const TB* b = nullptr;
  Index b_leading = 0;
  bool transposed = false;
  Output<TC> out;

  void plan(Isa isa, int threads, Arena& arena) {
    isa_ = isa;
    depth_ = std::min<Index>(k, transposed ? 4096 : 1024);
    ranges_ = k == 0 ? 1 : (k + depth_ - 1) / depth_;
    width_ = transposed ? std::max<Index>(8, (Index{1} << 18) / std::max<Index>(depth_, 1) / 8 * 8)
                        : 2048;
    columns_ = (n + width_ - 1) / width_;
    parts_ = arena.take<float>(ranges_ * m * n);
    scratch_size_ = m * ((depth_ + 15) / 16 * 16);
    scratch_ = arena.take<float>(scratch_size_ * threads);
  }

  void run(ThreadPool& pool) {
    pool.run(ranges_ * columns_, [&](Index chunk, int worker) {
      const Index range = chunk / columns_, k0 = range * depth_, k1 = std::min(k, k0 + depth_);
      const Index n0 = chunk % columns_ * width_, n1 = std::min(n, n0 + width_);
      float* slice = scratch_ + worker * scratch_size_;
      const Index length = transposed ? (k1 - k0) / 16 * 16 : k1 - k0;
      for (Index i = 0; i < m; ++i)
        simd::dispatch(isa_, simd::ToFloat<TA>{}, a + i * a_leading + k0, slice + i * length,
                       length);
      float* part = parts_ + range * m * n;
      if (!transposed)
        simd::dispatch(isa_, detail::AddRows<TB>{}, static_cast<const float*>(slice), length, m,
                       b + k0 * b_leading + n0, b_leading, length, part + n0, n, n1 - n0);
      else
        dots(slice, k0, k1, length, n0, n1, part);
      if (!transposed && k1 == k0)
        for (Index i = 0; i < m; ++i) std::fill(part + i * n + n0, part + i * n + n1, 0.0F);
    });
    constexpr Index step = 4096;
    const Index steps = (n + step - 1) / step;
    pool.run(m * steps, [&](Index chunk, int) {
      const Index row = chunk / steps, n0 = chunk % steps * step, count = std::min(step, n - n0);
      float* first = parts_ + row * n + n0;
      if (ranges_ > 1)
        simd::dispatch(isa_, AddParts{}, static_cast<const float*>(first + m * n), ranges_ - 1,
                       m * n, first, count, true);
      simd::dispatch(isa_, StoreTile<TC>{}, &out, row, Index{1}, n0, count, first, count, Index{0});
    });
  }

 private:
  // Rows of B take the place of pixels, rows of A that of columns.
  void dots(const float* slice, Index k0, Index k1, Index length, Index n0, Index n1,
            float* part) const {
    const void* pointers[8];
    float result[8 * dot_columns];
    for (Index j = n0; j < n1;) {
      Index rows = 1;
      for (Index i0 = 0; i0 < m; i0 += dot_columns) {
        const Index columns = std::min(dot_columns, m - i0);
        const DotKernels kernels = dot_kernels<TB>(isa_, columns);
        // one block size for all groups of A's rows
        const DotKernels widest = dot_kernels<TB>(isa_, std::min(m, dot_columns));
        const bool whole = n1 - j >= widest.rows[0];
        rows = whole ? widest.rows[0] : 1;
        for (Index r = 0; r < rows; ++r) pointers[r] = b + (j + r) * b_leading + k0;
        if (whole && kernels.rows[0] == rows) {
          kernels.kernel[0](pointers, 1, length, slice + i0 * length, result);
        } else {
          for (Index r = 0; r < rows; ++r)
            kernels.kernel[1](pointers + r, 1, length, slice + i0 * length,
                              result + r * dot_columns);
        }
        for (Index r = 0; r < rows; ++r)
          for (Index i = 0; i < columns; ++i) {
            float v = result[r * dot_columns + i];
            for (Index q = k0 + length; q < k1; ++q)
              v += static_cast<float>(a[(i0 + i) * a_leading + q]) *
                   static_cast<float>(b[(j + r) * b_leading + q]);
            part[(i0 + i) * n + j + r] = v;
          }
      }
      j += rows;
    }
  }

  Isa isa_ = Isa::portable;
  Index depth_ = 0, ranges_ = 1, width_ = 0, columns_ = 0, scratch_size_ = 0;
  float* parts_ = nullptr;
  float* scratch_ = nullptr;
};

}  // namespace limn::inline v0::cpu
