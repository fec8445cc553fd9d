// SPDX-License-Identifier: MIT
#include "gradients.hpp"
#include "limn/cpu/cpu.hpp"
#include "modes_cpu.hpp"

namespace {

using namespace limn_test;

TEST_CASE("gradients of every backward primitive") { check_gradients<Cpu>(); }

}  // namespace
