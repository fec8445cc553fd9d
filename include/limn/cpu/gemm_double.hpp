// SPDX-License-Identifier: MIT
// Products in double, for gradient checks and golden runs: Eigen's, in blocks.
#pragma once

#include <algorithm>
#include <utility>

#include "limn/core/shape.hpp"
#include "limn/cpu/double_product.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu::detail {

/// As gemm. Args is Gemm<double, double, double>.
template <class Args>
void gemm_double(ThreadPool& pool, const Args& g) {
  constexpr Index rows = 64, columns = 256;
  const Index across = (g.n + columns - 1) / columns;
  pool.run((g.m + rows - 1) / rows * across, [&](Index chunk, int) {
    const Index i = chunk / across * rows, j = chunk % across * columns;
    const Index m = std::min(rows, g.m - i), n = std::min(columns, g.n - j);
    DoubleView c = double_view(g.c + i * g.c_leading + j, m, n, g.c_leading);
    if (!g.accumulate) c.setZero();
    const double* a = g.a + (g.transpose_a ? i : i * g.a_leading);
    const double* b = g.b + (g.transpose_b ? j * g.b_leading : j);
    DoubleMatrix turned;  // of A, a small part of the product's work
    if (g.transpose_a) turned = double_view(a, g.k, m, g.a_leading).transpose();
    const auto left = g.transpose_a ? double_view(std::as_const(turned).data(), m, g.k, g.k)
                                    : double_view(a, m, g.k, g.a_leading);
    if (g.transpose_b)
      add_product_transposed(c, left, double_view(b, n, g.k, g.b_leading));
    else
      add_product(c, left, double_view(b, g.k, n, g.b_leading));
    for (Index p = 0; p < m; ++p)
      for (Index q = 0; q < n; ++q)
        c(p, q) = g.activation(c(p, q) + (g.bias == nullptr ? 0.0 : g.bias[j + q]));
  });
}

}  // namespace limn::inline v0::cpu::detail
