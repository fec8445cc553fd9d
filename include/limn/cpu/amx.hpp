// SPDX-License-Identifier: MIT
// Matrix tiles (AMX, Intel from Sapphire Rapids on): is there such a unit, and may this process use
// it? Intel's manual, volume 1, chapter 18; Linux: Documentation/arch/x86/xstate.rst.
#pragma once

#include <cstdint>

#include "limn/core/config.hpp"
#include "limn/core/shape.hpp"

#if LIMN_X86_64
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace limn::inline v0::cpu {

/// Processor, operating system and, on Linux, which this asks for permission on behalf of the whole
/// process, allow tiles with products of bfloat16.
[[nodiscard]] inline bool amx_bf16_offered() {
#if LIMN_X86_64 && defined(__linux__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned os_saves = 1U << 27, bf16_products = 1U << 22, tiles = 1U << 24;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & os_saves) == 0) return false;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & bf16_products) == 0 || (d & tiles) == 0)
    return false;
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr unsigned tile_state = 3U << 17;  // XTILECFG and XTILEDATA
  if ((low & tile_state) != tile_state) return false;
  constexpr long request = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XTILEDATA
  return syscall(SYS_arch_prctl, request, tile_data) == 0;
#else
  return false;
#endif
}

#if LIMN_X86_64

/// Eight tiles of 16 rows of 64 bytes, numbered at compile time; valid between begin() and end() of
/// one thread. Assembler instead of intrinsics, because g++'s take numbers as text only.
struct AmxTiles {
  template <int T>
  LIMN_ALWAYS_INLINE static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(T));
  }
  /// Row r from p + r * stride bytes.
  template <int T>
  LIMN_ALWAYS_INLINE static void load(const void* p, Index stride) {
    asm volatile("{tileloadd (%0,%1,1), %%tmm%c2|tileloadd tmm%c2, [%0+%1*1]}"
                 :
                 : "r"(p), "r"(stride), "i"(T)
                 : "memory");
  }
  template <int T>
  LIMN_ALWAYS_INLINE static void store(void* p, Index stride) {
    asm volatile("{tilestored %%tmm%c2, (%0,%1,1)|tilestored [%0+%1*1], tmm%c2}"
                 :
                 : "r"(p), "r"(stride), "i"(T)
                 : "memory");
  }
  /// C (16 x 16 floats) += A (16 rows of 16 pairs) B (16 rows of pairs, of 16 columns)
  template <int C, int A, int B>
  LIMN_ALWAYS_INLINE static void dot() {
    asm volatile("{tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0|tdpbf16ps tmm%c0, tmm%c1, tmm%c2}"
                 :
                 : "i"(C), "i"(A), "i"(B));
  }

  /// All tiles at their full size, for the calling thread.
  LIMN_TARGET_AMX static void begin() {
    struct alignas(64) Configuration {
      std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
      std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    };
    const Configuration configuration;
    asm volatile("ldtilecfg %0" : : "m"(configuration));
  }
  /// Tiles are given up: a thread without any is cheaper to switch.
  LIMN_TARGET_AMX static void end() { asm volatile("tilerelease"); }
};

#endif

}  // namespace limn::inline v0::cpu
