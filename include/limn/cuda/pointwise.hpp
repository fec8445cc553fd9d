// SPDX-License-Identifier: MIT
// Group "pointwise" on a GPU: functors over flat packs of elements, and sums in two stages.
#pragma once

#include <array>
#include <utility>

#include "limn/core/primitives/pointwise.hpp"
#include "limn/cuda/sums.hpp"

namespace limn::inline v0::gpu {

/// y (+)= scale f(x1) or scale f(x1, x2). What is left after the last pack is done value by value.
template <Scalar T, class F, bool Two, int width>
struct MapElements {
  using P = param_t<T>;
  static constexpr int threads = 256, unroll = 4;
  /// Packs of a block.
  static constexpr Index share = static_cast<Index>(threads) * unroll;

  F f;
  const T *x1, *x2;
  T* y;
  const P* scale;  ///< one value, or null for 1
  Index size;
  bool accumulate;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const P factor = scale == nullptr ? P(1) : *scale;
      const Index packs = size / width, first = block.x() * share + thread;
      const Index left = packs - first;  // this thread's pack u exists if u * threads < left
      Pack<T, width> in1[unroll]{}, in2[unroll]{}, before[unroll]{};
      LIMN_UNROLL
      for (int u = 0; u < unroll; ++u) {
        if (u * threads >= left) continue;
        const Index at = (first + u * threads) * width;
        in1[u] = load<width>(x1 + at);
        if constexpr (Two) in2[u] = load<width>(x2 + at);
      }
      if (accumulate) {
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u)
          if (u * threads < left) before[u] = load<width>(y + (first + u * threads) * width);
      }
      LIMN_UNROLL
      for (int u = 0; u < unroll; ++u) {
        if (u * threads >= left) continue;
        Pack<P, width> out;
        LIMN_UNROLL
        for (int i = 0; i < width; ++i)
          out.value[i] = factor * of(in1[u].value[i], Two ? in2[u].value[i] : in1[u].value[i]);
        if (accumulate) add(out, before[u]);
        store(y + (first + u * threads) * width, converted<T>(out));
      }
      const Index rest = packs * width + thread;
      if (block.x() == 0 && rest < size) {
        P v = factor * of(x1[rest], Two ? x2[rest] : x1[rest]);
        if (accumulate) v += static_cast<P>(y[rest]);
        y[rest] = static_cast<T>(v);
      }
    });
  }

 private:
  [[nodiscard]] LIMN_HOST_DEVICE P of(T v1, T v2) const {
    if constexpr (Two)
      return f(static_cast<P>(v1), static_cast<P>(v2));
    else
      return f(static_cast<P>(v1));
  }
};

/// x summed over some axes, in groups (primitive::grouped); the innermost one, if it is kept, is
/// the row that a reduction folds.
class AxesSum {
 public:
  AxesSum(const Shape& s, const primitive::Axes& axes) : extents_(primitive::grouped(s, axes)) {
    if (extents_[1] == 1 && extents_[3] == 1)  // nothing is summed
      extents_[4] *= std::exchange(extents_[0], 1);
  }

  template <class T>
  [[nodiscard]] Reduction reduction() const {
    return Reduction::of<T>(extents_[0] * extents_[2], extents_[1] * extents_[3], extents_[4],
                            extents_[3]);
  }
  /// The rows in packs of `width` elements where those are summed, too.
  [[nodiscard]] DenseRows rows(Index width) const {
    const bool flat = extents_[4] == 1;
    return {static_cast<std::uint32_t>(extents_[1]), static_cast<std::uint32_t>(extents_[2]),
            static_cast<std::uint32_t>(flat ? extents_[3] / width : extents_[3]),
            flat ? width : extents_[4]};
  }

 private:
  std::array<Index, 5> extents_;
};

}  // namespace limn::inline v0::gpu

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar T>
struct Pointwise<D, T> {
  using P = param_t<T>;
  using Scratch = Tensor<D, std::byte>;

  template <class F>
  static void map(D& device, const F& f, const Tensor<D, T>& x, const Tensor<D, T>& y, Write write,
                  const Tensor<D, P>& scale) {
    run<false>(device, f, x, x, y, write, scale);
  }

  template <class F>
  static void map2(D& device, const F& f, const Tensor<D, T>& x1, const Tensor<D, T>& x2,
                   const Tensor<D, T>& y, Write write, const Tensor<D, P>& scale) {
    run<true>(device, f, x1, x2, y, write, scale);
  }

  static std::size_t reduce_workspace(D&, const Shape& x, const Axes& axes) {
    return gpu::AxesSum(x, axes).reduction<T>().template workspace<double>();
  }

  template <class F>
  static void map_reduce(D& device, const F& f, const Tensor<D, T>& x1, const Tensor<D, T>& x2,
                         double factor, const Tensor<D, P>& y, Write write,
                         const Scratch& scratch) {
    const gpu::AxesSum sum(x1.shape(), all_axes);
    const auto reduction = sum.reduction<T>();
    const bool packs = reduction.width > 1 && gpu::aligned_for_packs(x1.data(), x2.data());
    gpu::with_width<T>(packs, [&](auto width) {
      using Term = gpu::FlatSumTerm<T, F, decltype(width)::value>;
      reduction.template run<T>(
          device, Term{f, x1.data(), x2.data(), {y.data(), 1, factor, write == Write::accumulate}},
          sum.rows(width.value), scratch);
    });
  }

  template <class F>
  static void map_reduce_gradient(D& device, const F& f, const Tensor<D, T>& x,
                                  const Tensor<D, T>& t, double factor, const Tensor<D, P>& y,
                                  Write write, double slope, const Tensor<D, T>& dx, Write write_dx,
                                  const Scratch& scratch) {
    const gpu::AxesSum sum(x.shape(), all_axes);
    const auto reduction = sum.reduction<T>();
    const bool packs = reduction.width > 1 && gpu::aligned_for_packs(x.data(), t.data(), dx.data());
    gpu::with_width<T>(packs, [&](auto width) {
      using Term = gpu::FlatLossTerm<T, F, decltype(width)::value>;
      const gpu::SumResult<P> result{y.data(), 1, factor, write == Write::accumulate};
      reduction.template run<T>(device,
                                Term{{f, x.data(), t.data(), result},
                                     dx.data(),
                                     static_cast<P>(slope),
                                     write_dx == Write::accumulate},
                                sum.rows(width.value), scratch);
    });
  }

  static void reduce(D& device, const Axes& axes, const Tensor<D, T>& x, const Tensor<D, P>& y,
                     Write write, const Scratch& scratch) {
    const gpu::AxesSum sum(x.shape(), axes);
    const auto reduction = sum.reduction<T>();
    const gpu::SumResult<P> result{y.data(), reduction.channels, 1.0, write == Write::accumulate};
    const bool packs = reduction.width > 1 && gpu::aligned_for_packs(x.data());
    gpu::with_width<T>(packs, [&](auto width) {
      constexpr int w = decltype(width)::value;
      if (reduction.flat) {
        using Term = gpu::FlatSumTerm<T, gpu::FirstOnly, w>;
        reduction.template run<T>(device, Term{{}, x.data(), x.data(), result}, sum.rows(w),
                                  scratch);
      } else {
        using Term = gpu::SumTerm<T, w>;
        reduction.template run<T>(device, Term{x.data(), result}, sum.rows(w), scratch);
      }
    });
  }

 private:
  template <bool Two, class F>
  static void run(D& device, const F& f, const Tensor<D, T>& x1, const Tensor<D, T>& x2,
                  const Tensor<D, T>& y, Write write, const Tensor<D, P>& scale) {
    const bool packs = gpu::aligned_for_packs(x1.data(), x2.data(), y.data());
    gpu::with_width<T>(packs, [&](auto width) {
      using Kernel = gpu::MapElements<T, F, Two, decltype(width)::value>;
      const Index n = x1.size();
      const Index blocks = gpu::blocks_of(n / width.value, Kernel::share);
      gpu::launch(device, {gpu::larger<Index>(1, blocks)},
                  Kernel{f, x1.data(), x2.data(), y.data(), scale.data_or_null(), n,
                         write == Write::accumulate});
    });
  }
};

}  // namespace limn::inline v0::primitive
