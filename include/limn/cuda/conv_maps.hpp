// SPDX-License-Identifier: MIT
// The result of a convolution on its way out of a library (bias, activation, fewer channels, phases
// laced into each other), and its gradient on the way in.
#pragma once

#include "limn/core/activation.hpp"
#include "limn/cuda/block.hpp"
#include "limn/cuda/conv_plan.hpp"
#include "limn/cuda/pad.hpp"

namespace limn::inline v0::gpu {

/// Position of (n,h,w) in dense maps: of the whole picture, or one after the other of its four
/// phases (h % 2, w % 2).
LIMN_HOST_DEVICE inline Index map_position(const Shape& y, int phases, Index n, Index h, Index w) {
  if (phases == 1) return (n * y.h + h) * y.w + w;
  return ((((h % 2 * 2 + w % 2) * y.n + n) * (y.h / 2) + h / 2) * (y.w / 2)) + w / 2;
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
  Index channels;  ///< of `from`
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
      const Index position = map_position(size, phases, block.z(), block.y(), w);
      auto values = converted<A>(load<width>(from + position * channels + c));
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

/// to = dy in dense maps with `channels` channels, zeros in those that dy has not.
template <Scalar T, int width>
struct SplitMaps {
  static constexpr int threads = 256;
  const T* dy;
  T* to;
  Shape size;      ///< of dy
  Index channels;  ///< of `to`
  int phases;

  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const int at = static_cast<int>(block.x()) * threads + thread;
      const int groups = static_cast<int>(channels) / width;
      if (at >= static_cast<int>(size.w) * groups) return;
      const int w = at / groups, c = (at - w * groups) * width;
      const T* source = dy + ((block.z() * size.h + block.y()) * size.w + w) * size.c;
      Pack<T, width> values = filled<width>(T{});
      if (c < size.c) values = load<width>(source + c);
      const Index position = map_position(size, phases, block.z(), block.y(), w);
      store(to + position * channels + c, values);
    });
  }
};

/// y (+)= activation(from + bias), `from` as the plan's problem left it: y itself, or a copy.
template <BlockDevice D, Scalar T>
void finish_maps(D& device, const ConvPlan& plan, const T* from, const param_t<T>* bias,
                 Activation activation, T* y, bool add) {
  const Shape& size = plan.y;
  const int phases = plan.copies_y ? static_cast<int>(plan.phases) : 1;
  const Index channels = plan.copies_y ? plan.problem.y.c : size.c;
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
  const Shape& size = plan.y;
  const Index channels = plan.problem.y.c;
  detail::with_channel_width<T>(size.c, channels, dy, to, [&](auto width) {
    using K = SplitMaps<T, width>;
    launch(device, {blocks_of(size.w * channels / width, K::threads), size.h, size.n},
           K{dy, to, size, channels, static_cast<int>(plan.phases)});
  });
}

}  // namespace limn::inline v0::gpu
