// SPDX-License-Identifier: MIT
// The kernels of the group "pooling". Averages and maxima are reductions of rows (reduce.hpp), a
// bin being a result; the gradients are passes over the picture.
#pragma once

#include <cstdint>

#include "limn/core/primitives/pooling.hpp"
#include "limn/cuda/positions.hpp"
#include "limn/cuda/sums.hpp"

namespace limn::inline v0::gpu {

/// Adaptive bins of pictures: height x width pixels, high x wide bins.
struct Bins {
  Index height, width, high, wide, channels;

  [[nodiscard]] LIMN_HOST_DEVICE Region region(Index result) const {
    const auto line = static_cast<std::uint32_t>(result) / static_cast<std::uint32_t>(wide);
    const auto n = line / static_cast<std::uint32_t>(high);
    const primitive::Bin rows = primitive::adaptive_bin(line % high, height, high);
    const primitive::Bin columns = primitive::adaptive_bin(result - line * wide, width, wide);
    const Index first = rows.first * width + columns.first, inner = columns.last - columns.first;
    return {(n * height * width + first) * channels,
            static_cast<std::uint32_t>((rows.last - rows.first) * inner),
            static_cast<std::uint32_t>(inner), static_cast<std::uint32_t>(width),
            static_cast<std::uint32_t>(first)};
  }

  /// Sum of dy / size of bin over the bins that hold pixel (h, w). dy: of the sample, at channel k.
  template <class P, int pack>
  [[nodiscard]] LIMN_HOST_DEVICE Pack<P, pack> spread(const P* dy, Index h, Index w) const {
    // bins of a pixel are found as pixels of a bin, with the extents exchanged
    const primitive::Bin rows = primitive::adaptive_bin(h, high, height);
    const primitive::Bin columns = primitive::adaptive_bin(w, wide, width);
    auto sum = filled<pack>(P(0));
    for (Index i = rows.first; i < rows.last; ++i) {
      const primitive::Bin tall = primitive::adaptive_bin(i, height, high);
      for (Index j = columns.first; j < columns.last; ++j) {
        const primitive::Bin broad = primitive::adaptive_bin(j, width, wide);
        const Index size = (tall.last - tall.first) * (broad.last - broad.first);
        const P part = P(1) / static_cast<P>(size);
        const auto more = load<pack>(dy + (i * wide + j) * channels);
        LIMN_UNROLL
        for (int l = 0; l < pack; ++l) sum.value[l] += more.value[l] * part;
      }
    }
    return sum;
  }
};

/// A value and where it is; position < 0: none.
template <class P>
struct alignas(2 * sizeof(P)) Largest {
  P value;
  std::int32_t position;
};

/// The first maximum of each channel.
template <Scalar T, int Width>
struct MaxTerm {
  using P = param_t<T>;
  using Value = Largest<P>;
  static constexpr int width = Width, unroll = 4;
  static constexpr bool folds_lanes = false;
  using Loaded = Pack<T, width>;
  struct State {
    Pack<P, width> best;
    Pack<std::int32_t, width> position;
  };

  const T* x;
  P* y;
  std::int32_t* index;
  Index channels;

  [[nodiscard]] LIMN_HOST_DEVICE static Value empty() { return {P(0), -1}; }
  LIMN_HOST_DEVICE static void combine(Value& a, const Value& b) {
    if (b.position < 0) return;
    if (a.position < 0 || b.value > a.value || (b.value == a.value && b.position < a.position))
      a = b;
  }
  LIMN_HOST_DEVICE void begin(State& s, Index, Index, Index) const {
    s.best = filled<width>(P(0));
    s.position = filled<width>(std::int32_t{-1});
  }
  [[nodiscard]] LIMN_HOST_DEVICE Loaded load(Index at) const { return gpu::load<width>(x + at); }
  LIMN_HOST_DEVICE void add(State& s, const Loaded& loaded, std::uint32_t offset) const {
    LIMN_UNROLL
    for (int i = 0; i < width; ++i) {
      const P v = static_cast<P>(loaded.value[i]);
      const bool larger = s.position.value[i] < 0 || v > s.best.value[i];
      s.best.value[i] = larger ? v : s.best.value[i];
      s.position.value[i] = larger ? static_cast<std::int32_t>(offset) : s.position.value[i];
    }
  }
  LIMN_HOST_DEVICE void end(State&, const Region&, Index) const {}
  [[nodiscard]] LIMN_HOST_DEVICE Value value(const State& s, int i) const {
    return {s.best.value[i], s.position.value[i]};
  }
  LIMN_HOST_DEVICE void store(const Region& region, Index at, Index k, const Value& v) const {
    y[at * channels + k] = v.value;
    index[at * channels + k] = static_cast<std::int32_t>(region.first) + v.position;
  }
};

/// dx (+)= dy spread over its bins. Global: there is one bin.
template <Scalar T, int width, bool Global>
struct AverageBackward {
  using P = param_t<T>;
  static constexpr int threads = PositionCut::threads, unroll = Global ? 4 : 1;

  PositionCut cut;
  Bins bins;
  const P* dy;
  T* dx;
  bool accumulate;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const PositionCut::Place at = cut.place(block.x(), thread);
      if (!at.active) return;
      const Index k = at.pack * width;
      const P* from = dy + at.n * bins.high * bins.wide * bins.channels + k;
      Pack<P, width> sum;
      if constexpr (Global) sum = bins.template spread<P, width>(from, 0, 0);
      for (Index p = at.first; p < at.last; p += unroll * cut.rows) {
        T* to = dx + (at.n * cut.area + p) * bins.channels + k;
        const Index step = cut.rows * bins.channels;
        Pack<T, width> before[unroll]{};
        if (accumulate) {
          LIMN_UNROLL
          for (int u = 0; u < unroll; ++u)
            if (p + u * cut.rows < at.last) before[u] = load<width>(to + u * step);
        }
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u) {
          if (p + u * cut.rows >= at.last) continue;
          if constexpr (!Global) {
            const auto pixel = static_cast<std::uint32_t>(p + u * cut.rows);
            const auto wide = static_cast<std::uint32_t>(bins.width);
            sum = bins.template spread<P, width>(from, pixel / wide, pixel % wide);
          }
          auto out = sum;
          if (accumulate) add(out, before[u]);
          store(to + u * step, converted<T>(out));
        }
      }
    });
  }
};

/// dx = dy at the maxima, zero elsewhere, for few bins: each pixel looks through all of them.
template <Scalar T, int width>
struct MaxGather {
  using P = param_t<T>;
  static constexpr int threads = PositionCut::threads, unroll = 4;

  PositionCut cut;
  Index bins, channels;
  const P* dy;
  const std::int32_t* index;
  T* dx;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const PositionCut::Place at = cut.place(block.x(), thread);
      if (!at.active) return;
      const Index k = at.pack * width, first = at.n * bins * channels + k;
      for (Index p = at.first; p < at.last; p += unroll * cut.rows) {
        Pack<P, width> sum[unroll];
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u) sum[u] = filled<width>(P(0));
        for (Index i = 0; i < bins; ++i) {
          const auto where = load<width>(index + first + i * channels);
          const auto more = load<width>(dy + first + i * channels);
          LIMN_UNROLL
          for (int u = 0; u < unroll; ++u) {
            const auto pixel = static_cast<std::int32_t>(p + u * cut.rows);
            LIMN_UNROLL
            for (int l = 0; l < width; ++l)
              sum[u].value[l] += where.value[l] == pixel ? more.value[l] : P(0);
          }
        }
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u)
          if (p + u * cut.rows < at.last)
            store(dx + (at.n * cut.area + p + u * cut.rows) * channels + k, converted<T>(sum[u]));
      }
    });
  }
};

/// dx += dy at the maxima, bin after bin: bins may name the same pixel.
template <Scalar T>
struct MaxScatter {
  using P = param_t<T>;
  static constexpr int threads = 128;

  Index samples, area, bins, channels;
  const P* dy;
  const std::int32_t* index;
  T* dx;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const Index at = block.x() * threads + thread;
      if (at >= samples * channels) return;
      const Index n = at / channels, k = at % channels;
      for (Index i = 0; i < bins; ++i) {
        const Index from = (n * bins + i) * channels + k;
        T& to = dx[(n * area + index[from]) * channels + k];
        to = static_cast<T>(static_cast<P>(to) + dy[from]);
      }
    });
  }
};

/// dx = 0, 16 bytes at a time where memory allows.
template <class T, int width>
struct Clear {
  static constexpr int threads = 256, unroll = 4;
  static constexpr Index share = static_cast<Index>(threads) * unroll * width;

  T* dx;
  Index size;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      LIMN_UNROLL
      for (int u = 0; u < unroll; ++u) {
        const Index at = block.x() * share + (u * threads + thread) * width;
        if (at + width <= size) {
          store(dx + at, filled<width>(static_cast<T>(0.0F)));
        } else {
          for (Index rest = at; rest < size; ++rest) dx[rest] = static_cast<T>(0.0F);
        }
      }
    });
  }
};

}  // namespace limn::inline v0::gpu
