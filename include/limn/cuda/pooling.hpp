// SPDX-License-Identifier: MIT
// Group "pooling" on a GPU. Global pooling of one picture keeps the whole GPU busy, too: its rows
// are cut into slices.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "limn/cuda/pooling_kernels.hpp"

namespace limn::inline v0::primitive {

template <gpu::BlockDevice D, Scalar T>
struct Pooling<D, T> {
  using P = param_t<T>;
  using Scratch = Tensor<D, std::byte>;

  static std::size_t average_workspace(D&, const Shape& x, const Shape& y) {
    return reduction(x, y).template workspace<double>();
  }
  static std::size_t max_workspace(D&, const Shape& x, const Shape& y) {
    return reduction(x, y).template workspace<gpu::Largest<P>>();
  }

  static void average(D& device, const Tensor<D, T>& x, const Tensor<D, P>& y, Write write,
                      const Scratch& scratch) {
    const Shape& s = x.shape();
    gpu::with_width<T>(vectors(s, x.data()), [&](auto width) {
      using Term = gpu::SumTerm<T, decltype(width)::value>;
      reduction(s, y.shape())
          .template run<T>(device,
                           Term{x.data(), {y.data(), s.c, 1.0, write == Write::accumulate, true}},
                           bins(s, y.shape()), scratch);
    });
  }

  static void average_backward(D& device, const Tensor<D, P>& dy, const Tensor<D, T>& dx,
                               Write write) {
    const Shape& s = dx.shape();
    gpu::with_width<T>(vectors(s, dy.data(), dx.data()), [&](auto width) {
      constexpr int w = decltype(width)::value;
      const auto launch = [&](auto global) {
        using Kernel = gpu::AverageBackward<T, w, decltype(global)::value>;
        const auto cut = gpu::PositionCut::of(s.n, s.area(), s.c / w, Kernel::unroll);
        gpu::launch(
            device, cut.grid(s.n),
            Kernel{cut, bins(s, dy.shape()), dy.data(), dx.data(), write == Write::accumulate});
      };
      if (dy.shape().area() == 1)
        launch(std::true_type{});
      else
        launch(std::false_type{});
    });
  }

  static void max(D& device, const Tensor<D, T>& x, const Tensor<D, P>& y,
                  const Tensor<D, std::int32_t>& index, const Scratch& scratch) {
    const Shape& s = x.shape();
    gpu::with_width<T>(vectors(s, x.data()), [&](auto width) {
      using Term = gpu::MaxTerm<T, decltype(width)::value>;
      reduction(s, y.shape())
          .template run<T>(device, Term{x.data(), y.data(), index.data(), s.c}, bins(s, y.shape()),
                           scratch);
    });
  }

  static void max_backward(D& device, const Tensor<D, P>& dy, const Tensor<D, std::int32_t>& index,
                           const Tensor<D, T>& dx, Write write) {
    const Shape& s = dx.shape();
    const Index area = dy.shape().area();
    constexpr Index few_bins = 4;
    if (write == Write::overwrite && area <= few_bins) {
      gpu::with_width<T>(vectors(s, dy.data(), index.data(), dx.data()), [&](auto width) {
        using Kernel = gpu::MaxGather<T, decltype(width)::value>;
        const auto cut = gpu::PositionCut::of(s.n, s.area(), s.c / width.value, Kernel::unroll);
        gpu::launch(device, cut.grid(s.n),
                    Kernel{cut, area, s.c, dy.data(), index.data(), dx.data()});
      });
      return;
    }
    if (write == Write::overwrite) {
      gpu::with_width<T>(gpu::aligned_for_packs(dx.data()), [&](auto width) {
        using Kernel = gpu::Clear<T, decltype(width)::value>;
        gpu::launch(device, {gpu::blocks_of(dx.size(), Kernel::share)},
                    Kernel{dx.data(), dx.size()});
      });
    }
    using Kernel = gpu::MaxScatter<T>;
    gpu::launch(device, {gpu::blocks_of(s.n * s.c, Kernel::threads)},
                Kernel{s.n, s.area(), area, s.c, dy.data(), index.data(), dx.data()});
  }

 private:
  static gpu::Bins bins(const Shape& in, const Shape& out) {
    return {in.h, in.w, out.h, out.w, in.c};
  }
  static gpu::Reduction reduction(const Shape& in, const Shape& out) {
    // rows of the largest bins: at most one more than the average needs on both sides
    const Index high = std::min(in.h, in.h / out.h + 2), wide = std::min(in.w, in.w / out.w + 2);
    return gpu::Reduction::of<T>(out.n * out.area(), high * wide, in.c, 1);
  }
  template <class... M>
  static bool vectors(const Shape& s, const M*... memory) {
    return s.c % gpu::full_width<T> == 0 && gpu::aligned_for_packs(memory...);
  }
};

}  // namespace limn::inline v0::primitive
