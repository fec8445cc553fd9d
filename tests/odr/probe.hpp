// SPDX-License-Identifier: MIT
// The same code, seen by two translation units that are compiled with opposite flags. What the
// library defines inline is merged by the linker: whichever copy survives must serve both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "limn/image.hpp"
#include "limn/limn.hpp"

struct Findings {
  std::string shape;            ///< of a convolution
  std::string error;            ///< words of a ShapeError thrown here
  std::vector<float> uniforms;  ///< Philox: the same bits everywhere
  std::vector<float> normals;
  std::vector<float> doubled;  ///< through a device's memory and a tensor
  const void* function = nullptr;
  bool finite_told = false;  ///< infinities and NaN are recognized
  std::string pictures;      ///< a checksum of what becomes of pixels between file and network
};

/// Each translation unit's own function; `inf` and `nan` come from outside, so that no compiler
/// folds them.
Findings careful(float inf, float nan);
Findings fast(float inf, float nan);
/// Throws limn::ShapeError from the unit compiled with -ffast-math.
void throw_from_fast();
/// Of network.cpp: a checksum of a trained model and its translation.
std::string network();

namespace {

// NOLINTNEXTLINE(misc-definitions-in-headers): each unit must have a copy of its own
[[maybe_unused]] limn::Picture some_pixels(limn::Index width, limn::Index height) {
  limn::Picture p(width, height);
  std::uint32_t state = 1;
  for (auto& v : p.pixels)
    v = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return p;
}

// NOLINTNEXTLINE(misc-definitions-in-headers)
[[maybe_unused]] std::string pictures() {
  limn::ContentHash hash;
  const auto add = [&hash](const auto& values) {
    hash.update(values.data(), values.size() * sizeof(values[0]));
  };
  const limn::Picture picture = some_pixels(301, 173);
  for (const limn::Fit fit : {limn::Fit::squash, limn::Fit::pad, limn::Fit::crop}) {
    const limn::Picture square = limn::fit_picture(picture, 96, fit);
    const auto floats = limn::to_floats(square);
    add(floats);
    std::vector<float> between;  // no byte's value: halves of sums are exact
    for (std::size_t i = 1; i < floats.size(); ++i)
      between.push_back(0.5F * (floats[i - 1] + floats[i]));
    between.resize(floats.size());
    add(limn::restore_picture(limn::to_picture(between, 96, 96), picture, fit).pixels);
    const std::span map = std::span(between).first(24 * 24);
    const auto heat = limn::heatmap_picture(map, 24, 24, 96, 96);
    add(heat.pixels);
    add(limn::overlay(heat, square, 0.3F).pixels);
  }
  return hash.hex();
}

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
  found.pictures = pictures();
  return found;
}

}  // namespace
