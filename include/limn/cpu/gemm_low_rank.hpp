// SPDX-License-Identifier: MIT
// C[M,N] (+)= A[M,K] B[K,N] with few terms K: C passes through the registers once, at the memory's
// pace; all terms of an element are added there, in order.
#pragma once

#include <algorithm>

#include "limn/core/config.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/simd.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// Products with at most this many terms take the path of this file.
inline constexpr Index low_rank = 8;

namespace detail {

/// c[i][j] = (load ? c[i][j] : 0) + sum of a(i, q) b[q][j] over q < K; a(i, q) is at a + i * a_row
/// + q * a_term.
template <class TA, class TB, class TC>
struct AddTerms {
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()(const TA* a, Index a_row, Index a_term, const TB* b,
                                     Index b_leading, Index k, TC* c, Index c_leading, Index rows,
                                     Index n, bool load) const {
    constexpr int w = Bytes / 4;
    for (Index i = 0; i < rows; ++i, a += a_row, c += c_leading) {
      if (k == 1)
        add<Bytes, 1>(a, a_term, b, b_leading, c, n, load);
      else if (k == 2)
        add<Bytes, 2>(a, a_term, b, b_leading, c, n, load);
      else if (k == 3)
        add<Bytes, 3>(a, a_term, b, b_leading, c, n, load);
      else if (k == 4)
        add<Bytes, 4>(a, a_term, b, b_leading, c, n, load);
      else if (k == 5)
        add<Bytes, 5>(a, a_term, b, b_leading, c, n, load);
      else if (k == 6)
        add<Bytes, 6>(a, a_term, b, b_leading, c, n, load);
      else if (k == 7)
        add<Bytes, 7>(a, a_term, b, b_leading, c, n, load);
      else
        add<Bytes, 8>(a, a_term, b, b_leading, c, n, load);
      const Index j = n / w * w;
      if (j < n) add_rest<w>(a, a_term, b + j, b_leading, k, c + j, n - j, load);
    }
  }

 private:
  template <int Bytes, int K>
  LIMN_ALWAYS_INLINE static void add(const TA* a, Index a_term, const TB* b, Index b_leading, TC* c,
                                     Index n, bool load) {
    constexpr int w = Bytes / 4;
    using V = simd::Vec<float, w>;
    V scale[K], acc, x;
#pragma GCC unroll 8
    for (int q = 0; q < K; ++q) simd::broadcast(scale[q], static_cast<float>(a[q * a_term]));
    for (Index j = 0; j + w <= n; j += w) {
      acc = V{};
      if (load) simd::load(acc, c + j);
#pragma GCC unroll 8
      for (int q = 0; q < K; ++q) {
        simd::load(x, b + q * b_leading + j);
        acc = acc + scale[q] * x;
      }
      simd::store(c + j, acc);
    }
  }

  // The columns that fill no register, once a row: compiled once, not for each K.
  template <int Width>
  LIMN_ALWAYS_INLINE static void add_rest(const TA* a, Index a_term, const TB* b, Index b_leading,
                                          Index k, TC* c, Index n, bool load) {
    simd::Vec<float, Width> acc{}, scale, x;
    if (load) simd::load(acc, c, n);
    for (Index q = 0; q < k; ++q) {
      simd::broadcast(scale, static_cast<float>(a[q * a_term]));
      simd::load(x, b + q * b_leading, n);
      acc = acc + scale * x;
    }
    simd::store(c, acc, n);
  }
};

/// 1 <= k <= low_rank. B's strip stays in the first cache over a chunk's rows.
template <class TA, class TB, class TC>
void low_rank_product(ThreadPool& pool, Isa isa, Index m, Index n, Index k, const TA* a,
                      Index a_row, Index a_term, const TB* b, Index b_leading, TC* c,
                      Index c_leading, bool accumulate) {
  constexpr Index rows = 32;
  const Index width = k <= 2 ? 2048 : 1024;
  const Index strips = (n + width - 1) / width;
  pool.run((m + rows - 1) / rows * strips, [&](Index chunk, int) {
    const Index i = chunk / strips * rows, j = chunk % strips * width;
    simd::dispatch(isa, AddTerms<TA, TB, TC>{}, a + i * a_row, a_row, a_term, b + j, b_leading, k,
                   c + i * c_leading + j, c_leading, std::min(rows, m - i), std::min(width, n - j),
                   accumulate);
  });
}

}  // namespace detail
}  // namespace limn::inline v0::cpu
