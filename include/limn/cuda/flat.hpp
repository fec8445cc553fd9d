// SPDX-License-Identifier: MIT
// Passes over flat memory: a step is called for packs of neighbouring values.
#pragma once

#include "limn/core/device.hpp"
#include "limn/cuda/block.hpp"
#include "limn/cuda/pack.hpp"

namespace limn::inline v0::gpu {

/// step.template run<width>(i) for the values from i on, `width` at a time, the last ones singly.
template <class Step, int width>
struct FlatKernel {
  static constexpr int threads = 256;  ///< of a block
  Step step;                           ///< what is done to the values
  Index count;                         ///< of values

  /// One thread for `width` values.
  template <class Block>
  LIMN_HOST_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      Index i = (block.x() * threads + thread) * width;
      if (i + width <= count) {
        step.template run<width>(i);
      } else {
        LIMN_NO_UNROLL
        for (; i < count; ++i) step.template run<1>(i);
      }
    });
  }
};

/// Runs a step over `count` values, with packs of 16 bytes of type Unit if the memory is aligned
/// for them.
template <class Unit, BlockDevice D, class Step>
void flat_pass(D& device, Index count, bool aligned, const Step& step) {
  with_width<Unit>(aligned, [&](auto width) {
    using Kernel = FlatKernel<Step, width()>;
    launch(device, {blocks_of(count, Kernel::threads * Index{width()})}, Kernel{step, count});
  });
}

}  // namespace limn::inline v0::gpu
