// SPDX-License-Identifier: MIT
// limn::kernels: the CPU's kernels for double, compiled here.
#define LIMN_COMPILE_KERNELS
#include "limn/cpu/kernels_double.hpp"
