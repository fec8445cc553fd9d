// SPDX-License-Identifier: MIT
// Instruction sets: which kernels this processor can run, and which it should. Asked at run time,
// so that one binary runs everywhere.
//
// bfloat16 units (vdpbf16ps) are a level of their own, and more than a question of a flag: AMD runs
// them at twice the rate of float multiply-adds, Intel at half of it (measured on Granite Rapids).
// A fixed table of processors decides; where it says no, the level is avx512, and bfloat16 is what
// is stored, not what is multiplied. LIMN_ISA=avx512_bf16 asks for the units all the same.
// Matrix tiles (AMX) multiply bfloat16 many times faster than either: who has them uses them.
#pragma once

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "limn/core/config.hpp"
#include "limn/core/error.hpp"
#include "limn/cpu/amx.hpp"

#if LIMN_X86_64
#include <cpuid.h>
#endif

namespace limn::inline v0 {

/// Levels of the CPU kernels, each a superset of those before it.
enum class Isa { portable, avx2, avx512, avx512_bf16, amx_bf16 };

/// From the least to the most.
inline constexpr std::array all_isas{Isa::portable, Isa::avx2, Isa::avx512, Isa::avx512_bf16,
                                     Isa::amx_bf16};

/// The name that LIMN_ISA understands.
[[nodiscard]] constexpr const char* to_string(Isa isa) {
  return isa == Isa::portable      ? "portable"
         : isa == Isa::avx2        ? "avx2"
         : isa == Isa::avx512      ? "avx512"
         : isa == Isa::avx512_bf16 ? "avx512_bf16"
                                   : "amx_bf16";
}

/// A processor as CPUID names it: vendor "AuthenticAMD", "GenuineIntel", ...; family and model with
/// their extended parts.
struct ProcessorModel {
  std::string vendor;  ///< twelve letters
  /// As decimal numbers.
  unsigned family = 0, model = 0;
};

/// This processor; empty where it is none of x86-64.
[[nodiscard]] inline ProcessorModel processor_model() {
  ProcessorModel p;
#if LIMN_X86_64
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(0, &a, &b, &c, &d) == 0) return p;
  for (const unsigned part : {b, d, c})
    for (unsigned i = 0; i < 4; ++i) p.vendor += static_cast<char>(part >> (8 * i) & 0xffU);
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return p;
  const unsigned family = a >> 8 & 0xfU;
  p.family = family == 0xfU ? family + (a >> 20 & 0xffU) : family;
  p.model = (a >> 4 & 0xfU) | (family == 0x6U || family == 0xfU ? a >> 12 & 0xf0U : 0U);
#endif
  return p;
}

/// The table: do bfloat16 units multiply faster than float ones there? AMD from Zen 4 on (family
/// 0x19 from model 0x10 on, 0x1a and later): yes. Intel: no. Who is not in it: no, float never
/// loses much.
[[nodiscard]] inline bool bfloat16_units_pay(const ProcessorModel& p) {
  if (p.vendor == "AuthenticAMD")
    return p.family > 0x19U || (p.family == 0x19U && p.model >= 0x10U);
  return false;
}

/// The level to use on a processor that offers `highest`.
[[nodiscard]] inline Isa preferred_isa(Isa highest, const ProcessorModel& p) {
  return highest == Isa::avx512_bf16 && !bfloat16_units_pay(p) ? Isa::avx512 : highest;
}

/// The highest level that processor and operating system offer, whether it pays or not.
[[nodiscard]] inline Isa supported_isa() {
#if LIMN_X86_64
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("bmi2"))
    return Isa::portable;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return Isa::avx2;
  if (!__builtin_cpu_supports("avx512bf16")) return Isa::avx512;
  return cpu::amx_bf16_offered() ? Isa::amx_bf16 : Isa::avx512_bf16;
#else
  return Isa::portable;
#endif
}

/// The level that suits this processor best.
[[nodiscard]] inline Isa detect_isa() { return preferred_isa(supported_isa(), processor_model()); }

/// The level called `name`; throws DeviceError if there is none or this processor lacks it.
[[nodiscard]] inline Isa parse_isa(std::string_view name) {
  std::string offered;
  const Isa highest = supported_isa();
  for (const Isa isa : all_isas) {
    if (isa > highest) break;
    if (name == to_string(isa)) return isa;
    offered += (offered.empty() ? "" : ", ") + std::string(to_string(isa));
  }
  throw DeviceError("instruction set \"" + std::string(name) +
                    "\" (environment variable LIMN_ISA) is unknown or missing in this processor; "
                    "it has: " +
                    offered);
}

/// The level to use: the best, or what the environment variable LIMN_ISA names.
[[nodiscard]] inline Isa choose_isa() {
  const char* forced = std::getenv("LIMN_ISA");
  return forced != nullptr && *forced != '\0' ? parse_isa(forced) : detect_isa();
}

}  // namespace limn::inline v0
