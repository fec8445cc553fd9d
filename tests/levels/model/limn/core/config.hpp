// SPDX-License-Identifier: MIT
// Found before the library's header of this name: functions for AVX-512 and matrix tiles are
// compiled for AVX2, whose registers g++ takes two of for one, and every processor with AVX2 is
// said to have all of them. So whole products and convolutions run in the blocks of Isa::avx512,
// avx512_bf16 and amx_bf16 on machines that have none of them; immintrin.h beside this has what
// cannot be compiled so.
#pragma once
#pragma GCC system_header  // for #include_next

#include_next "limn/core/config.hpp"

#if LIMN_X86_64
#undef LIMN_TARGET_AVX512
#undef LIMN_TARGET_AVX512_BF16
#undef LIMN_TARGET_AMX
#define LIMN_TARGET_AVX512 LIMN_TARGET_AVX2
#define LIMN_TARGET_AVX512_BF16 LIMN_TARGET_AVX2
#define LIMN_TARGET_AMX LIMN_TARGET_AVX2
// there is no register for 64 bytes
#undef LIMN_IN_REGISTER
#define LIMN_IN_REGISTER(v) static_cast<void>(v)
// asked by isa.hpp alone
#define __builtin_cpu_supports(feature) (__builtin_cpu_supports("avx2") != 0)
#endif
