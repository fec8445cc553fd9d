// SPDX-License-Identifier: MIT
// Matrix products: C (+)= act(op(A) op(B) + bias), and y (+)= op(A) x.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "limn/core/activation.hpp"
#include "limn/core/scalar.hpp"
#include "limn/core/shape.hpp"
#include "limn/cpu/conv_patches.hpp"
#include "limn/cpu/gemm_double.hpp"
#include "limn/cpu/gemm_engine.hpp"
#include "limn/cpu/gemm_low_rank.hpp"
#include "limn/cpu/gemm_outer_engine.hpp"
#include "limn/cpu/gemm_small.hpp"
#include "limn/cpu/isa.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu {

/// C[m,n] (+)= act(op(A)[m,k] op(B)[k,n] + bias[n]), all row-major, rows `..._leading` elements
/// apart. A is stored [m,k], or [k,m] if transposed; B [k,n], or [n,k] if transposed. With
/// `accumulate`, C += op(A) op(B) + bias (activation none). Any of float and bfloat16 with float
/// arithmetic, or all double.
template <Scalar TA, Scalar TB, Scalar TC>
struct Gemm {
  bool transpose_a = false, transpose_b = false;
  Index m = 0, n = 0, k = 0;
  const TA* a = nullptr;
  Index a_leading = 0;
  const TB* b = nullptr;
  Index b_leading = 0;
  TC* c = nullptr;
  Index c_leading = 0;
  const param_t<TC>* bias = nullptr;
  Activation activation{};
  bool accumulate = false;
};

namespace detail {

/// A plain matrix as patches of one tap.
template <class T>
[[nodiscard]] Patches<T> matrix_rows(const T* a, Index rows, Index columns, Index leading) {
  Patches<T> p;
  p.a = a;
  p.channels = columns;
  p.out_h = rows;
  p.leading = std::max<Index>(leading, 1);  // 0 would mean tables
  return p;
}

template <class TA, class TB, class TC>
void gemm_general(ThreadPool* pool, Isa isa, int threads, const Gemm<TA, TB, TC>& g,
                  const Output<TC>& out, Arena& arena) {
  Product<TA, TB, TC> product;
  product.patches = matrix_rows(g.a, g.m, g.k, g.a_leading);
  if (g.transpose_a) {
    TA* turned = arena.take<TA>(g.m * g.k);
    product.patches = matrix_rows(static_cast<const TA*>(turned), g.m, g.k, g.k);
    if (pool != nullptr)
      pool->run((g.m + 15) / 16, [&](Index chunk, int) {
        const Index m1 = std::min(g.m, chunk * 16 + 16);
        for (Index q = 0; q < g.k; ++q)
          for (Index i = chunk * 16; i < m1; ++i) turned[i * g.k + q] = g.a[q * g.a_leading + i];
      });
  }
  product.weights = {
      g.b, g.k, g.n, g.transpose_b ? 1 : g.b_leading, g.transpose_b ? g.b_leading : 1, nullptr};
  product.out = out;
  product.plan(isa, threads, arena);
  if (pool != nullptr) product.run(*pool);
}

/// Which path a product takes, its workspace, and the product itself if `pool` is there.
template <class TA, class TB, class TC>
void gemm_planned(ThreadPool* pool, Isa isa, int threads, const Gemm<TA, TB, TC>& g, Arena& arena) {
  Output<TC> out;
  out.y = g.c;
  out.out_h = g.m;
  out.columns = g.n;
  out.row_stride = g.c_leading;
  out.bias = g.bias;
  out.activation = g.activation;
  out.accumulate = g.accumulate;

  // A bias or an activation takes the general path; the workspace is asked for without knowing.
  const bool plain = g.bias == nullptr && g.activation.kind == Activation::Kind::none;
  if (pool != nullptr && plain && !g.transpose_b && g.k >= 1 && g.k <= low_rank)
    return low_rank_product(*pool, isa, g.m, g.n, g.k, g.a, g.transpose_a ? 1 : g.a_leading,
                            g.transpose_a ? g.a_leading : 1, g.b, g.b_leading, g.c, g.c_leading,
                            g.accumulate);
  if constexpr (std::is_same_v<TA, TB> && std::is_same_v<TC, float>) {
    // The gradient of weights.
    if (g.transpose_a && !g.transpose_b) {
      // The workspace is asked for before bias and activation are known: count both paths.
      if (plain || arena.counts()) {
        Arena own = arena;
        OuterProduct<TA> product;
        product.p = matrix_rows(g.b, g.k, g.n, g.b_leading);
        product.d = matrix_rows(g.a, g.k, g.m, g.a_leading);
        product.c = g.c;
        product.c_leading = g.c_leading;
        product.accumulate = g.accumulate;
        product.plan(isa, threads, own);
        if (pool != nullptr) return product.run(*pool);
        Arena general = arena;
        gemm_general(pool, isa, threads, g, out, general);
        arena = own.used() > general.used() ? own : general;
        return;
      }
    }
  }
  if (!g.transpose_a && g.m <= small_rows) {
    SmallProduct<TA, TB, TC> product;
    product.m = g.m;
    product.n = g.n;
    product.k = g.k;
    product.a = g.a;
    product.a_leading = g.a_leading;
    product.b = g.b;
    product.b_leading = g.b_leading;
    product.transposed = g.transpose_b;
    product.out = out;
    product.plan(isa, threads, arena);
    if (pool != nullptr) product.run(*pool);
    return;
  }
  gemm_general(pool, isa, threads, g, out, arena);
}

}  // namespace detail

/// Bytes of workspace that gemm needs, aligned to 64. Of `g`, transposes, m, n and k count.
template <Scalar TA, Scalar TB, Scalar TC>
[[nodiscard]] std::size_t gemm_workspace(Isa isa, Gemm<TA, TB, TC> g, int threads) {
  Arena arena(nullptr);
  if constexpr (!std::is_same_v<TC, double>) {
    g.a_leading = g.transpose_a ? g.m : g.k;
    g.b_leading = g.transpose_b ? g.k : g.n;
    detail::gemm_planned<TA, TB, TC>(nullptr, isa, threads, g, arena);
  }
  return arena.used();
}

/// Extents that are 0 are allowed: an empty sum is 0. Results do not depend on the number of
/// threads.
template <Scalar TA, Scalar TB, Scalar TC>
void gemm(ThreadPool& pool, Isa isa, const Gemm<TA, TB, TC>& g, std::byte* workspace) {
  if (g.m == 0 || g.n == 0) return;
  if constexpr (std::is_same_v<TC, double>) {
    static_assert(std::is_same_v<TA, double> && std::is_same_v<TB, double>,
                  "a product in double has operands in double");
    detail::gemm_double(pool, g);
  } else {
    Arena arena(workspace);
    detail::gemm_planned<TA, TB, TC>(&pool, isa, pool.threads(), g, arena);
  }
}

/// y (+)= A x, or A^T x, for A [rows, columns]; P is float or double.
template <Scalar P>
struct Gemv {
  bool transpose = false;
  Index rows = 0, columns = 0;
  const P* a = nullptr;
  Index leading = 0;
  const P* x = nullptr;
  P* y = nullptr;
  bool accumulate = false;
};

namespace detail {

template <class P>
[[nodiscard]] Gemm<P, P, P> as_gemm(const Gemv<P>& v) {
  Gemm<P, P, P> g;
  g.transpose_b = !v.transpose;
  g.m = 1;
  g.n = v.transpose ? v.columns : v.rows;
  g.k = v.transpose ? v.rows : v.columns;
  g.a = v.x;
  g.a_leading = g.k;
  g.b = v.a;
  g.b_leading = v.leading;
  g.c = v.y;
  g.c_leading = g.n;
  g.accumulate = v.accumulate;
  return g;
}

}  // namespace detail

/// Bytes of workspace that gemv needs, aligned to 64.
template <Scalar P>
[[nodiscard]] std::size_t gemv_workspace(Isa isa, const Gemv<P>& v, int threads) {
  return gemm_workspace(isa, detail::as_gemm(v), threads);
}

/// Reads A once. Results do not depend on the number of threads.
template <Scalar P>
void gemv(ThreadPool& pool, Isa isa, const Gemv<P>& v, std::byte* workspace) {
  gemm(pool, isa, detail::as_gemm(v), workspace);
}

}  // namespace limn::inline v0::cpu
