// SPDX-License-Identifier: MIT
// An inspected data set in plain language, and its strange pictures as a sheet.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/data/data_finding.hpp"
#include "limn/data/inspection.hpp"
#include "limn/data/look_findings.hpp"
#include "limn/data/sheet.hpp"

namespace limn::inline v0 {

namespace detail {

/// A file name as one line of a terminal: control characters become '?'.
inline std::string on_one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

inline std::string percent(double share) { return std::to_string(std::lround(share * 100)) + " %"; }

/// "trainA: 134 pictures, 128x128 to 512x300; brightness 72 %, contrast 21 %, saturation 40 %"
inline std::string folder_line(const InspectedFolder& folder) {
  if (folder.pictures.empty()) return folder.name + ": " + folder.problem;
  const InspectedPicture *least = nullptr, *most = nullptr;
  for (const auto& p : folder.pictures) {
    if (!p.readable()) continue;
    const auto area = [](const InspectedPicture* q) { return q->width * q->height; };
    if (least == nullptr || area(&p) < area(least)) least = &p;
    if (most == nullptr || area(&p) > area(most)) most = &p;
  }
  const auto all = folder.pictures.size();
  std::string line =
      folder.name + ": " + std::to_string(all) + (all == 1 ? " picture" : " pictures");
  if (least == nullptr) return line + ", none of which can be read";
  if (const Index bad = static_cast<Index>(all) - folder.readable(); bad > 0)
    line += " (" + std::to_string(bad) + " cannot be read)";
  line += ", " + extents_text(*least);
  if (extents_text(*least) != extents_text(*most)) line += " to " + extents_text(*most);
  line += ";";
  for (std::size_t k = 0; k < 3; ++k)
    line += std::string(k == 0 ? " " : ", ") + looks[k].name + " " +
            percent(median(look_values(folder, looks[k])));
  return line;
}

inline std::string case_line(const FindingCase& one) {
  std::string line;
  for (const auto& file : one.files) line += (line.empty() ? "" : " = ") + on_one_line(file);
  return one.detail.empty() ? line : line + ": " + on_one_line(one.detail);
}

}  // namespace detail

/// What was found, for people: folders, then findings, the gravest first, then the verdict. Of each
/// kind at most `most` cases are named.
[[nodiscard]] inline std::string to_text(const Inspection& data, const DataFindings& found,
                                         std::size_t most = 10) {
  std::string text = detail::on_one_line(data.data.string()) + "\n";
  for (const auto& folder : data.folders) text += "  " + detail::folder_line(folder) + "\n";
  for (const auto& finding : found.findings) {
    const auto count = finding.cases.size();
    text += "\n" + std::string(to_string(finding.severity)) + ": " + finding.what + "\n";
    for (std::size_t i = 0; i < std::min(count, most); ++i)
      text += "    " + detail::case_line(finding.cases[i]) + "\n";
    if (count > most)
      text += "    ... and " + std::to_string(count - most) + " more (--json FILE names all)\n";
    text += "  -> " + finding.advice + "\n";
  }
  const auto count = [&](Severity severity) {
    return std::count_if(found.findings.begin(), found.findings.end(),
                         [&](const auto& f) { return f.severity == severity; });
  };
  const auto warnings = count(Severity::warning);
  text += "\n";
  if (!found.trainable())
    text += "Training with these data makes no sense yet: see the errors.\n";
  else if (warnings > 0)
    text += "These data can be trained with; " + std::to_string(warnings) +
            (warnings == 1 ? " warning is" : " warnings are") + " worth a look first.\n";
  else
    text += "These data are fine to train with.\n";
  return text;
}

/// The pictures that stand apart, under their names, and beneath each folder's some usual ones to
/// compare with. Reads these pictures again. An empty picture where none stands apart.
[[nodiscard]] inline Picture draw_apart(const Inspection& data, const DataFindings& found,
                                        std::size_t most = 24, const ReadLimits& limits = {}) {
  if (found.apart.empty()) return {};
  constexpr std::size_t columns = 6;
  constexpr Index cell = 128;
  Sheet sheet("Pictures that stand apart\n" + detail::on_one_line(data.data.string()), cell);
  const auto read = [&](const PictureAt& at) {
    try {
      return read_picture(data.data / detail::name_of(data, at), limits);
    } catch (const IoError&) {  // gone since
      return Picture(cell, cell);
    }
  };
  const auto rows = [&](const std::string& heading, const std::vector<PictureAt>& pictures,
                        const std::vector<std::string>& captions) {
    for (std::size_t i = 0; i < pictures.size(); i += columns) {
      std::vector<std::string> names;
      std::vector<Picture> row;
      for (std::size_t k = i; k < std::min(i + columns, pictures.size()); ++k) {
        names.push_back(captions[k]);
        row.push_back(fit_picture(read(pictures[k]), cell, Fit::pad));
      }
      sheet.section(i == 0 ? heading : "", std::move(names));
      sheet.row("", std::move(row));
    }
  };
  for (std::size_t f = 0; f < data.folders.size(); ++f) {
    const auto& folder = data.folders[f];
    std::vector<PictureAt> apart, usual;
    std::vector<std::string> captions, usual_names;
    std::size_t count = 0;
    for (const auto& picture : found.apart) {
      if (picture.at.folder != f || ++count > most) continue;
      apart.push_back(picture.at);
      captions.push_back(folder.pictures[picture.at.picture].name + " " + picture.why.substr(5));
    }
    if (apart.empty()) continue;
    rows(folder.name + ": " + std::to_string(count) + " of " +
             std::to_string(folder.pictures.size()) +
             (count > most ? ", the first " + std::to_string(most) : ""),
         apart, captions);
    // evenly from the folder
    std::vector<PictureAt> others;
    for (std::size_t i = 0; i < folder.pictures.size(); ++i)
      if (folder.pictures[i].readable() &&
          std::find(apart.begin(), apart.end(), PictureAt{f, i}) == apart.end())
        others.push_back({f, i});
    for (std::size_t i = 0; i < std::min(columns, others.size()); ++i) {
      usual.push_back(others[i * others.size() / std::min(columns, others.size())]);
      usual_names.push_back(folder.pictures[usual.back().picture].name);
    }
    rows("others of " + folder.name + ", to compare", usual, usual_names);
  }
  return sheet.draw();
}

}  // namespace limn::inline v0
