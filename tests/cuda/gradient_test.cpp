// SPDX-License-Identifier: MIT
#include "../primitives/gradients.hpp"
#include "limn/cuda_emulation.hpp"
#include "modes_emulation.hpp"

namespace {

using namespace limn_test;

TEST_CASE("gradients of every backward primitive on the emulated GPU") {
  check_gradients<CudaEmulation>();
}

}  // namespace
