// SPDX-License-Identifier: MIT
// Instruction sets: which kernels this processor can run. Asked at run time, so that one binary
// runs everywhere.
#pragma once

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "limn/core/config.hpp"
#include "limn/core/error.hpp"

namespace limn::inline v0 {

/// Levels of the CPU kernels, each a superset of those before it.
enum class Isa { portable, avx2, avx512, avx512_bf16 };

inline constexpr std::array all_isas{Isa::portable, Isa::avx2, Isa::avx512, Isa::avx512_bf16};

/// The name that LIMN_ISA understands.
[[nodiscard]] constexpr const char* to_string(Isa isa) {
  return isa == Isa::portable ? "portable"
         : isa == Isa::avx2   ? "avx2"
         : isa == Isa::avx512 ? "avx512"
                              : "avx512_bf16";
}

/// The highest level that processor and operating system offer.
[[nodiscard]] inline Isa detect_isa() {
#if LIMN_X86_64
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("bmi2"))
    return Isa::portable;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return Isa::avx2;
  return __builtin_cpu_supports("avx512bf16") ? Isa::avx512_bf16 : Isa::avx512;
#else
  return Isa::portable;
#endif
}

/// The level called `name`; throws DeviceError if there is none or this processor lacks it.
[[nodiscard]] inline Isa parse_isa(std::string_view name) {
  std::string offered;
  const Isa highest = detect_isa();
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

/// The level to use: the highest, or what the environment variable LIMN_ISA names.
[[nodiscard]] inline Isa choose_isa() {
  const char* forced = std::getenv("LIMN_ISA");
  return forced != nullptr && *forced != '\0' ? parse_isa(forced) : detect_isa();
}

}  // namespace limn::inline v0
