// SPDX-License-Identifier: MIT
// limn::kernels: the CPU's kernels for float, compiled here.
#define LIMN_COMPILE_KERNELS
#include "limn/cpu/kernels_float.hpp"
