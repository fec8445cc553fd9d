// SPDX-License-Identifier: MIT
// Matrix products on every instruction set against three loops in double.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "conv_reference.hpp"
#include "limn/cpu/cpu.hpp"  // with which kernels are those of limn::kernels
#include "limn/cpu/gemm.hpp"
#include "tested_levels.hpp"

namespace {

using namespace limn;
using reference::Workspace;

struct Extents {
  Index m, n, k;
};
const std::vector<Extents> extents{
    {1, 1, 1},     {1, 256, 300},  {2, 17, 5000}, {3, 1100, 70}, {4, 10, 4500}, {5, 40, 37},
    {8, 3, 129},   {8, 100, 1100}, {9, 64, 64},   {12, 5, 2000}, {33, 70, 40},  {300, 65, 20},
    {100, 3, 33},  {70, 70, 900},  {6, 4, 0},     {20, 20, 0},   {64, 200, 3},  {5, 3000, 2},
    {70, 2100, 1}, {40, 37, 4},    {33, 1050, 5}, {11, 50, 6},   {20, 90, 7},   {9, 1030, 8}};

template <class TA, class TB, class TC>
void check(Isa isa, const Extents& e, bool ta, bool tb, double tolerance) {
  cpu::Gemm<TA, TB, TC> g;
  g.transpose_a = ta;
  g.transpose_b = tb;
  g.m = e.m;
  g.n = e.n;
  g.k = e.k;
  g.a_leading = (ta ? e.m : e.k) + 3;
  g.b_leading = (tb ? e.k : e.n) + 1;
  g.c_leading = e.n + 2;
  const auto a = reference::noise<TA>((ta ? e.k : e.m) * g.a_leading + 1, 1);
  const auto b =
      reference::noise<TB>((tb ? e.n : e.k) * g.b_leading + 1, 2, 1 / std::sqrt(double(e.k + 1)));
  const auto before = reference::noise<TC>(e.m * g.c_leading, 3);
  const auto bias = reference::noise<param_t<TC>>(e.n, 4);
  g.a = a.data();
  g.b = b.data();
  std::vector<double> products;
  for (Index i = 0; i < e.m; ++i)
    for (Index j = 0; j < e.n; ++j) {
      double v = 0;
      for (Index q = 0; q < e.k; ++q)
        v += double(a[std::size_t(ta ? q * g.a_leading + i : i * g.a_leading + q)]) *
             double(b[std::size_t(tb ? j * g.b_leading + q : q * g.b_leading + j)]);
      products.push_back(v);
    }
  for (const int variant : {0, 1, 2}) {
    CAPTURE(variant);
    g.bias = variant == 2 ? bias.data() : nullptr;
    g.activation = variant == 2 ? leaky_relu_activation(0.2F) : identity_activation;
    g.accumulate = variant == 1;
    std::vector<double> expected = products;
    for (std::size_t at = 0; at < expected.size(); ++at) {
      const Index i = Index(at) / e.n, j = Index(at) % e.n;
      if (variant == 1) expected[at] += double(before[std::size_t(i * g.c_leading + j)]);
      if (variant == 2) expected[at] += double(bias[std::size_t(j)]);
      expected[at] = g.activation(expected[at]);
    }
    std::vector<TC> results[2];
    for (const int threads : {1, 2}) {
      ThreadPool pool(threads);
      auto c = g.accumulate ? before : reference::poison<TC>(e.m * g.c_leading);
      const auto untouched = c;
      g.c = c.data();
      cpu::Gemm<TA, TB, TC> asked;
      asked.transpose_a = ta;
      asked.transpose_b = tb;
      asked.m = e.m;
      asked.n = e.n;
      asked.k = e.k;
      const Workspace space(cpu::gemm_workspace(isa, asked, threads));
      cpu::gemm(pool, isa, g, space.data());
      CHECK(space.intact());
      auto& dense = results[threads - 1];
      bool gaps = true;
      for (Index i = 0; i < e.m; ++i)
        for (Index j = 0; j < g.c_leading; ++j) {
          const auto at = std::size_t(i * g.c_leading + j);
          if (j < e.n)
            dense.push_back(c[at]);
          else
            gaps = gaps && std::memcmp(&c[at], &untouched[at], sizeof(TC)) == 0;
        }
      CHECK(gaps);
      CHECK(reference::distance(dense, expected) <= tolerance);
    }
    CHECK(reference::same_bytes(results[0], results[1]));
  }
}

template <class TA, class TB, class TC>
void check_all(double tolerance, double tolerance_bf16_units) {
  for (const Isa isa : limn_test::tested_levels()) {
    if (std::is_same_v<TC, double> && isa != Isa::portable) continue;
    for (const Extents& e : extents)
      for (const bool ta : {false, true})
        for (const bool tb : {false, true}) {
          const std::string what = std::string(to_string(isa)) + " " + std::to_string(e.m) + " x " +
                                   std::to_string(e.n) + " x " + std::to_string(e.k) +
                                   (ta ? " A^T" : "") + (tb ? " B^T" : "");
          CAPTURE(what);
          check<TA, TB, TC>(isa, e, ta, tb,
                            isa >= Isa::avx512_bf16 ? tolerance_bf16_units : tolerance);
        }
  }
}

TEST_CASE("gemm: float") { check_all<float, float, float>(2e-6, 2e-6); }
TEST_CASE("gemm: double") { check_all<double, double, double>(1e-12, 1e-12); }
TEST_CASE("gemm: bfloat16 activations, float weights") {
  check_all<bfloat16, float, bfloat16>(4e-3, 6e-3);
}
TEST_CASE("gemm: gradient of weights from bfloat16") {
  check_all<bfloat16, bfloat16, float>(5e-6, 5e-6);
}

template <class P>
void check_gemv(Isa isa, double tolerance) {
  for (const Extents& e : {Extents{1, 40, 70}, Extents{1, 300, 5000}, Extents{1, 3000, 33}})
    for (const bool transpose : {false, true})
      for (const bool accumulate : {false, true}) {
        cpu::Gemv<P> v;
        v.transpose = transpose;
        v.rows = e.n;
        v.columns = e.k;
        v.leading = e.k + 5;
        v.accumulate = accumulate;
        const Index in = transpose ? e.n : e.k, out = transpose ? e.k : e.n;
        const auto a = reference::noise<P>(e.n * v.leading, 1, 1 / std::sqrt(double(in)));
        const auto x = reference::noise<P>(in, 2);
        const auto before = reference::noise<P>(out, 3);
        auto y = accumulate ? before : reference::poison<P>(out);
        v.a = a.data();
        v.x = x.data();
        v.y = y.data();
        std::vector<double> expected(std::size_t(out), 0.0);
        if (accumulate) expected = reference::widen(before);
        for (Index i = 0; i < e.n; ++i)
          for (Index j = 0; j < e.k; ++j)
            expected[std::size_t(transpose ? j : i)] += double(a[std::size_t(i * v.leading + j)]) *
                                                        double(x[std::size_t(transpose ? i : j)]);
        ThreadPool pool(2);
        const Workspace space(cpu::gemv_workspace(isa, v, 2));
        cpu::gemv(pool, isa, v, space.data());
        CHECK(space.intact());
        CHECK(reference::distance(y, expected) <= tolerance);
      }
}

TEST_CASE("gemv: both directions") {
  for (const Isa isa : limn_test::tested_levels()) {
    check_gemv<float>(isa, 2e-6);
    check_gemv<double>(isa, 1e-12);
  }
}

}  // namespace
