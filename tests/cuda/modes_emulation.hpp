// SPDX-License-Identifier: MIT
// The table on the emulated GPU: the kernels' bodies, the threads of a block forwards and
// backwards. A barrier that is missing shows as a difference between the two.
#pragma once

#include <cstdlib>
#include <fstream>
#include <set>

#include "../primitives/run.hpp"
#include "limn/cuda/emulation.hpp"

namespace limn_test {

/// Adds the names of launched kernels, each once, to the file that LIMN_TEST_LAUNCHED names: what
/// kernels_test.sh compares with the kernels that there are.
inline void remember_launch(std::string_view kernel) {
  static const char* const file = std::getenv("LIMN_TEST_LAUNCHED");
  if (file == nullptr) return;
  static std::set<std::string> known;
  if (known.emplace(kernel).second) std::ofstream(file, std::ios::app) << kernel << '\n';
}

#if defined(LIMN_TEST_CONCURRENT_BLOCKS)
/// Under the thread sanitizer: blocks side by side, and the threads of each phase shared between
/// two real ones. What two threads of a phase both touch is a race.
template <>
struct Modes<CudaEmulation> {
  static std::vector<ModeGroup<CudaEmulation>> groups() {
    const auto open = [](bool dry) {
      CudaEmulationOptions options;
      options.threads = 2;
      options.dry = dry;
      options.order = gpu::HostOrder::concurrent;
      return std::make_unique<CudaEmulation>(options);
    };
    return {{"emulated CUDA", {{"threads side by side", open}}}};
  }
  static std::vector<std::string> missing() { return {}; }
};
#else
template <>
struct Modes<CudaEmulation> {
  static std::vector<ModeGroup<CudaEmulation>> groups() {
    ModeGroup<CudaEmulation> group{"emulated CUDA", {}};
    for (const auto order : {gpu::HostOrder::forward, gpu::HostOrder::backward})
      group.modes.push_back(
          {order == gpu::HostOrder::forward ? "threads forwards" : "threads backwards",
           [=](bool dry) {
             CudaEmulationOptions options;
             options.threads = order == gpu::HostOrder::forward ? 1 : 2;
             options.dry = dry;
             options.order = order;
             options.on_launch = remember_launch;
             return std::make_unique<CudaEmulation>(options);
           }});
    return {group};
  }
  static std::vector<std::string> missing() { return {}; }
};

#endif

}  // namespace limn_test
