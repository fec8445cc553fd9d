// SPDX-License-Identifier: MIT
// The few functions of the CUDA driver that the runtime has no name for, asked of the runtime, so
// that a program is not linked with libcuda and starts where there is none. Needs the CUDA toolkit.
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <string>

#include "limn/core/error.hpp"
#include "limn/cuda/error.hpp"

namespace limn::inline v0::gpu {

/// Virtual memory management (CUDA 10.2).
struct Driver {
  decltype(&cuGetErrorString) error_string{};
  decltype(&cuMemGetAllocationGranularity) granularity{};
  decltype(&cuMemAddressReserve) reserve{};
  decltype(&cuMemAddressFree) free_addresses{};
  decltype(&cuMemCreate) create{};
  decltype(&cuMemRelease) release{};
  decltype(&cuMemMap) map{};
  decltype(&cuMemUnmap) unmap{};
  decltype(&cuMemSetAccess) set_access{};

  /// Throws DeviceError for a driver without them.
  Driver() {
    find("cuGetErrorString", error_string);
    find("cuMemGetAllocationGranularity", granularity);
    find("cuMemAddressReserve", reserve);
    find("cuMemAddressFree", free_addresses);
    find("cuMemCreate", create);
    find("cuMemRelease", release);
    find("cuMemMap", map);
    find("cuMemUnmap", unmap);
    find("cuMemSetAccess", set_access);
  }

  /// Throws DeviceError if a call failed.
  void check(CUresult result, const char* what) const {
    if (result == CUDA_SUCCESS) return;
    const char* text = nullptr;
    if (error_string(result, &text) != CUDA_SUCCESS || text == nullptr) text = "unknown error";
    throw DeviceError("[Cuda] " + std::string(what) + ": " + text + " (CUDA driver error " +
                      std::to_string(static_cast<int>(result)) + ")");
  }

 private:
  template <class F>
  static void find(const char* name, F& function) {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result{};
#if CUDART_VERSION >= 12050
    gpu::check(cudaGetDriverEntryPointByVersion(name, &found, 10020, cudaEnableDefault, &result),
               "asking the driver for a function");
#else
    gpu::check(cudaGetDriverEntryPoint(name, &found, cudaEnableDefault, &result),
               "asking the driver for a function");
#endif
    if (result != cudaDriverEntryPointSuccess || found == nullptr)
      throw DeviceError("[Cuda] the NVIDIA driver is too old: it has no " + std::string(name));
    function = reinterpret_cast<F>(found);
  }
};

}  // namespace limn::inline v0::gpu
