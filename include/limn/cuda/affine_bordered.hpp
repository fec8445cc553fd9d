// SPDX-License-Identifier: MIT
// The affine that writes its result with the border that a convolution wants around it: a thread
// goes over the positions of the result, and those outside the map take the value of the position
// that they mirror or repeat.
#pragma once

#include "limn/core/bordered.hpp"
#include "limn/cuda/affine_kernels.hpp"
#include "limn/cuda/pad.hpp"

namespace limn::inline v0::gpu {

/// Where the values of a map lie in a tensor that has a border around it.
struct InBorder {
  Index sample, row, column, first;  ///< distances, and of the map's first value, in elements

  template <Device D, class T>
  [[nodiscard]] static InBorder of(const Bordered<D, T>& x) {
    const Shape& s = x.tensor.shape();
    const Sides& sides = x.border.sides;
    return {s.sample(), s.w * s.c, s.c, (sides.top * s.w + sides.left) * s.c};
  }
  [[nodiscard]] LIMN_HOST_DEVICE Index at(Index n, int h, int w) const {
    return n * sample + h * row + w * column + first;
  }
};

/// y = f(a x + b) + residual, continued; the residual may have a border of its own, which is not
/// looked at.
template <Scalar T, int width, bool Tanh>
struct AffineBordered {
  using P = param_t<T>;
  static constexpr int threads = PositionCut::threads, unroll = 4;

  PositionCut cut;  ///< of y and its border
  const T *x, *residual;
  T* y;
  ChannelValues<P> a, b;
  UniformActivation<P, Tanh> activation;
  PadAxis h, w;
  InBorder x_place, residual_place;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const PositionCut::Place at = cut.place(block.x(), thread);
      if (!at.active) return;
      const Index channels = cut.packs * width, k = at.pack * width;
      const auto scale = a.template at<width>(at.n, k), shift = b.template at<width>(at.n, k);
      T* const target = y + at.n * cut.area * channels + k;
      for (Index first = at.first; first < at.last; first += unroll * cut.rows) {
        Pack<T, width> in[unroll]{}, extra[unroll]{};
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u) {
          const Index position = first + u * cut.rows;
          if (position >= at.last) continue;
          const int line = static_cast<int>(position) / w.padded;
          const int row = h.source(line);
          const int column = w.source(static_cast<int>(position) - line * w.padded);
          in[u] = load<width>(x + x_place.at(at.n, row, column) + k);
          if (residual != nullptr)
            extra[u] = load<width>(residual + residual_place.at(at.n, row, column) + k);
        }
        LIMN_UNROLL
        for (int u = 0; u < unroll; ++u) {
          if (first + u * cut.rows >= at.last) continue;
          Pack<P, width> out;
          LIMN_UNROLL
          for (int i = 0; i < width; ++i)
            out.value[i] =
                activation(static_cast<P>(in[u].value[i]) * scale.value[i] + shift.value[i]);
          if (residual != nullptr) add(out, extra[u]);
          store(target + (first + u * cut.rows) * channels, converted<T>(out));
        }
      }
    });
  }
};

}  // namespace limn::inline v0::gpu
