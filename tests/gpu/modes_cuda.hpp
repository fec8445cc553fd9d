// SPDX-License-Identifier: MIT
// The table on a GPU: strict maths (TF32 rounds more than the table excuses), twice, which must
// give the same bytes.
#pragma once

#include "../primitives/run.hpp"
#include "limn/cuda.hpp"

namespace limn_test {

template <>
struct Modes<Cuda> {
  static std::vector<ModeGroup<Cuda>> groups() {
    ModeGroup<Cuda> group{"CUDA, strict maths", {}};
    for (const char* run : {"the first run", "the second run"})
      group.modes.push_back({run, [](bool dry) {
                               CudaOptions options;
                               options.dry = dry;
                               options.maths = Maths::strict;
                               return std::make_unique<Cuda>(options);
                             }});
    return {group};
  }
  static std::vector<std::string> missing() { return {}; }
};

}  // namespace limn_test
