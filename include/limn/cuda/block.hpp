// SPDX-License-Identifier: MIT
// How a CUDA kernel of limn is written: once, as a struct that a GPU and the host can both run.
//
//   struct Double {
//     static constexpr int threads = 256;                  // of a block
//     const float* x;  float* y;  Index count;             // values only
//     template <class Block>
//     LIMN_HOST_DEVICE void operator()(Block& block) const {
//       block.each([&](int thread) {
//         const Index i = block.x() * threads + thread;
//         if (i < count) y[i] = 2 * x[i];
//       });
//     }
//   };
//   gpu::launch(device, {gpu::blocks_of(count, Double::threads)}, Double{x, y, count});
//
// A body is a sequence of phases. `each` runs one phase, a function of the thread's number, for all
// threads of the block, and is a barrier: what a phase wrote to shared or global memory, the next
// one may read from any thread of the block. Within a phase no thread may read what another writes.
// `each` stands outside of any condition that differs between threads.
//
// A block offers
//   x(), y(), z()                 its position in the grid
//   each(f)                       a phase
//   shared<K::Shared>()           the block's shared memory: K::Shared, plain values, uninitialised
//   Registers<A>                  one A per thread that lives from phase to phase: r(thread)
//   sum(registers)                the sum over all threads (every thread gets it); a barrier too
//
// On a GPU (device_block.hpp) a phase is the code itself and a barrier; on the host
// (host_block.hpp) it is a loop over the threads, in any order.
//
// The namespace is gpu, not cuda: NVIDIA's own headers have a cuda at the top, which `using
// namespace limn` would make ambiguous.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "limn/core/config.hpp"
#include "limn/core/device.hpp"
#include "limn/core/shape.hpp"

/// Kernels that a GPU and the host can both run, and the cards that run them.
namespace limn::inline v0::gpu {

/// Blocks along three axes. CUDA allows 2^31 - 1 along x, 65535 along y and z.
struct Grid {
  /// Blocks along this axis.
  Index x = 1, y = 1, z = 1;
};

/// Blocks (chunks) of `size` that cover `count`.
[[nodiscard]] LIMN_HOST_DEVICE constexpr Index blocks_of(Index count, Index size) {
  return (count + size - 1) / size;
}

/// The shared memory of a kernel that needs none.
struct NoShared {};

namespace detail {
template <class K>
struct SharedOf {
  using type = NoShared;
};
template <class K>
requires requires { typename K::Shared; }
struct SharedOf<K> {
  using type = typename K::Shared;
};
}  // namespace detail

/// K::Shared, or NoShared for a kernel that names none.
template <class K>
using shared_t = typename detail::SharedOf<K>::type;

/// What can be launched: plain values and a number of threads per block.
template <class K>
concept Kernel = std::is_trivially_copyable_v<K> && requires {
  { K::threads } -> std::convertible_to<int>;
} && std::is_trivially_default_constructible_v<shared_t<K>>;

/// Devices that run kernels block by block: Cuda, and CudaEmulation on the host. The primitives of
/// limn/cuda are written for any of them.
template <class D>
concept BlockDevice = Device<D> && requires {
  typename D::BlockDeviceTag;
};

/// A kernel's name with its template arguments, for messages, as the compiler spells it:
/// "limn::v0::gpu::MapKernel<float, ...>".
template <class K>
[[nodiscard]] constexpr std::string_view kernel_name() {
  std::string_view name = __PRETTY_FUNCTION__;
  name.remove_prefix(name.find("K = ") + 4);
  return name.substr(0, name.find_first_of(";]"));
}

/// Queues a kernel. Throws DeviceError if the launch is refused.
template <BlockDevice D, Kernel K>
void launch(D& device, const Grid& grid, const K& kernel) {
  if (grid.x > 0 && grid.y > 0 && grid.z > 0) device.launch(grid, kernel);
}

}  // namespace limn::inline v0::gpu
