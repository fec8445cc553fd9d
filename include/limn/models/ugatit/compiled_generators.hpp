// SPDX-License-Identifier: MIT
// The generators on the CPU that limn::ugatit has compiled.
#pragma once

#include <memory>

#include "limn/core/config.hpp"
#include "limn/cpu/cpu.hpp"
#include "limn/models/ugatit/any_generator.hpp"

namespace limn::inline v0::ugatit {

LIMN_UGATIT_TEMPLATE AnyGenerator any_generator<Cpu, float>(const std::shared_ptr<Cpu>&,
                                                            const ModelFile&, Direction);
LIMN_UGATIT_TEMPLATE AnyGenerator any_generator<Cpu, bfloat16>(const std::shared_ptr<Cpu>&,
                                                               const ModelFile&, Direction);
LIMN_UGATIT_TEMPLATE AnyGenerator any_generator<Cpu, double>(const std::shared_ptr<Cpu>&,
                                                             const ModelFile&, Direction);

}  // namespace limn::inline v0::ugatit
