// SPDX-License-Identifier: MIT
// The host's block: runs a kernel's phases as loops over the threads of a block, so that the very
// body that a GPU runs can be tested, debugged and sanitized on any machine.
//
// What a barrier is missing for shows as a difference between the orders: threads forwards,
// threads backwards, and (`concurrent`) the threads of a phase shared between two real threads,
// for the thread sanitizer.
#pragma once

#include <concepts>
#include <thread>

#include "limn/cpu/thread_pool.hpp"
#include "limn/cuda/block.hpp"

namespace limn::inline v0::gpu {

/// In which order the host runs the threads of a phase.
enum class HostOrder { forward, backward, concurrent };

/// One block of kernel K.
template <class K>
class HostBlock {
 public:
  HostBlock(Index x, Index y, Index z, shared_t<K>& shared, HostOrder order)
      : x_(x), y_(y), z_(z), shared_(&shared), order_(order) {}

  [[nodiscard]] LIMN_HOST_DEVICE Index x() const { return x_; }
  [[nodiscard]] LIMN_HOST_DEVICE Index y() const { return y_; }
  [[nodiscard]] LIMN_HOST_DEVICE Index z() const { return z_; }

  LIMN_NO_EXECUTION_CHECK
  template <class F>
  LIMN_HOST_DEVICE void each(const F& phase) {
    switch (order_) {
      case HostOrder::forward:
        for (int thread = 0; thread < K::threads; ++thread) phase(thread);
        break;
      case HostOrder::backward:
        for (int thread = K::threads - 1; thread >= 0; --thread) phase(thread);
        break;
      case HostOrder::concurrent: {
        std::thread odd([&phase] {
          for (int thread = 1; thread < K::threads; thread += 2) phase(thread);
        });
        for (int thread = 0; thread < K::threads; thread += 2) phase(thread);
        odd.join();
        break;
      }
    }
  }

  template <class Shared>
  [[nodiscard]] LIMN_HOST_DEVICE Shared& shared() {
    static_assert(std::same_as<Shared, shared_t<K>>);
    return *shared_;
  }

  template <class A>
  class Registers {
   public:
    [[nodiscard]] LIMN_HOST_DEVICE A& operator()(int thread) { return values_[thread]; }

   private:
    A values_[K::threads]{};
  };

  template <class A>
  [[nodiscard]] LIMN_HOST_DEVICE A sum(Registers<A>& values) {
    A total{};
    for (int thread = 0; thread < K::threads; ++thread) total += values(thread);
    return total;
  }

 private:
  Index x_, y_, z_;
  shared_t<K>* shared_;
  HostOrder order_;
};

/// Runs a kernel's whole grid on the host's threads.
template <Kernel K>
void run_on_host(ThreadPool& threads, const Grid& grid, const K& kernel, HostOrder order) {
  const Index blocks = grid.x * grid.y * grid.z;
  threads.run(blocks, [&](Index chunk, int) {
    const Index at = order == HostOrder::backward ? blocks - 1 - chunk : chunk;
    shared_t<K> shared;
    HostBlock<K> block(at % grid.x, at / grid.x % grid.y, at / (grid.x * grid.y), shared, order);
    kernel(block);
  });
}

}  // namespace limn::inline v0::gpu
