// SPDX-License-Identifier: MIT
// limn::kernels: the CPU's kernels for bfloat16, compiled here.
#define LIMN_COMPILE_KERNELS
#include "limn/cpu/kernels_bfloat16.hpp"
