// SPDX-License-Identifier: MIT
// Products in double, for gradient checks and golden runs: Eigen's, in blocks.
#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "limn/core/shape.hpp"
#include "limn/cpu/thread_pool.hpp"

namespace limn::inline v0::cpu::detail {

/// As gemm. Args is Gemm<double, double, double>.
template <class Args>
void gemm_double(ThreadPool& pool, const Args& g) {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Const = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
  using Map = Eigen::Map<Matrix, 0, Eigen::OuterStride<>>;
  const auto stride = [](Index leading) { return Eigen::OuterStride<>(leading); };
  constexpr Index rows = 64, columns = 256;
  const Index across = (g.n + columns - 1) / columns;
  pool.run((g.m + rows - 1) / rows * across, [&](Index chunk, int) {
    const Index i = chunk / across * rows, j = chunk % across * columns;
    const Index m = std::min(rows, g.m - i), n = std::min(columns, g.n - j);
    Map c(g.c + i * g.c_leading + j, m, n, stride(g.c_leading));
    if (!g.accumulate) c.setZero();
    const double* a = g.a + (g.transpose_a ? i : i * g.a_leading);
    const double* b = g.b + (g.transpose_b ? j * g.b_leading : j);
    const Const left(a, g.transpose_a ? g.k : m, g.transpose_a ? m : g.k, stride(g.a_leading));
    const Const right(b, g.transpose_b ? n : g.k, g.transpose_b ? g.k : n, stride(g.b_leading));
    if (g.transpose_a && g.transpose_b)
      c.noalias() += left.transpose() * right.transpose();
    else if (g.transpose_a)
      c.noalias() += left.transpose() * right;
    else if (g.transpose_b)
      c.noalias() += left * right.transpose();
    else
      c.noalias() += left * right;
    for (Index p = 0; p < m; ++p)
      for (Index q = 0; q < n; ++q)
        c(p, q) = g.activation(c(p, q) + (g.bias == nullptr ? 0.0 : g.bias[j + q]));
  });
}

}  // namespace limn::inline v0::cpu::detail
