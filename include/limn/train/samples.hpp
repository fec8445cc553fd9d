// SPDX-License-Identifier: MIT
// Samples: what a training's networks make of fixed test pictures, as data. The sheet is drawn
// from them, the watch judges by them, a report shows them: they are computed once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "limn/data/heatmap.hpp"
#include "limn/data/sheet.hpp"
#include "limn/io/picture.hpp"

namespace limn::inline v0 {

/// One test picture and what became of it; what a model does not make stays empty.
struct Sample {
  std::string name;  ///< of the picture
  /// Domains: "A", "B".
  std::string from, to;          ///< domains: "A", "B"
  Picture input;                 ///< as the network sees it
  Picture translation;           ///< of domain `to`
  Picture cycle{};               ///< translated back
  Picture identity{};            ///< what the generator into `from` makes of the input
  std::vector<float> heatmap{};  ///< attention, (heatmap_height, heatmap_width), of any range
  /// Of the heatmap; 0 without.
  Index heatmap_height = 0, heatmap_width = 0;
};

/// All of them after a step, the samples of a direction next to each other.
struct Samples {
  std::int64_t step = 0;    ///< after which they were made
  std::string title;        ///< of a sheet: what model this is
  std::vector<Sample> all;  ///< of both directions

  /// Nothing was made.
  [[nodiscard]] bool empty() const { return all.empty(); }
};

/// The heatmap over the input; the input alone where there is no heatmap. A constant heatmap is
/// cold everywhere.
[[nodiscard]] inline Picture heatmap_over_input(const Sample& sample) {
  if (sample.heatmap.empty()) return sample.input;
  return overlay(heatmap_picture(sample.heatmap, sample.heatmap_height, sample.heatmap_width,
                                 sample.input.height, sample.input.width),
                 sample.input);
}

/// A section per direction with the rows input, attention, translation, cycle and identity, as far
/// as there are such pictures; pixels are those of the network, enlarged to at least 96 a picture.
[[nodiscard]] inline Picture draw_samples(const Samples& samples) {
  Index cell = 96;
  for (const auto& sample : samples.all)
    cell = std::max({cell, sample.input.width, sample.input.height});
  Sheet sheet(samples.title, cell);
  const auto direction = [&sheet](const auto first, const auto last) {
    const std::string &from = first->from, &to = first->to;
    std::vector<std::string> names;
    for (auto s = first; s != last; ++s) names.push_back(s->name);
    sheet.section(from + " to " + to, std::move(names));
    const auto row = [&](const std::string& caption, bool there, auto&& picture_of) {
      if (!there) return;
      std::vector<Picture> pictures;
      for (auto s = first; s != last; ++s) pictures.push_back(picture_of(*s));
      sheet.row(caption, std::move(pictures));
    };
    row("input " + from, true, [](const Sample& s) { return s.input; });
    row("attention\n(CAM)", !first->heatmap.empty(), heatmap_over_input);
    row("translation\n" + from + " to " + to, true, [](const Sample& s) { return s.translation; });
    row("cycle\n" + from + " to " + to + " to " + from, !first->cycle.pixels.empty(),
        [](const Sample& s) { return s.cycle; });
    row("identity\n" + from + " to " + from, !first->identity.pixels.empty(),
        [](const Sample& s) { return s.identity; });
  };
  for (auto first = samples.all.begin(); first != samples.all.end();) {
    const auto last = std::find_if(first, samples.all.end(), [&](const Sample& s) {
      return s.from != first->from || s.to != first->to;
    });
    direction(first, last);
    first = last;
  }
  return sheet.draw();
}

}  // namespace limn::inline v0
