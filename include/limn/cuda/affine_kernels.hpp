// SPDX-License-Identifier: MIT
// The kernels of the group "affine": a thread keeps the coefficients of its pack of channels.
#pragma once

#include <cmath>

#include "limn/core/scalar.hpp"
#include "limn/cuda/moments.hpp"
#include "limn/cuda/positions.hpp"

namespace limn::inline v0::gpu {

/// Activations of one kind for all elements of a kernel: tanh, or x > 0 ? x : slope x.
template <class P, bool Tanh>
struct UniformActivation {
  P slope;

  [[nodiscard]] LIMN_HOST_DEVICE P operator()(P z) const {
    if constexpr (Tanh)
      return std::tanh(z);
    else
      return z > P(0) ? z : z * slope;
  }
  /// dy f'(z)
  [[nodiscard]] LIMN_HOST_DEVICE P gradient(P dy, P z) const {
    if constexpr (Tanh) {
      const P y = std::tanh(z);
      return dy * (P(1) - y * y);
    } else {
      return z > P(0) ? dy : dy * slope;
    }
  }
};

/// Coefficients per sample and channel, or per channel for all samples; null: zero.
template <class P>
struct ChannelValues {
  const P* values = nullptr;
  Index stride = 0;  ///< from sample to sample

  template <int width>
  [[nodiscard]] LIMN_HOST_DEVICE Pack<P, width> at(Index n, Index k) const {
    return values == nullptr ? filled<width>(P(0)) : load<width>(values + n * stride + k);
  }
};

/// y (+)= f(a x + b) + residual
template <Scalar T, int width, bool Tanh>
struct AffineForward {
  using P = param_t<T>;
  static constexpr int threads = PositionCut::threads, unroll = 4;

  PositionCut cut;
  const T *x, *residual;
  T* y;
  ChannelValues<P> a, b;
  UniformActivation<P, Tanh> activation;
  bool accumulate;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const PositionCut::Place at = cut.place(block.x(), thread);
      if (!at.active) return;
      const Index channels = cut.packs * width, k = at.pack * width;
      const auto scale = a.template at<width>(at.n, k), shift = b.template at<width>(at.n, k);
      const Index sample = at.n * cut.area * channels + k, step = cut.rows * channels;
      for (Index row = at.first; row < at.last; row += unroll * cut.rows) {
        const Index from = sample + row * channels;
        Pack<T, width> in[unroll]{}, extra[unroll]{};
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u)
          if (row + u * cut.rows < at.last) in[u] = load<width>(x + from + u * step);
        if (residual != nullptr) {
          LIMN_UNROLL
          for (int u = 0; u < unroll; ++u)
            if (row + u * cut.rows < at.last) extra[u] = load<width>(residual + from + u * step);
        }
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u) {
          if (row + u * cut.rows >= at.last) continue;
          Pack<P, width> out;
          LIMN_UNROLL
          for (int i = 0; i < width; ++i)
            out.value[i] =
                activation(static_cast<P>(in[u].value[i]) * scale.value[i] + shift.value[i]);
          if (residual != nullptr) add(out, extra[u]);
          if (accumulate) add(out, load<width>(y + from + u * step));
          store(y + from + u * step, converted<T>(out));
        }
      }
    });
  }
};

/// dx (+)= a g + p x + q, g = dy f'(a x + b)
template <Scalar T, int width, bool Tanh>
struct AffineBackward {
  using P = param_t<T>;
  static constexpr int threads = PositionCut::threads, unroll = sizeof(P) == 8 ? 1 : 2;

  PositionCut cut;
  const T *dy, *x;
  T* dx;
  ChannelValues<P> a, b, p, q;
  UniformActivation<P, Tanh> activation;
  bool accumulate;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const PositionCut::Place at = cut.place(block.x(), thread);
      if (!at.active) return;
      const Index channels = cut.packs * width, k = at.pack * width;
      const auto scale = a.template at<width>(at.n, k), shift = b.template at<width>(at.n, k);
      const auto linear = p.template at<width>(at.n, k), constant = q.template at<width>(at.n, k);
      const Index sample = at.n * cut.area * channels + k, step = cut.rows * channels;
      for (Index row = at.first; row < at.last; row += unroll * cut.rows) {
        const Index from = sample + row * channels;
        Pack<T, width> in[unroll]{}, above[unroll]{}, before[unroll]{};
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u) {
          if (row + u * cut.rows >= at.last) continue;
          in[u] = load<width>(x + from + u * step);
          above[u] = load<width>(dy + from + u * step);
        }
        if (accumulate) {
          LIMN_UNROLL
          for (int u = 0; u < unroll; ++u)
            if (row + u * cut.rows < at.last) before[u] = load<width>(dx + from + u * step);
        }
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u) {
          if (row + u * cut.rows >= at.last) continue;
          Pack<P, width> out;
          LIMN_UNROLL
          for (int i = 0; i < width; ++i) {
            const P value = static_cast<P>(in[u].value[i]);
            const P z = value * scale.value[i] + shift.value[i];
            const P g = activation.gradient(static_cast<P>(above[u].value[i]), z);
            out.value[i] = g * scale.value[i] + (value * linear.value[i] + constant.value[i]);
          }
          if (accumulate) add(out, before[u]);
          store(dx + from + u * step, converted<T>(out));
        }
      }
    });
  }
};

/// s1 = sum of g, s2 = sum of g x
template <Scalar T, int Width, bool Tanh>
struct AffineSumsTerm : TwoSumsTerm {
  using P = param_t<T>;
  static constexpr int width = Width, unroll = 2;
  struct Loaded {
    Pack<T, width> dy, x;
  };
  struct State {
    Pack<P, width> scale, shift, s1, s2;
  };

  const T *dy, *x;
  ChannelValues<P> a, b;
  UniformActivation<P, Tanh> activation;
  P *s1, *s2;
  Index channels;

  LIMN_HOST_DEVICE void begin(State& s, Index n, Index k, Index) const {
    s.scale = a.template at<width>(n, k);
    s.shift = b.template at<width>(n, k);
    s.s1 = s.s2 = filled<width>(P(0));
  }
  [[nodiscard]] LIMN_HOST_DEVICE Loaded load(Index at) const {
    return {gpu::load<width>(dy + at), gpu::load<width>(x + at)};
  }
  LIMN_HOST_DEVICE void add(State& s, const Loaded& loaded, std::uint32_t) const {
    LIMN_UNROLL
    for (int i = 0; i < width; ++i) {
      const P value = static_cast<P>(loaded.x.value[i]);
      const P z = value * s.scale.value[i] + s.shift.value[i];
      const P g = activation.gradient(static_cast<P>(loaded.dy.value[i]), z);
      s.s1.value[i] += g;
      s.s2.value[i] += g * value;
    }
  }
  LIMN_HOST_DEVICE void end(State&, const Region&, Index) const {}
  [[nodiscard]] LIMN_HOST_DEVICE Value value(const State& s, int i) const {
    return {static_cast<double>(s.s1.value[i]), static_cast<double>(s.s2.value[i])};
  }
  LIMN_HOST_DEVICE void store(const Region&, Index n, Index k, const Value& v) const {
    s1[n * channels + k] = static_cast<P>(v.first);
    s2[n * channels + k] = static_cast<P>(v.second);
  }
};

}  // namespace limn::inline v0::gpu
