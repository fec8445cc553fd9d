// SPDX-License-Identifier: MIT
// --device cuda in a program that was built without CUDA.
#pragma once

#include "limn/core/error.hpp"

namespace example {

[[noreturn]] inline void refuse_cuda() {
  throw limn::DeviceError(
      "--device cuda: this program was built without CUDA; configure with -DLIMN_CUDA=ON, which "
      "needs the CUDA toolkit and cuDNN's headers");
}

}  // namespace example
