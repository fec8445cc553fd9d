// SPDX-License-Identifier: MIT
// StagingRing: how bytes reach the card without waiting for it. They are copied into pinned
// memory, from where the card fetches them in its own time; the caller's memory is free at once.
// Needs the CUDA toolkit.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "limn/cuda/error.hpp"

namespace limn::inline v0::gpu {

/// Four slots of pinned memory, used in turn.
class StagingRing {
 public:
  StagingRing() {
    try {
      for (Slot& slot : slots_) {
        void* memory = nullptr;
        check(cudaHostAlloc(&memory, slot_bytes, cudaHostAllocDefault),
              "pinning memory of the host for copies to the card");
        slot.memory = static_cast<std::byte*>(memory);
        check(cudaEventCreateWithFlags(&slot.fetched, cudaEventDisableTiming), "making an event");
      }
    } catch (...) {
      free();
      throw;
    }
  }
  StagingRing(const StagingRing&) = delete;
  StagingRing& operator=(const StagingRing&) = delete;
  ~StagingRing() { free(); }

  /// Queues a copy of host memory to the card. Waits only if four slots' worth is under way.
  void upload(void* to, const void* from, std::size_t bytes, cudaStream_t stream) {
    for (std::size_t done = 0; done < bytes;) {
      Slot& slot = slots_[next_++ % slots_.size()];
      check(cudaEventSynchronize(slot.fetched), "waiting for a copy to the card");
      const std::size_t part = std::min(bytes - done, slot_bytes);
      std::memcpy(slot.memory, static_cast<const std::byte*>(from) + done, part);
      check(cudaMemcpyAsync(static_cast<std::byte*>(to) + done, slot.memory, part,
                            cudaMemcpyHostToDevice, stream),
            "copying to the card");
      check(cudaEventRecord(slot.fetched, stream), "recording an event");
      done += part;
    }
  }

 private:
  static constexpr std::size_t slot_bytes = std::size_t{4} << 20;
  struct Slot {
    std::byte* memory = nullptr;
    cudaEvent_t fetched = nullptr;
  };

  void free() {
    for (Slot& slot : slots_) {
      if (slot.fetched != nullptr) static_cast<void>(cudaEventDestroy(slot.fetched));
      if (slot.memory != nullptr) static_cast<void>(cudaFreeHost(slot.memory));
    }
  }

  std::array<Slot, 4> slots_{};
  std::size_t next_ = 0;
};

}  // namespace limn::inline v0::gpu
