// SPDX-License-Identifier: MIT
// The one header with macros: the version, and compiler attributes that C++20 has no words for.
#pragma once

#define LIMN_VERSION_MAJOR 0  ///< the 0 of 0.1.0
#define LIMN_VERSION_MINOR 1  ///< the 1 of 0.1.0
#define LIMN_VERSION_PATCH 0  ///< the last 0 of 0.1.0
/// The library's version, which checkpoints name.
#define LIMN_VERSION "0.1.0"

/// Before a function whose call would cost more than it does, or that must take its caller's
/// instruction set.
#define LIMN_ALWAYS_INLINE [[gnu::always_inline]] inline
/// Before a function that is rarely called and would make its callers longer.
#define LIMN_NOINLINE [[gnu::noinline]]

// Functions that are compiled for an instruction set of their own, whatever flags the user gives,
// and called only after the processor was asked for it. Generic code is inlined into them. Nobody
// asks for prfchw: prefetchw is a hint, and does nothing on the few (Haswell) that do not know it.
#if defined(__x86_64__)
#define LIMN_X86_64 1  ///< 1 where there are kernels for x86-64, else 0
#define LIMN_TARGET_AVX2 [[gnu::target("avx2,fma,f16c,bmi2,prfchw")]]
#if defined(__clang__)  // takes the width from the vector types, and drops an attribute with words
                        // it does not know
#define LIMN_TARGET_AVX512 \
  [[gnu::target("avx2,fma,f16c,bmi2,prfchw,avx512f,avx512bw,avx512dq,avx512vl")]]
#define LIMN_TARGET_AVX512_BF16 \
  [[gnu::target("avx2,fma,f16c,bmi2,prfchw,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]]
#define LIMN_TARGET_AMX                                                          \
  [[gnu::target(                                                                 \
      "avx2,fma,f16c,bmi2,prfchw,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16," \
      "amx-tile,amx-bf16")]]
#else
#define LIMN_TARGET_AVX512 \
  [[gnu::target(           \
      "avx2,fma,f16c,bmi2,prfchw,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")]]
#define LIMN_TARGET_AVX512_BF16                                                  \
  [[gnu::target(                                                                 \
      "avx2,fma,f16c,bmi2,prfchw,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16," \
      "prefer-vector-width=512")]]
#define LIMN_TARGET_AMX                                                          \
  [[gnu::target(                                                                 \
      "avx2,fma,f16c,bmi2,prfchw,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16," \
      "amx-tile,amx-bf16,prefer-vector-width=512")]]
#endif
#else
#define LIMN_X86_64 0            ///< 1 where there are kernels for x86-64, else 0
#define LIMN_TARGET_AVX2         ///< before a function for Isa::avx2
#define LIMN_TARGET_AVX512       ///< before a function for Isa::avx512
#define LIMN_TARGET_AVX512_BF16  ///< before a function for Isa::avx512_bf16
#define LIMN_TARGET_AMX          ///< before a function for Isa::amx_bf16
#endif

/// Wants a vector in a register (simd::pin). clang++ does by itself, and would take memory here.
#if LIMN_X86_64 && !defined(__clang__)
#define LIMN_IN_REGISTER(v) asm("" : "+v"(v))
#else
#define LIMN_IN_REGISTER(v) static_cast<void>(v)
#endif

// The lists of kernels in limn/cpu/kernels_*.hpp are compiled where limn::kernels is, and declared
// elsewhere.
#if defined(LIMN_COMPILE_KERNELS)
#define LIMN_KERNEL_TEMPLATE template
#else
/// Before an instantiation in those lists.
#define LIMN_KERNEL_TEMPLATE extern template
#endif

// Device functions and kernels share the pointwise functors; a host compiler sees nothing here.
#if defined(__CUDACC__)
#define LIMN_HOST_DEVICE __host__ __device__
// before a template for host and device that may call what only the host has, and then runs there
#define LIMN_NO_EXECUTION_CHECK _Pragma("nv_exec_check_disable")
#else
/// Before a function that a GPU's kernels may call, too: pointwise functors. Empty but for nvcc.
#define LIMN_HOST_DEVICE
/// Before a template with LIMN_HOST_DEVICE that may call what only the host has.
#define LIMN_NO_EXECUTION_CHECK
#endif

// before a short loop whose arrays must be registers of a GPU; says nothing to a host compiler
#if defined(__CUDA_ARCH__)
#define LIMN_UNROLL _Pragma("unroll")
#define LIMN_NO_UNROLL _Pragma("unroll 1")
#else
#define LIMN_UNROLL     ///< before a loop of a kernel whose arrays must be registers
#define LIMN_NO_UNROLL  ///< before a loop of a kernel that must stay one
#endif
