// SPDX-License-Identifier: MIT
// Samples of U-GAT-IT: what both generators make of the same few pictures. Only generators run,
// without a tape, so no state of the training changes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "limn/data/augment.hpp"
#include "limn/models/ugatit/sheet_pictures.hpp"
#include "limn/models/ugatit/translator.hpp"
#include "limn/train/samples.hpp"

namespace limn::inline v0::ugatit {

/// Both directions, in the order of `pictures`; empty on a dry device. Throws NumericError where a
/// translation is not finite.
template <Device D, Scalar T>
[[nodiscard]] std::vector<Sample> make_samples(Generator<D, T>& a2b, Generator<D, T>& b2a,
                                               D& device, Index size,
                                               const SheetPictures& pictures) {
  std::vector<Sample> samples;
  const auto direction = [&](const char* from, const char* to,
                             const std::vector<SheetPicture>& inputs, Generator<D, T>& there,
                             Generator<D, T>& back) {
    for (const auto& [name, picture] : inputs) {
      const auto values = to_floats(picture);
      auto forth = translate_values(there, device, values, size);
      const auto returned = translate_values(back, device, forth.image, size);
      const auto same = translate_values(back, device, values, size);
      if (device.dry()) continue;
      samples.push_back({name, from, to, picture, to_picture(forth.image, size, size),
                         to_picture(returned.image, size, size), to_picture(same.image, size, size),
                         std::move(forth.heatmap), forth.heatmap_size, forth.heatmap_size});
    }
  };
  direction("A", "B", pictures.a, a2b, b2a);
  direction("B", "A", pictures.b, b2a, a2b);
  return samples;
}

}  // namespace limn::inline v0::ugatit
