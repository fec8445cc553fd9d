// SPDX-License-Identifier: MIT
// The sample sheet of U-GAT-IT: what both generators make of the same few pictures, row by row.
// Only generators run, without a tape, so no state of the training changes.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "limn/data/augment.hpp"
#include "limn/data/heatmap.hpp"
#include "limn/data/sheet.hpp"
#include "limn/models/ugatit/sheet_pictures.hpp"
#include "limn/models/ugatit/translator.hpp"

namespace limn::inline v0::ugatit {

/// Rows per direction: input, CAM of the translation over the input, translation, cycle, identity.
/// Pixels are those of the network, enlarged to at least 96 per picture.
template <Device D, Scalar T>
[[nodiscard]] Picture draw_sheet(Generator<D, T>& a2b, Generator<D, T>& b2a, D& device, Index size,
                                 const SheetPictures& pictures, const std::string& title) {
  Sheet sheet(title, std::max<Index>(size, 96));
  const auto direction = [&](const std::string& from, const std::string& to,
                             const std::vector<SheetPicture>& inputs, Generator<D, T>& there,
                             Generator<D, T>& back) {
    std::vector<std::string> names;
    std::vector<Picture> input, cam, translation, cycle, identity;
    for (const auto& [name, picture] : inputs) {
      const auto values = to_floats(picture);
      const auto forth = translate_values(there, device, values, size);
      const auto returned = translate_values(back, device, forth.image, size);
      const auto same = translate_values(back, device, values, size);
      if (device.dry()) continue;
      names.push_back(name);
      input.push_back(picture);
      cam.push_back(overlay(
          heatmap_picture(forth.heatmap, forth.heatmap_size, forth.heatmap_size, size, size),
          picture));
      translation.push_back(to_picture(forth.image, size, size));
      cycle.push_back(to_picture(returned.image, size, size));
      identity.push_back(to_picture(same.image, size, size));
    }
    sheet.section(from + " to " + to, std::move(names));
    sheet.row("input " + from, std::move(input));
    sheet.row("attention\n(CAM)", std::move(cam));
    sheet.row("translation\n" + from + " to " + to, std::move(translation));
    sheet.row("cycle\n" + from + " to " + to + " to " + from, std::move(cycle));
    sheet.row("identity\n" + from + " to " + from, std::move(identity));
  };
  direction("A", "B", pictures.a, a2b, b2a);
  direction("B", "A", pictures.b, b2a, a2b);
  return device.dry() ? Picture() : sheet.draw();
}

}  // namespace limn::inline v0::ugatit
