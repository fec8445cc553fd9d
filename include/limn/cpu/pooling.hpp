// SPDX-License-Identifier: MIT
// Group "pooling" on the CPU. Work is cut by bins and by blocks of channels, so that global pooling
// of one picture, too, keeps several threads busy.
#pragma once

#include <cstddef>
#include <cstdint>

#include "limn/core/primitives/pooling.hpp"
#include "limn/cpu/device.hpp"
#include "limn/cpu/rows.hpp"

namespace limn::inline v0::cpu {

/// One bin of a sample: positions [top, bottom) x [left, right) of a picture `width` wide.
struct BinArea {
  Index top, bottom, left, right, width;
  [[nodiscard]] LIMN_ALWAYS_INLINE Index size() const { return (bottom - top) * (right - left); }
};

/// Body of simd::dispatch: a step on registers of channels, four at a time where there are so many:
/// a pass over a bin then reads whole cache lines, and sums need not wait for each other.
template <class T, class Step>
struct ChannelsBody {
  Step step;
  Index channels;
  template <int Bytes>
  LIMN_ALWAYS_INLINE void operator()() const {
    using V = Register<T, Bytes>;
    constexpr Index w = simd::width<V>;
    const Step own = step;
    Index i = 0;
    for (; i + 4 * w <= channels; i += 4 * w) own.template run<V, 4>(i, AllLanes{});
    for (; i + w <= channels; i += w) own.template run<V, 1>(i, AllLanes{});
    if (i < channels) own.template run<V, 1>(i, FirstLanes{channels - i});
  }
};

/// y (+)= mean of x over the bin; x, y: first of the channels.
template <class T>
struct PoolAverageStep {
  const T* x;
  param_t<T>* y;
  BinArea bin;
  Index stride;  ///< channels of x
  bool accumulate;

  template <class V, int N, class Lanes>
  LIMN_ALWAYS_INLINE void run(Index i, const Lanes& lanes) const {
    V v, sums[N]{};
    double totals[N * simd::width<V>] = {};
    Index in_run = 0;
    for (Index h = bin.top; h < bin.bottom; ++h) {
      for (Index w = bin.left; w < bin.right; ++w) {
        const T* from = x + i + (h * bin.width + w) * stride;
#pragma GCC unroll 4
        for (int k = 0; k < N; ++k) {
          lanes.load(v, from + k * simd::width<V>);
          sums[k] += v;
        }
        if (++in_run == 16) {
          in_run = 0;
#pragma GCC unroll 4
          for (int k = 0; k < N; ++k) {
            add_wide(totals + k * simd::width<V>, sums[k], AllLanes{});
            sums[k] = V{};
          }
        }
      }
    }
    const double share = 1.0 / static_cast<double>(bin.size());
#pragma GCC unroll 4
    for (int k = 0; k < N; ++k) {
      add_wide(totals + k * simd::width<V>, sums[k], AllLanes{});
      for (int lane = 0; lane < simd::width<V>; ++lane)
        sums[k][lane] = static_cast<param_t<T>>(totals[k * simd::width<V> + lane] * share);
      param_t<T>* to = y + i + k * simd::width<V>;
      if (accumulate) {
        lanes.load(v, to);
        sums[k] += v;
      }
      lanes.store(to, sums[k]);
    }
  }
};

/// dx = sum of dy / size over the bins that hold one pixel. dy: of the sample.
template <class P>
struct PoolSpreadStep {
  const P* dy;
  P* dx;
  primitive::Bin rows, columns;  ///< those bins
  Shape in, out;                 ///< of dx and dy

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index c, const Lanes& lanes) const {
    V v, factor, sums{};
    for (Index i = rows.first; i < rows.last; ++i) {
      const primitive::Bin high = primitive::adaptive_bin(i, in.h, out.h);
      for (Index j = columns.first; j < columns.last; ++j) {
        const primitive::Bin wide = primitive::adaptive_bin(j, in.w, out.w);
        const Index size = (high.last - high.first) * (wide.last - wide.first);
        lanes.load(v, dy + c + (i * out.w + j) * out.c);
        simd::broadcast(factor, static_cast<P>(1.0 / static_cast<double>(size)));
        sums += v * factor;
      }
    }
    lanes.store(dx + c, sums);
  }
};

/// y = first maximum over the bin, index = its position.
template <class T>
struct PoolMaxStep {
  const T* x;
  param_t<T>* y;
  std::int32_t* index;
  BinArea bin;
  Index stride;

  template <class V, int N, class Lanes>
  LIMN_ALWAYS_INLINE void run(Index i, const Lanes& lanes) const {
    using Lane = std::conditional_t<sizeof(simd::lane_t<V>) == 8, std::int64_t, std::int32_t>;
    using Positions = simd::Vec<Lane, simd::width<V>>;
    constexpr int w = simd::width<V>;
    V v, best[N];
    Positions where[N], here;
    const Index start = bin.top * bin.width + bin.left;
    simd::broadcast(here, static_cast<Lane>(start));
#pragma GCC unroll 4
    for (int k = 0; k < N; ++k) {
      lanes.load(best[k], x + i + start * stride + k * w);
      where[k] = here;
    }
    for (Index r = bin.top; r < bin.bottom; ++r) {
      for (Index s = bin.left; s < bin.right; ++s) {
        const Index at = r * bin.width + s;
        simd::broadcast(here, static_cast<Lane>(at));
#pragma GCC unroll 4
        for (int k = 0; k < N; ++k) {
          lanes.load(v, x + i + at * stride + k * w);
          where[k] = v > best[k] ? here : where[k];
          best[k] = v > best[k] ? v : best[k];
        }
      }
    }
#pragma GCC unroll 4
    for (int k = 0; k < N; ++k) {
      lanes.store(y + i + k * w, best[k]);
      const auto narrow =
          __builtin_convertvector(where[k], simd::Vec<std::int32_t, simd::width<V>>);
      lanes.store(index + i + k * w, narrow);
    }
  }
};

}  // namespace limn::inline v0::cpu

namespace limn::inline v0::primitive {

template <Scalar T>
struct Pooling<Cpu, T> {
  using P = param_t<T>;
  using Scratch = Tensor<Cpu, std::byte>;

  static std::size_t average_workspace(Cpu&, const Shape&, const Shape&) { return 0; }
  static std::size_t max_workspace(Cpu&, const Shape&, const Shape&) { return 0; }

  static void average(Cpu& device, const Tensor<Cpu, T>& x, const Tensor<Cpu, P>& y, Write write,
                      const Scratch&) {
    using Step = cpu::PoolAverageStep<T>;
    each_bin(device, x.shape(), y.shape(),
             [&](const cpu::BinArea& bin, Index from, Index to, Index count) {
               simd::dispatch(device.isa(), cpu::ChannelsBody<T, Step>{
                                                Step{x.data() + from, y.data() + to, bin,
                                                     x.shape().c, write == Write::accumulate},
                                                count});
             });
  }

  static void average_backward(Cpu& device, const Tensor<Cpu, P>& dy, const Tensor<Cpu, T>& dx,
                               Write write) {
    const Shape &in = dx.shape(), &out = dy.shape();
    device.threads().run(in.n * in.h, [&](Index task, int) {
      const Index n = task / in.h, h = task % in.h;
      // bins of a pixel are found as pixels of a bin, with the extents exchanged
      const Bin rows = adaptive_bin(h, out.h, in.h);
      for (Index w = 0; w < in.w;) {
        const Bin columns = adaptive_bin(w, out.w, in.w);
        Index end = w + 1;  // pixels in the same bins have the same sum
        while (end < in.w && adaptive_bin(end, out.w, in.w) == columns) ++end;
        spread(device.isa(), dy.data() + n * out.sample(), dx.data() + (task * in.w + w) * in.c,
               end - w, rows, columns, in, out, write == Write::accumulate);
        w = end;
      }
    });
  }

  static void max(Cpu& device, const Tensor<Cpu, T>& x, const Tensor<Cpu, P>& y,
                  const Tensor<Cpu, std::int32_t>& index, const Scratch&) {
    using Step = cpu::PoolMaxStep<T>;
    each_bin(device, x.shape(), y.shape(),
             [&](const cpu::BinArea& bin, Index from, Index to, Index count) {
               simd::dispatch(device.isa(),
                              cpu::ChannelsBody<T, Step>{Step{x.data() + from, y.data() + to,
                                                              index.data() + to, bin, x.shape().c},
                                                         count});
             });
  }

  static void max_backward(Cpu& device, const Tensor<Cpu, P>& dy,
                           const Tensor<Cpu, std::int32_t>& index, const Tensor<Cpu, T>& dx,
                           Write write) {
    if (write == Write::overwrite) {
      const std::size_t bytes = dx.bytes();
      constexpr std::size_t per = 262144;
      auto* memory = reinterpret_cast<std::byte*>(dx.data());
      device.threads().run(static_cast<Index>((bytes + per - 1) / per), [&](Index chunk, int) {
        const std::size_t first = static_cast<std::size_t>(chunk) * per;
        std::memset(memory + first, 0, std::min(per, bytes - first));
      });
    }
    // bins can overlap: those of one sample come one after another
    const Shape &in = dx.shape(), &out = dy.shape();
    device.threads().run(in.n, [&](Index n, int) {
      const P* gradient = dy.data() + n * out.sample();
      const std::int32_t* at = index.data() + n * out.sample();
      T* picture = dx.data() + n * in.sample();
      for (Index i = 0; i < out.sample(); ++i) {
        T& to = picture[at[i] * in.c + i % in.c];
        to = T(P(to) + gradient[i]);
      }
    });
  }

 private:
  // dx (+)= the sum over the bins, for `pixels` pixels
  static void spread(Isa isa, const P* dy, T* dx, Index pixels, const Bin& rows, const Bin& columns,
                     const Shape& in, const Shape& out, bool accumulate) {
    constexpr Index block = 512;
    P sums[block];
    for (Index c = 0; c < in.c; c += block) {
      const Index count = std::min(block, in.c - c);
      using Step = cpu::PoolSpreadStep<P>;
      simd::dispatch(isa, cpu::LinearBody<P, Step>{{dy + c, sums, rows, columns, in, out}, count});
      for (Index i = 0; i < pixels; ++i) {
        T* to = dx + i * in.c + c;
        if (i == 0 || accumulate)
          simd::dispatch(isa,
                         cpu::LinearBody<T, cpu::CopyStep<T, P>>{{sums, to, accumulate}, count});
        else
          std::copy_n(dx + c, count, to);
      }
    }
  }

  // body(bin, offset of its sample's first channel in x, offset in y, channels)
  template <class Body>
  static void each_bin(Cpu& device, const Shape& in, const Shape& out, const Body& body) {
    constexpr Index block = 64;
    const Index blocks = cpu::chunks_of(in.c, block);
    device.threads().run(out.n * out.area() * blocks, [&](Index task, int) {
      const Index c = task % blocks * block, position = task / blocks;
      const Index j = position % out.w, i = position / out.w % out.h, n = position / out.area();
      const Bin rows = adaptive_bin(i, in.h, out.h), columns = adaptive_bin(j, in.w, out.w);
      body(cpu::BinArea{rows.first, rows.last, columns.first, columns.last, in.w},
           n * in.sample() + c, position * in.c + c, std::min(block, in.c - c));
    });
  }
};

}  // namespace limn::inline v0::primitive
