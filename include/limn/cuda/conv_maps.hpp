// SPDX-License-Identifier: MIT
// The result of a convolution on its way out of a library (bias, activation, fewer channels, phases
// laced into each other), and its gradient on the way in.
#pragma once

#include "limn/core/activation.hpp"
#include "limn/cuda/block.hpp"
#include "limn/cuda/conv_plan.hpp"
#include "limn/cuda/pad.hpp"

namespace limn::inline v0::gpu {

/// Where the channels of (n,h,w) begin in a problem's maps: of the whole picture y, or of its four
/// phases side by side (conv_plan.hpp), each with so many channels.
LIMN_HOST_DEVICE inline Index map_place(const Shape& y, int phases, Index channels, Index n,
                                        Index h, Index w) {
  if (phases == 1) return ((n * y.h + h) * y.w + w) * channels;
  const Index a = h % 2, b = w % 2;
  const Index position = (n * (y.h / 2 + 1) + h / 2 + a) * (y.w / 2 + 1) + w / 2 + b;
  return (position * 4 + 2 * a + b) * channels;
}

/// y (+)= activation(from + bias). `from` may be y itself.
template <Scalar T, int width>
struct FinishMaps {
  static constexpr int threads = 256;
  using A = param_t<T>;
  const T* from;
  T* y;
  const A* bias;   ///< or null
  Shape size;      ///< of y
  Index channels;  ///< of a phase of `from`
  int phases;
  Activation activation;
  bool add;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const int at = static_cast<int>(block.x()) * threads + thread;
      const int groups = static_cast<int>(size.c) / width;
      if (at >= static_cast<int>(size.w) * groups) return;
      const int w = at / groups, c = (at - w * groups) * width;
      const Index place = map_place(size, phases, channels, block.z(), block.y(), w);
      auto values = converted<A>(load<width>(from + place + c));
      if (bias) {
        const auto b = load<width>(bias + c);
        LIMN_UNROLL
        for (int k = 0; k < width; ++k) values.value[k] += b.value[k];
      }
      if (activation.kind != Activation::Kind::none) {
        LIMN_UNROLL
        for (int k = 0; k < width; ++k) values.value[k] = activation(values.value[k]);
      }
      T* target = y + ((block.z() * size.h + block.y()) * size.w + w) * size.c + c;
      if (add) {
        const auto before = load<width>(target);
        LIMN_UNROLL
        for (int k = 0; k < width; ++k) values.value[k] += static_cast<A>(before.value[k]);
      }
      store(target, converted<T>(values));
    });
  }
};

/// to = dy in a problem's maps; zeros in channels that dy has not and at positions of a phase that
/// are nobody's.
template <Scalar T, int width>
struct SplitMaps {
  static constexpr int threads = 256;
  const T* dy;
  T* to;
  Shape size;    ///< of dy
  int wide;      ///< positions of a row of `to`
  int channels;  ///< of a phase of `to`
  int phases;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const int at = static_cast<int>(block.x()) * threads + thread;
      const int groups = channels / width, pixel = groups * phases;
      if (at >= wide * pixel) return;
      const int j = at / pixel, group = at - j * pixel, phase = group / groups;
      const int c = (group - phase * groups) * width, a = phase / 2, b = phase % 2;
      const int scale = phases == 1 ? 1 : 2;
      const Index row = (block.y() - a) * scale + a, column = Index{j - b} * scale + b;
      Pack<T, width> values = filled<width>(T{});
      if (c < size.c && row >= 0 && row < size.h && column >= 0 && column < size.w)
        values = load<width>(dy + ((block.z() * size.h + row) * size.w + column) * size.c + c);
      const Index line = (block.z() * lines() + block.y()) * wide;
      store(to + (line * pixel + at) * width, values);
    });
  }
  [[nodiscard]] LIMN_HOST_DEVICE Index lines() const {
    return phases == 1 ? size.h : size.h / 2 + 1;
  }
};

/// y (+)= activation(from + bias), `from` as the plan's problem left it: y itself, or a copy.
template <BlockDevice D, Scalar T>
void finish_maps(D& device, const ConvPlan& plan, const T* from, const param_t<T>* bias,
                 Activation activation, T* y, bool add) {
  const Shape& size = plan.y;
  const int phases = plan.copies_y ? static_cast<int>(plan.phases) : 1;
  const Index channels = plan.copies_y ? plan.phase_channels() : size.c;
  const bool vectors = size.c % full_width<T> == 0 && channels % full_width<T> == 0 &&
                       aligned_for_packs(from, y) && aligned_for_packs(bias);
  with_width<T>(vectors, [&](auto width) {
    using K = FinishMaps<T, width>;
    launch(device, {blocks_of(size.w * size.c / width, K::threads), size.h, size.n},
           K{from, y, bias, size, channels, phases, activation, add});
  });
}

/// Copies dy into the form that the plan's problem sees.
template <BlockDevice D, Scalar T>
void split_maps(D& device, const ConvPlan& plan, const T* dy, T* to) {
  const Shape &size = plan.y, &maps = plan.problem.y;
  const Index channels = plan.phase_channels();
  detail::with_channel_width<T>(size.c, channels, dy, to, [&](auto width) {
    using K = SplitMaps<T, width>;
    launch(device, {blocks_of(maps.w * maps.c / width, K::threads), maps.h, maps.n},
           K{dy, to, size, static_cast<int>(maps.w), static_cast<int>(channels),
             static_cast<int>(plan.phases)});
  });
}

}  // namespace limn::inline v0::gpu
