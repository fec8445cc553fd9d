// SPDX-License-Identifier: MIT
// UntapedCpu: a CPU whose values are on no tape. cpu/untaped.hpp has its primitives, too.
#pragma once

#include <memory>

#include "limn/cpu/device.hpp"

namespace limn::inline v0 {

/// A Cpu for forwards: the same bytes as on Cpu. A Tape of it does not compile.
class UntapedCpu : public Cpu {
 public:
  /// See Taped.
  static constexpr bool forwards_alone = true;
  using Cpu::Cpu;

  /// As Cpu's, without tapes either.
  [[nodiscard]] std::unique_ptr<UntapedCpu> planner() const {
    return std::make_unique<UntapedCpu>(
        CpuOptions{.threads = 1, .dry = true, .isa = isa(), .maths = maths()});
  }
};

}  // namespace limn::inline v0
