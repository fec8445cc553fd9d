// SPDX-License-Identifier: MIT
// Group "layout" on the CPU: copies, conversions, and pictures continued or resized. Backward
// passes gather: each pixel of dx is written once, by the rows and columns of dy that read it.
#pragma once

#include "limn/core/primitives/layout.hpp"
#include "limn/cpu/device.hpp"
#include "limn/cpu/positions.hpp"

namespace limn::inline v0::cpu {

/// x = value
template <class T>
struct FillStep {
  T* x;
  param_t<T> value;

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V v;
    simd::broadcast(v, value);
    lanes.store(x + i, v);
  }
};

/// y = x in another type; V is the wider one's register.
template <class From, class To>
struct CastStep {
  const From* x;
  To* y;

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    simd::Vec<param_t<From>, simd::width<V>> from;
    lanes.load(from, x + i);
    const auto to = __builtin_convertvector(from, simd::Vec<param_t<To>, simd::width<V>>);
    lanes.store(y + i, to);
  }
};

/// y (+)= sum over taps (rows x columns) of weight x: how pixels are made of pixels. Positions are
/// rows and columns of x, `width` wide; x: the sample, y: the first value to write.
template <class T>
struct GatherStep {
  const T* x;
  T* y;
  const Tap *rows, *columns;
  Index row_count, column_count, width, channels;
  bool accumulate;

  template <class V, class Lanes>
  LIMN_ALWAYS_INLINE void operator()(Index i, const Lanes& lanes) const {
    V v, sums{};
    if (accumulate) lanes.load(sums, y + i);
    for (Index r = 0; r < row_count; ++r) {
      for (Index s = 0; s < column_count; ++s) {
        lanes.load(v, x + i + (rows[r].position * width + columns[s].position) * channels);
        sums += v * static_cast<simd::lane_t<V>>(rows[r].weight * columns[s].weight);
      }
    }
    lanes.store(y + i, sums);
  }
};

/// y (+)= the pixels of x that `rows` and `columns` name; both tables belong to one axis of y.
template <class T>
void gather(ThreadPool& threads, Isa isa, const TapTable& rows, const TapTable& columns, const T* x,
            const Shape& in, T* y, const Shape& out, Write write) {
  threads.run(out.n * out.h, [&](Index task, int) {
    const Index n = task / out.h, i = task % out.h;
    const auto from = rows.taps(i);
    for (Index j = 0; j < out.w;) {
      const auto across = columns.taps(j);
      // neighbours that read neighbours, once each and with weight 1, are one long row
      const Index together = columns.run(j);
      if (write == Write::overwrite && plain(from) && plain(across)) {
        const Index source = from[0].position * in.w + across[0].position;
        std::copy_n(x + n * in.sample() + source * in.c, together * out.c,
                    y + (task * out.w + j) * out.c);
        j += together;
        continue;
      }
      using Step = GatherStep<T>;
      simd::dispatch(
          isa, LinearBody<T, Step>{
                   Step{x + n * in.sample(), y + (task * out.w + j) * out.c, from.data(),
                        across.data(), static_cast<Index>(from.size()),
                        static_cast<Index>(across.size()), in.w, in.c, write == Write::accumulate},
                   together * out.c});
      j += together;
    }
  });
}

}  // namespace limn::inline v0::cpu

namespace limn::inline v0::primitive {

template <Scalar T>
struct Layout<Cpu, T> {
  static void pad(Cpu& device, Padding padding, const Sides& sides, const Tensor<Cpu, T>& x,
                  const Tensor<Cpu, T>& y) {
    const Shape& s = x.shape();
    cpu::gather(device.threads(), device.isa(),
                cpu::padding_taps(padding, s.h, sides.top, sides.bottom),
                cpu::padding_taps(padding, s.w, sides.left, sides.right), x.data(), s, y.data(),
                y.shape(), Write::overwrite);
  }

  static void pad_backward(Cpu& device, Padding padding, const Sides& sides,
                           const Tensor<Cpu, T>& dy, const Tensor<Cpu, T>& dx, Write write) {
    const Shape& s = dx.shape();
    cpu::gather(device.threads(), device.isa(),
                cpu::padding_taps(padding, s.h, sides.top, sides.bottom).transposed(s.h),
                cpu::padding_taps(padding, s.w, sides.left, sides.right).transposed(s.w), dy.data(),
                dy.shape(), dx.data(), s, write);
  }

  static void resize(Cpu& device, Interpolation how, const Tensor<Cpu, T>& x,
                     const Tensor<Cpu, T>& y) {
    const Shape &in = x.shape(), &out = y.shape();
    cpu::gather(device.threads(), device.isa(), cpu::resize_taps(how, in.h, out.h),
                cpu::resize_taps(how, in.w, out.w), x.data(), in, y.data(), out, Write::overwrite);
  }

  static void resize_backward(Cpu& device, Interpolation how, const Tensor<Cpu, T>& dy,
                              const Tensor<Cpu, T>& dx, Write write) {
    const Shape &in = dx.shape(), &out = dy.shape();
    cpu::gather(device.threads(), device.isa(), cpu::resize_taps(how, in.h, out.h).transposed(in.h),
                cpu::resize_taps(how, in.w, out.w).transposed(in.w), dy.data(), out, dx.data(), in,
                write);
  }

  static void copy_channels(Cpu& device, const Tensor<Cpu, T>& x, Index from,
                            const Tensor<Cpu, T>& y, Index to, Index count, Write write) {
    const Index read = x.shape().c, written = y.shape().c;
    const cpu::PixelChunks cut(x.shape().n * x.shape().area(),
                               count * static_cast<Index>(sizeof(T)), 65536, x.size());
    const T* source = x.data() + from;
    T* target = y.data() + to;
    device.threads().run(cut.chunks, [&](Index chunk, int) {
      for (Index i = cut.first(chunk), last = i + cut.count(chunk); i < last; ++i) {
        if (write == Write::overwrite)
          std::copy_n(source + i * read, count, target + i * written);
        else
          simd::dispatch(device.isa(), cpu::LinearBody<T, cpu::CopyStep<T>>{
                                           {source + i * read, target + i * written, true}, count});
      }
    });
  }

  static void copy(Cpu& device, const Tensor<Cpu, T>& x, const Tensor<Cpu, T>& y, Write write) {
    const T* source = x.data();
    T* target = y.data();
    cpu::linear_pass<T>(device.threads(), device.isa(), x.size(), [&](Index first, Index) {
      return cpu::CopyStep<T>{source + first, target + first, write == Write::accumulate};
    });
  }

  static void fill(Cpu& device, const Tensor<Cpu, T>& x, param_t<T> value) {
    T* target = x.data();
    cpu::linear_pass<T>(device.threads(), device.isa(), x.size(), [&](Index first, Index) {
      return cpu::FillStep<T>{target + first, value};
    });
  }
};

template <Scalar From, Scalar To>
struct Cast<Cpu, From, To> {
  static void cast(Cpu& device, const Tensor<Cpu, From>& x, const Tensor<Cpu, To>& y) {
    using Wider = std::conditional_t<sizeof(From) == 8 || sizeof(To) == 8, double, float>;
    const From* source = x.data();
    To* target = y.data();
    cpu::linear_pass<Wider>(device.threads(), device.isa(), x.size(), [&](Index first, Index) {
      return cpu::CastStep<From, To>{source + first, target + first};
    });
  }
};

}  // namespace limn::inline v0::primitive
