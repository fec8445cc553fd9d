// SPDX-License-Identifier: MIT
// Checked calls of the CUDA runtime and driver: what they answer becomes a DeviceError in one
// sentence. Needs the CUDA toolkit.
#pragma once

#include <cuda_runtime_api.h>

#include <string>
#include <string_view>

#include "limn/core/config.hpp"
#include "limn/core/error.hpp"
#include "limn/cuda/card.hpp"

namespace limn::inline v0::gpu {

/// "13.0" for 13000.
[[nodiscard]] inline std::string cuda_version(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

#if defined(__CUDA_ARCH_LIST__)
/// What the kernels of this program were compiled for: "sm_80, sm_90".
[[nodiscard]] inline std::string compiled_architectures() {
  constexpr int list[] = {__CUDA_ARCH_LIST__};
  std::string text;
  for (const int version : list)
    text += (text.empty() ? "sm_" : ", sm_") + std::to_string(version / 10);
  return text;
}
#endif

namespace detail {

// Why CUDA cannot be used at all, or empty. Every call may be the first one that finds out.
[[nodiscard]] inline std::string missing_driver(cudaError_t error, int driver, int runtime) {
  switch (error) {
    case cudaErrorInsufficientDriver:
    case cudaErrorStubLibrary:
    case cudaErrorInitializationError:
    case cudaErrorCallRequiresNewerDriver:
      if (driver == 0)
        return "there is no NVIDIA driver on this machine (libcuda.so.1 was searched): install "
               "one for CUDA " +
               cuda_version(runtime) + " or newer, or use the CPU";
      if (driver < runtime)
        return "the NVIDIA driver is too old: it knows CUDA " + cuda_version(driver) +
               ", this program was built with CUDA " + cuda_version(runtime) +
               "; install a newer driver, or build with an older toolkit";
      return {};
    case cudaErrorNoDevice:
      return "the NVIDIA driver sees no card: is one there, and does CUDA_VISIBLE_DEVICES leave it "
             "visible?";
    case cudaErrorSystemDriverMismatch:
      return "the NVIDIA driver and its library libcuda.so.1 are of different versions: restart "
             "the machine after an update of the driver";
    case cudaErrorDevicesUnavailable:
      return "the card is busy or set to exclusive use by another process";
    default:
      return {};
  }
}

[[noreturn]] LIMN_NOINLINE inline void refuse(cudaError_t error, std::string_view what) {
  static_cast<void>(cudaGetLastError());  // or the next, innocent call would report it again
  int driver = 0, runtime = 0;
  static_cast<void>(cudaDriverGetVersion(&driver));
  static_cast<void>(cudaRuntimeGetVersion(&runtime));
  if (const std::string why = missing_driver(error, driver, runtime); !why.empty())
    throw DeviceError("[Cuda] " + why);
  std::string text = "[Cuda] " + std::string(what) + ": ";
  switch (error) {
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidDeviceFunction:
#if defined(__CUDA_ARCH_LIST__)
      text += "this program has no code for the card, it was compiled for " +
              compiled_architectures() + "; build it with CMAKE_CUDA_ARCHITECTURES=native";
#else
      text += "this program has no code for the card";
#endif
      break;
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorAssert:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorHardwareStackError:
      // kernels run after their launch: the call that reports it need not be the one that failed
      text += "a kernel that was launched here or earlier failed (" +
              std::string(cudaGetErrorString(error)) +
              "); nothing on the card can be trusted, restart the program (CUDA_LAUNCH_BLOCKING=1 "
              "or compute-sanitizer name the kernel)";
      break;
    case cudaErrorECCUncorrectable:
      text += "the card's memory has an error that cannot be corrected (ECC)";
      break;
    case cudaErrorMemoryAllocation:
      text +=
          "out of memory; a smaller --size, --channels, --batch or --variant light needs less "
          "(--plan tells how much)";
      break;
    default:
      text += std::string(cudaGetErrorString(error)) + " (" + cudaGetErrorName(error) + ")";
  }
  throw DeviceError(text);
}

}  // namespace detail

/// Throws DeviceError if a call failed; `what` says what was being done.
inline void check(cudaError_t error, std::string_view what) {
  if (error != cudaSuccess) [[unlikely]]
    detail::refuse(error, what);
}

/// Properties of card `index`. Throws DeviceError without a driver or card.
[[nodiscard]] inline CardProperties live_card(int index) {
  int count = 0;
  check(cudaGetDeviceCount(&count), "asking for the cards");
  if (index < 0 || index >= count)
    throw DeviceError("[Cuda] there is no card " + std::to_string(index) + ": the driver sees " +
                      std::to_string(count) + ", counted from 0");
  cudaDeviceProp p{};
  check(cudaGetDeviceProperties(&p, index), "asking for the properties of a card");
  CardProperties card;
  card.name = p.name;
  card.version = p.major * 10 + p.minor;
  card.multiprocessors = p.multiProcessorCount;
  card.memory = p.totalGlobalMem;
  return card;
}

}  // namespace limn::inline v0::gpu
