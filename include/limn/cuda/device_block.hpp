// SPDX-License-Identifier: MIT
// The GPU's block: a phase is the code itself, followed by a barrier. Only nvcc compiles it.
#pragma once

#include <cub/block/block_reduce.cuh>
#include <nv/target>

#include "limn/cuda/block.hpp"

namespace limn::inline v0::gpu {

/// One block of kernel K.
template <class K>
class DeviceBlock {
 public:
  LIMN_HOST_DEVICE DeviceBlock(int thread, Index x, Index y, Index z, shared_t<K>* shared,
                               void* reduction)
      : thread_(thread), x_(x), y_(y), z_(z), shared_(shared), reduction_(reduction) {}

  [[nodiscard]] LIMN_HOST_DEVICE Index x() const { return x_; }
  [[nodiscard]] LIMN_HOST_DEVICE Index y() const { return y_; }
  [[nodiscard]] LIMN_HOST_DEVICE Index z() const { return z_; }

  template <class F>
  LIMN_HOST_DEVICE void each(const F& phase) {
    phase(thread_);
    barrier();
  }

  template <class Shared>
  [[nodiscard]] LIMN_HOST_DEVICE Shared& shared() {
    return *shared_;
  }

  template <class A>
  class Registers {
   public:
    [[nodiscard]] LIMN_HOST_DEVICE A& operator()(int) { return value_; }

   private:
    A value_{};
  };

  template <class A>
  [[nodiscard]] LIMN_HOST_DEVICE A sum(Registers<A>& values) {
    NV_IF_TARGET(NV_IS_DEVICE, (using Reduce = cub::BlockReduce<A, K::threads>;
                                auto* memory = static_cast<Reduction<A>*>(reduction_);
                                const A total = Reduce(memory->reduce).Sum(values(thread_));
                                if (thread_ == 0) memory->total = total; __syncthreads();
                                const A result = memory->total; __syncthreads(); return result;))
    return values(thread_);
  }

  /// What sum() needs in shared memory, for the largest type it is used with.
  template <class A>
  struct Reduction {
    typename cub::BlockReduce<A, K::threads>::TempStorage reduce;
    A total;
  };

 private:
  LIMN_HOST_DEVICE static void barrier() { NV_IF_TARGET(NV_IS_DEVICE, (__syncthreads();)) }

  int thread_;
  Index x_, y_, z_;
  shared_t<K>* shared_;
  void* reduction_;
};

/// The one __global__ function: every kernel is an instance of it.
template <Kernel K>
__global__ void __launch_bounds__(K::threads, 1) run_kernel(const K kernel) {
  __shared__ alignas(16) unsigned char shared[sizeof(shared_t<K>)];
  __shared__ typename DeviceBlock<K>::template Reduction<double> reduction;
  DeviceBlock<K> block(static_cast<int>(threadIdx.x), blockIdx.x, blockIdx.y, blockIdx.z,
                       reinterpret_cast<shared_t<K>*>(shared), &reduction);
  kernel(block);
}

}  // namespace limn::inline v0::gpu
