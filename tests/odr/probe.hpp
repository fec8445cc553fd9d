// SPDX-License-Identifier: MIT
// The same code, seen by two translation units that are compiled with opposite flags. What the
// library defines inline is merged by the linker: whichever copy survives must serve both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "limn/limn.hpp"
#if __has_include("limn/image.hpp")
#include "limn/image.hpp"
#endif

struct Findings {
  std::string shape;            ///< of a convolution
  std::string error;            ///< words of a ShapeError thrown here
  std::vector<float> uniforms;  ///< Philox: the same bits everywhere
  std::vector<float> normals;
  std::vector<float> doubled;  ///< through a device's memory and a tensor
  const void* function = nullptr;
  bool finite_told = false;  ///< infinities and NaN are recognized
};

/// Each translation unit's own function; `inf` and `nan` come from outside, so that no compiler
/// folds them.
Findings careful(float inf, float nan);
Findings fast(float inf, float nan);
/// Throws limn::ShapeError from the unit compiled with -ffast-math.
void throw_from_fast();

namespace {

// NOLINTNEXTLINE(misc-definitions-in-headers): each unit must have a copy of its own
[[maybe_unused]] Findings probe(float inf, float nan) {
  Findings found;
  const limn::ConvGeometry geometry = limn::reflect_conv(3, 2, 1);
  found.shape = limn::to_string(geometry.output({1, 64, 64, 3}, {8, 3, 3, 3}));
  try {
    static_cast<void>(geometry.output({1, 64, 64, 4}, {8, 3, 3, 3}));
  } catch (const limn::ShapeError& error) {
    found.error = error.what();
  }

  const limn::Philox random{7, 3};
  for (std::uint64_t i = 0; i < 8; ++i) {
    found.uniforms.push_back(random.uniform(i));
    found.normals.push_back(random.normal(i));
  }

  limn::Cpu device{{.threads = 2}};
  const limn::Tensor<limn::Cpu, float> values(device, limn::vector_shape(8));
  values.upload(found.uniforms);
  found.doubled = values.samples(0, 1).download();
  for (float& value : found.doubled) value *= 2.0F;

  using ToString = std::string (*)(const limn::Shape&);
  found.function = reinterpret_cast<const void*>(static_cast<ToString>(&limn::to_string));
  found.finite_told = limn::is_finite(1.0F) && !limn::is_finite(inf) && !limn::is_finite(nan) &&
                      !limn::is_finite(static_cast<double>(inf)) &&
                      !limn::is_finite(static_cast<double>(nan));
  return found;
}

}  // namespace
