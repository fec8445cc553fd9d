// SPDX-License-Identifier: MIT
// What is to be said about single files: those that cannot be read, those that are not what their
// names say, and what reading changes silently.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limn/data/data_finding.hpp"
#include "limn/data/fit.hpp"
#include "limn/data/inspection.hpp"

namespace limn::inline v0 {

/// What the data are to be trained with.
struct DataFindingOptions {
  Index size = 256;       ///< of the squares
  Fit fit = Fit::squash;  ///< how they become squares
};

namespace detail {

/// Collects cases; findings without any are none.
class FindingList {
 public:
  /// Adds `finding` with a case for each picture for which when(picture) is true and
  /// detail(picture) says more.
  template <class When, class Detail>
  void each(const Inspection& data, DataFinding finding, When&& when, Detail&& detail) {
    for (const auto& folder : data.folders)
      for (const auto& picture : folder.pictures)
        if (when(picture))
          finding.cases.push_back({{folder.name + "/" + picture.name}, detail(picture)});
    add(std::move(finding));
  }
  void add(DataFinding finding) {
    if (!finding.cases.empty()) findings_.push_back(std::move(finding));
  }
  [[nodiscard]] std::vector<DataFinding> take() {
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const auto& a, const auto& b) { return a.severity > b.severity; });
    return std::move(findings_);
  }

 private:
  std::vector<DataFinding> findings_;
};

inline std::string lower_extension(const std::string& name) {
  const auto dot = name.rfind('.');
  std::string extension = dot == std::string::npos ? "" : name.substr(dot + 1);
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return extension;
}

/// What a name says that the file is.
inline PictureKind named_kind(const std::string& name) {
  const auto extension = lower_extension(name);
  if (extension == "png") return PictureKind::png;
  if (extension == "jpg" || extension == "jpeg") return PictureKind::jpeg;
  if (extension == "bmp") return PictureKind::bmp;
  if (extension == "ppm" || extension == "pgm") return PictureKind::pnm;
  return PictureKind::unknown;
}

inline std::string extents_text(const InspectedPicture& p) {
  return std::to_string(p.width) + "x" + std::to_string(p.height);
}
inline std::string no_detail(const InspectedPicture& /*picture*/) { return ""; }

/// The sentences of the readers say what is wrong: they are sorted by their words.
inline void find_unreadable(const Inspection& data, FindingList& list) {
  enum class Fault { none, empty, foreign, truncated, other };
  const auto fault = [](const InspectedPicture& p) {
    const auto says = [&](const char* text) { return p.problem.find(text) != std::string::npos; };
    if (p.readable()) return Fault::none;
    if (says("is empty")) return Fault::empty;
    if (says("not a picture")) return Fault::foreign;
    if (says("truncated") || says("ends before")) return Fault::truncated;
    return Fault::other;
  };
  const auto when = [&](Fault wanted) {
    return [fault, wanted](const InspectedPicture& p) { return fault(p) == wanted; };
  };
  const auto problem = [](const InspectedPicture& p) { return p.problem; };
  list.each(data,
            {"truncated",
             Severity::warning,
             "Pictures that are incomplete: training skips them and takes others in their place.",
             "Copy or download them again, or delete them.",
             {}},
            when(Fault::truncated), problem);
  list.each(
      data,
      {"not-a-picture",
       Severity::warning,
       "Files that are called pictures and are none: training skips them.",
       "Convert them to PNG or JPEG where they are pictures of another kind, else delete them.",
       {}},
      when(Fault::foreign), problem);
  list.each(data,
            {"empty-file",
             Severity::warning,
             "Empty files: training skips them.",
             "Copy or download them again, or delete them.",
             {}},
            when(Fault::empty), no_detail);
  list.each(data,
            {"unreadable",
             Severity::warning,
             "Pictures that cannot be read: training skips them.",
             "Open them in an image editor and save them as PNG, or delete them.",
             {}},
            when(Fault::other), problem);
}

inline void find_conversions(const Inspection& data, FindingList& list) {
  using P = InspectedPicture;
  list.each(
      data,
      {"wrong-name",
       Severity::note,
       "Names that say another format than the file has: training goes by the content.",
       "Nothing must be done; other programs may stumble over them, so rename them.",
       {}},
      [](const P& p) { return p.readable() && named_kind(p.name) != p.facts.kind; },
      [](const P& p) { return std::string("is a ") + to_string(p.facts.kind); });
  list.each(
      data,
      {"animated",
       Severity::note,
       "Animations: training takes the first frame alone.",
       "Keep them only if the first frame is a good picture.",
       {}},
      [](const P& p) { return p.readable() && p.facts.animated; }, no_detail);
  list.each(
      data,
      {"cmyk",
       Severity::note,
       "Pictures in inks (CMYK), for printing: training converts them to RGB without their "
       "colour profile, so colours may be off.",
       "Where that matters, convert them to RGB in an image editor.",
       {}},
      [](const P& p) { return p.readable() && p.facts.cmyk; }, no_detail);
  list.each(
      data,
      {"transparent",
       Severity::note,
       "Pictures with transparent parts: training sees them on white.",
       "Where another background is wanted, put it behind them beforehand.",
       {}},
      [](const P& p) { return p.readable() && p.facts.see_through; }, no_detail);
  list.each(
      data,
      {"sixteen-bit",
       Severity::note,
       "Pictures with 16 bits per channel: training rounds them to 8.",
       "Nothing must be done.",
       {}},
      [](const P& p) { return p.readable() && p.facts.bits == 16; }, no_detail);
  list.each(
      data,
      {"rotated",
       Severity::note,
       "Photographs that lie on their side or are mirrored in the file (EXIF orientation): "
       "training turns them upright, as viewers do.",
       "Nothing must be done, unless they are seen upright only without turning.",
       {}},
      [](const P& p) { return p.readable() && p.facts.orientation != 1; },
      [](const P& p) { return "orientation " + std::to_string(p.facts.orientation); });
  list.each(
      data,
      {"gray",
       Severity::note,
       "Pictures without colour: training gets gray as RGB.",
       "A few among colour pictures teach the model to drop colour now and then: leave them "
       "out unless a whole domain is gray.",
       {}},
      [](const P& p) {
        return p.readable() && !p.statistics.constant() &&
               (p.facts.gray || p.statistics.colourless);
      },
      no_detail);
  list.each(
      data,
      {"constant",
       Severity::warning,
       "Pictures in which nothing is to be seen: one colour everywhere.",
       "Delete them.",
       {}},
      [](const P& p) { return p.readable() && p.statistics.constant(); }, no_detail);
}

inline void find_extents(const Inspection& data, const DataFindingOptions& options,
                         FindingList& list) {
  using P = InspectedPicture;
  const auto shorter = [](const P& p) { return std::min(p.width, p.height); };
  const std::string size = std::to_string(options.size);
  list.each(
      data,
      {"too-small",
       Severity::warning,
       "Pictures far smaller than the " + size + " x " + size +
           " of the training: enlarged, they teach it to blur.",
       "Leave them out, find larger ones, or train with a smaller --size.",
       {}},
      [&](const P& p) { return p.readable() && 2 * shorter(p) < options.size; }, extents_text);
  const char* by_fit = options.fit == Fit::squash
                           ? "squashed into squares, which distorts what they show"
                       : options.fit == Fit::pad ? "mostly white border in their squares"
                                                 : "cut to their middle, most is lost";
  list.each(
      data,
      {"aspect-ratio",
       Severity::warning,
       std::string("Pictures more than twice as long as wide: they are ") + by_fit + ".",
       options.fit == Fit::squash ? "Crop them to what matters, or train with --fit crop."
                                  : "Crop them to what matters.",
       {}},
      [&](const P& p) { return p.readable() && std::max(p.width, p.height) > 2 * shorter(p); },
      extents_text);
  list.each(
      data,
      {"huge",
       Severity::note,
       "Pictures of more than 24 million pixels: each takes about a second to read, every "
       "time training comes by.",
       "Shrink them beforehand to a side of about twice --size.",
       {}},
      [](const P& p) { return p.readable() && p.width * p.height > 24'000'000; }, extents_text);
}

/// Files that training does not see.
inline void find_unseen(const Inspection& data, FindingList& list) {
  constexpr std::array<std::string_view, 17> pictures{"webp", "gif",  "tif", "tiff", "heic", "heif",
                                                      "avif", "jfif", "jpe", "jp2",  "svg",  "psd",
                                                      "jxl",  "dng",  "cr2", "nef",  "tga"};
  DataFinding foreign{"other-format",
                      Severity::warning,
                      "Pictures in formats that training cannot read: it does not use them.",
                      "Convert them to PNG or JPEG.",
                      {}};
  DataFinding other{"other-file",
                    Severity::note,
                    "Files that are no pictures by their names: training does not see them.",
                    "Nothing must be done.",
                    {}};
  DataFinding hidden{"hidden",
                     Severity::note,
                     "Hidden files (a name with a leading dot): training does not see them.",
                     "Nothing must be done; rename them if they are pictures that should be used.",
                     {}};
  DataFinding links{"links",
                    Severity::warning,
                    "Links to folders or to nothing: training does not follow them.",
                    "Copy the pictures into the folder.",
                    {}};
  for (const auto& folder : data.folders) {
    const auto path = [&](const std::string& name) { return folder.name + "/" + name; };
    for (const auto& name : folder.ignored) {
      const auto extension = lower_extension(name);
      const bool picture = std::find(pictures.begin(), pictures.end(), extension) != pictures.end();
      (picture ? foreign : other).cases.push_back({{path(name)}, ""});
    }
    for (const auto& name : folder.hidden) hidden.cases.push_back({{path(name)}, ""});
    for (const auto& name : folder.links) links.cases.push_back({{path(name)}, ""});
  }
  for (auto* finding : {&foreign, &links, &hidden, &other}) list.add(std::move(*finding));
}

}  // namespace detail
}  // namespace limn::inline v0
