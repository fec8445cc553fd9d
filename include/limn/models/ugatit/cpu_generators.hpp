// SPDX-License-Identifier: MIT
// Generators on the CPU. With limn::ugatit the networks are compiled there, else where this is
// included, in those types that the program asks for.
#pragma once

#include "limn/core/scalar.hpp"
#include "limn/cpu/device.hpp"
#include "limn/models/ugatit/any_generator.hpp"

namespace limn::inline v0::ugatit {

/// Loads generators that compute in T onto a CPU that is opened so, once for all of them.
template <Scalar T>
[[nodiscard]] OpenGenerator cpu_generators(const CpuOptions& options);

/// The same in a precision that is known when the program runs: where it is called the networks of
/// all are compiled. The template's argument means nothing.
template <class = void>
[[nodiscard]] OpenGenerator cpu_generators(const CpuOptions& options, Precision precision) {
  check_maths(options.maths, to_string(precision));
  return with_precision(precision, [&]<Scalar T>() { return cpu_generators<T>(options); });
}

}  // namespace limn::inline v0::ugatit

#if defined(LIMN_USE_UGATIT)
namespace limn::inline v0::ugatit {
extern template OpenGenerator cpu_generators<float>(const CpuOptions&);
extern template OpenGenerator cpu_generators<bfloat16>(const CpuOptions&);
extern template OpenGenerator cpu_generators<double>(const CpuOptions&);
}  // namespace limn::inline v0::ugatit
#else
#include "limn/models/ugatit/cpu_generators_here.hpp"
#endif
