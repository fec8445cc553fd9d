// SPDX-License-Identifier: MIT
// Group "matrix" as kernels: which one a product gets, told by its shape alone.
#pragma once

#include <algorithm>
#include <concepts>

#include "limn/core/maths.hpp"
#include "limn/core/primitives/matrix.hpp"
#include "limn/cuda/gemm.hpp"
#include "limn/cuda/gemv.hpp"

namespace limn::inline v0::gpu {

/// A product of float matrices as a library is asked for it; the key of its cache of plans.
/// c (m,n) (+)= op(a) op(b) + bias, then relu; row-major and dense.
struct MatrixProblem {
  Index m = 0, n = 0, k = 0;
  bool ta = false, tb = false, accumulate = false, bias = false, relu = false;
  auto operator<=>(const MatrixProblem&) const = default;
};

/// A device's library for products of float matrices. A device without one (CudaEmulation) has
/// limn's own kernels.
///   std::size_t workspace(): bytes that run() may be given
///   bool run(D&, const MatrixProblem&, const float* a, const float* b, float* c,
///            const float* bias, void* workspace, std::size_t bytes):
///     false if the library has no way to compute it
template <BlockDevice D>
struct MatrixLibrary {
  static constexpr bool available = false;
};

/// B are weights, float or stored as narrow as activations, which may be large; else a and b are
/// the factors of a gradient.
template <class B, class C>
inline constexpr bool multiplies_weights = std::same_as<B, param_t<C>> || std::same_as<B, C>;

/// How a product is computed.
struct ProductPlan {
  enum class Way { tiles, dots, columns } way = Way::tiles;
  Index splits = 1, split_k = 0;
};

namespace detail {

/// `splits` parts of k, each a multiple of `depth`.
inline ProductPlan split_plan(ProductPlan::Way way, Index k, Index splits, Index depth) {
  const Index split_k =
      std::max<Index>(1, blocks_of(blocks_of(k, std::max<Index>(splits, 1)), depth)) * depth;
  return {way, std::max<Index>(1, blocks_of(k, split_k)), split_k};
}

/// Some `blocks` of kernel K for n columns, each with at least `least` of k.
template <class K>
ProductPlan plan_skinny(ProductPlan::Way way, Index n, Index k, Index blocks, Index least,
                        Index depth) {
  const Index groups = std::max<Index>(1, blocks_of(n, K::columns));
  return split_plan(way, k, std::min(blocks / groups, k / least), depth);
}
template <class C>
ProductPlan plan_dots(Index n, Index k) {
  using Kernel = DotsKernel<C, C, C, 2, 1>;
  return plan_skinny<Kernel>(ProductPlan::Way::dots, n, k, 1024, 1024, 128);
}
template <class B>
ProductPlan plan_columns(Index n, Index k) {
  using Kernel = ColumnsKernel<B, B, B, 2, full_width<B>>;
  return plan_skinny<Kernel>(ProductPlan::Way::columns, n, k, 512, 64, Kernel::depth);
}

}  // namespace detail

/// Blocks enough for a large GPU, each with work enough to be worth its start.
template <class B, class C>
[[nodiscard]] ProductPlan plan_product(bool ta, bool tb, Index m, Index n, Index k) {
  using Way = ProductPlan::Way;
  constexpr Index few = 32;
  if (multiplies_weights<B, C> && !ta && m <= few) {
    if (tb && k >= 512) return detail::plan_dots<C>(n, k);
    if (!tb && n >= 2048) return detail::plan_columns<B>(n, k);
  }
  const Index tiles = std::max<Index>(1, blocks_of(m, 64) * blocks_of(n, 64));
  return detail::split_plan(Way::tiles, k, tiles >= 128 ? 1 : std::min(256 / tiles, k / 256), 16);
}

/// y (+)= op(a) x is a product with one row, by the kernels that read a once.
template <class P>
[[nodiscard]] ProductPlan plan_vector(bool ta, Index n, Index k) {
  return ta ? detail::plan_columns<P>(n, k) : detail::plan_dots<P>(n, k);
}

[[nodiscard]] inline std::size_t product_workspace(const ProductPlan& plan, Index m, Index n,
                                                   std::size_t size) {
  return plan.splits == 1 ? 0 : static_cast<std::size_t>(plan.splits * m * n) * size;
}

namespace detail {

template <template <class, class, class, int, int> class K, BlockDevice D, class A, class B,
          class C>
void launch_skinny(D& device, const ProductPlan& plan, const Product<A, B, C>& p) {
  constexpr Index full = full_width<B>;
  const bool aligned =
      p.k % full == 0 && (p.tb || p.n % full == 0) && aligned_for_packs(p.a, p.b, p.c);
  const auto of = [&]<int vectors, int width>(std::integral_constant<int, vectors>,
                                              std::integral_constant<int, width>) {
    using Kernel = K<A, B, C, vectors, width>;
    const Index chunks = blocks_of(p.m, vectors), groups = blocks_of(p.n, Kernel::columns);
    launch(device, {chunks * groups * plan.splits},
           Kernel{p, static_cast<int>(chunks), static_cast<int>(groups)});
  };
  using Full = std::integral_constant<int, full_width<B>>;
  if (!aligned)
    of(std::integral_constant<int, 8>{}, std::integral_constant<int, 1>{});
  else if (p.m <= 2)
    of(std::integral_constant<int, 2>{}, Full{});
  else
    of(std::integral_constant<int, 8>{}, Full{});
}

}  // namespace detail

/// Computes a product by limn's own kernels.
template <BlockDevice D, class A, class B, class C>
void multiply(D& device, const ProductPlan& plan, Product<A, B, C> p, void* workspace) {
  using P = param_t<C>;
  using Way = ProductPlan::Way;
  if (p.m == 0 || p.n == 0) return;
  constexpr Index full = full_width<P>;
  p.split_k = static_cast<int>(plan.split_k);
  p.partial = plan.splits == 1 ? nullptr : static_cast<P*>(workspace);
  if (plan.way == Way::tiles) {
    const bool aligned = (p.ta ? p.m : p.k) % full == 0 && (p.tb ? p.k : p.n) % full == 0 &&
                         p.n % full == 0 && aligned_for_packs(p.a, p.b, p.c);
    const Index tiles_m = blocks_of(p.m, 64), tiles_n = blocks_of(p.n, 64);
    with_width<P>(aligned, [&](auto width) {
      launch(device, {tiles_m * tiles_n * plan.splits},
             TileKernel<A, B, C, width()>{p, static_cast<int>(tiles_m), static_cast<int>(tiles_n)});
    });
  } else if constexpr (multiplies_weights<B, C>) {
    if (plan.way == Way::dots)
      detail::launch_skinny<DotsKernel>(device, plan, p);
    else
      detail::launch_skinny<ColumnsKernel>(device, plan, p);
  }
  if (plan.splits > 1)
    launch(device, {blocks_of(Index{p.m} * p.n, CombineKernel<A, B, C>::threads)},
           CombineKernel<A, B, C>{p, static_cast<int>(plan.splits)});
}

}  // namespace limn::inline v0::gpu

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar A, Scalar B, Scalar C>
struct Matrix<D, A, B, C> {
  using P = param_t<C>;
  using Scratch = Tensor<D, std::byte>;

  static std::size_t gemm_workspace(D&, Transpose ta, Transpose tb, Index m, Index n, Index k) {
    const auto plan = product_plan(ta, tb, m, n, k);
    const std::size_t own = gpu::product_workspace(plan, m, n, sizeof(P));
    if constexpr (library)
      if (suits_library(plan, k)) return std::max(own, gpu::MatrixLibrary<D>::workspace());
    return own;
  }
  static void gemm(D& device, Transpose ta, Transpose tb, const Tensor<D, A>& a,
                   const Tensor<D, B>& b, const Tensor<D, C>& c, Write write,
                   const Tensor<D, P>& bias, const Activation& activation, const Scratch& scratch) {
    const Index m = rows(c.shape()), n = columns(c.shape()), k = columns(a.shape(), ta);
    const auto plan = product_plan(ta, tb, m, n, k);
    if constexpr (library) {
      const bool relu = activation == relu_activation;
      if (plan.way == gpu::ProductPlan::Way::tiles && (relu || activation == identity_activation)) {
        const gpu::MatrixProblem problem{m,
                                         n,
                                         k,
                                         ta == Transpose::yes,
                                         tb == Transpose::yes,
                                         write == Write::accumulate,
                                         bias.defined(),
                                         relu};
        if (gpu::MatrixLibrary<D>::run(device, problem, a.data(), b.data(), c.data(),
                                       bias.data_or_null(), scratch.data_or_null(),
                                       scratch.defined() ? scratch.bytes() : 0))
          return;
      }
    }
    gpu::Product<A, B, C> p;
    p.a = a.data();
    p.b = b.data();
    p.c = c.data();
    p.bias = bias.data_or_null();
    p.m = static_cast<int>(m);
    p.n = static_cast<int>(n);
    p.k = static_cast<int>(k);
    p.ta = ta == Transpose::yes;
    p.tb = tb == Transpose::yes;
    p.accumulate = write == Write::accumulate;
    p.activation = activation;
    gpu::multiply(device, plan, p, scratch.data_or_null());
  }

  static std::size_t gemv_workspace(D&, Transpose ta, Index rows, Index columns) requires
      std::same_as<A, P> && std::same_as<B, P> && std::same_as<C, P> {
    const bool t = ta == Transpose::yes;
    const Index n = t ? columns : rows, k = t ? rows : columns;
    return gpu::product_workspace(gpu::plan_vector<P>(t, n, k), 1, n, sizeof(P));
  }
  static void gemv(D& device, Transpose ta, const Tensor<D, A>& a, const Tensor<D, B>& x,
                   const Tensor<D, C>& y, Write write, const Scratch& scratch) requires
      std::same_as<A, P> && std::same_as<B, P> && std::same_as<C, P> {
    const bool t = ta == Transpose::yes;
    gpu::Product<P, P, P> p;
    p.a = x.data();
    p.b = a.data();
    p.c = y.data();
    p.m = 1;
    p.n = static_cast<int>(y.size());
    p.k = static_cast<int>(x.size());
    p.tb = !t;
    p.accumulate = write == Write::accumulate;
    gpu::multiply(device, gpu::plan_vector<P>(t, p.n, p.k), p, scratch.data_or_null());
  }

 private:
  static constexpr bool library = gpu::MatrixLibrary<D>::available && std::same_as<A, float> &&
                                  std::same_as<B, float> && std::same_as<C, float>;

  // sums of a few terms cost what writing them costs
  static bool suits_library(const gpu::ProductPlan& plan, Index k) {
    return plan.way == gpu::ProductPlan::Way::tiles && k >= 64;
  }

  static gpu::ProductPlan product_plan(Transpose ta, Transpose tb, Index m, Index n, Index k) {
    return gpu::plan_product<B, C>(ta == Transpose::yes, tb == Transpose::yes, m, n, k);
  }
};

}  // namespace limn::inline v0::primitive
