// SPDX-License-Identifier: MIT
// Generators on the CPU. With limn::ugatit the networks are compiled there, else where this is
// included.
#pragma once

#include "limn/cpu/device.hpp"
#include "limn/models/ugatit/any_generator.hpp"

namespace limn::inline v0::ugatit {

namespace detail {
/// A template so that it can be compiled elsewhere; its argument means nothing.
template <class = void>
[[nodiscard]] OpenGenerator open_cpu_generators(const CpuOptions& cpu, Precision precision);
}  // namespace detail

/// Loads generators onto a CPU that is opened so, once for all of them.
[[nodiscard]] inline OpenGenerator cpu_generators(const CpuOptions& cpu, Precision precision) {
  return detail::open_cpu_generators(cpu, precision);
}

}  // namespace limn::inline v0::ugatit

#if defined(LIMN_USE_UGATIT)
namespace limn::inline v0::ugatit {
extern template OpenGenerator detail::open_cpu_generators<void>(const CpuOptions&, Precision);
}  // namespace limn::inline v0::ugatit
#else
#include "limn/models/ugatit/cpu_generators_here.hpp"
#endif
