// SPDX-License-Identifier: MIT
// CardMemory: a range of addresses on a card that memory is put behind as it grows, so that blocks
// never move and neighbours can always be merged. Needs the CUDA toolkit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>

#include "limn/cuda/driver.hpp"

namespace limn::inline v0::gpu {

/// Kept until the end: what has grown does not shrink.
class CardMemory {
 public:
  /// Reserves addresses for all memory of card `index`, which must be the current one. Throws
  /// DeviceError.
  CardMemory(int index, const CardProperties& card) : total_(card.memory) {
    properties_.type = CU_MEM_ALLOCATION_TYPE_PINNED;
    properties_.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
    properties_.location.id = index;
    access_.location = properties_.location;
    access_.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
    driver_.check(
        driver_.granularity(&granule_, &properties_, CU_MEM_ALLOC_GRANULARITY_RECOMMENDED),
        "asking for the size of memory pages");
    reserved_ = rounded(card.memory, granule_) + granule_;
    driver_.check(driver_.reserve(&base_, reserved_, 0, 0, 0), "reserving addresses on the card");
  }
  CardMemory(const CardMemory&) = delete;
  CardMemory& operator=(const CardMemory&) = delete;
  /// Waits for whatever still uses it.
  ~CardMemory() {
    static_cast<void>(cudaSetDevice(properties_.location.id));
    static_cast<void>(cudaDeviceSynchronize());
    if (mapped_ > 0) static_cast<void>(driver_.unmap(base_, mapped_));
    static_cast<void>(driver_.free_addresses(base_, reserved_));
  }

  [[nodiscard]] std::byte* base() const {
    return reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(base_));
  }

  /// Puts memory behind [0, end). False if the card has no more.
  [[nodiscard]] bool commit(std::size_t end) {
    if (end <= mapped_) return true;
    if (end > reserved_) return false;
    gpu::check(cudaSetDevice(properties_.location.id), "choosing the card");  // of this thread
    // few large pieces, but not at the price of the last megabytes
    const std::size_t generous =
        std::min(rounded(end - mapped_, std::max(granule_, step)), reserved_ - mapped_);
    return map(generous) || map(rounded(end - mapped_, granule_));
  }

  /// For sentences.
  [[nodiscard]] std::string capacity() const {
    std::size_t free = 0, total = total_;
    if (cudaMemGetInfo(&free, &total) != cudaSuccess)
      return "of " + std::to_string(total_) + " bytes of the card";
    return "of " + std::to_string(total) + " bytes of the card, where " + std::to_string(free) +
           " are free";
  }

 private:
  static constexpr std::size_t step = std::size_t{64} << 20;

  static std::size_t rounded(std::size_t bytes, std::size_t granule) {
    return (bytes + granule - 1) / granule * granule;
  }

  bool map(std::size_t bytes) {
    CUmemGenericAllocationHandle memory{};
    const CUresult made = driver_.create(&memory, bytes, &properties_, 0);
    if (made == CUDA_ERROR_OUT_OF_MEMORY) return false;
    driver_.check(made, "taking memory of the card");
    const CUdeviceptr at = base_ + mapped_;
    CUresult result = driver_.map(at, bytes, 0, memory, 0);
    static_cast<void>(driver_.release(memory));  // it lives as long as it is mapped
    if (result == CUDA_SUCCESS) {
      result = driver_.set_access(at, bytes, &access_, 1);
      if (result != CUDA_SUCCESS) static_cast<void>(driver_.unmap(at, bytes));
    }
    if (result == CUDA_ERROR_OUT_OF_MEMORY) return false;
    driver_.check(result, "mapping memory of the card");
    mapped_ += bytes;
    return true;
  }

  Driver driver_;
  std::size_t total_;
  CUmemAllocationProp properties_{};
  CUmemAccessDesc access_{};
  std::size_t granule_ = 0;
  CUdeviceptr base_{};
  std::size_t reserved_ = 0;
  std::size_t mapped_ = 0;
};

}  // namespace limn::inline v0::gpu
