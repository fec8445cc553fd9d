// SPDX-License-Identifier: MIT
// What pictures look like, compared with the others of their folder, and folders with each other.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "limn/data/data_finding.hpp"
#include "limn/data/file_findings.hpp"
#include "limn/data/picture_statistics.hpp"
#include "limn/data/set_findings.hpp"

namespace limn::inline v0 {
namespace detail {

/// A number of PictureStatistics: the least difference that anybody sees, and words for both sides.
struct Look {
  double PictureStatistics::*value;
  double least;
  const char* name;
  const char* below;
  const char* above;
};
inline constexpr std::array<Look, 5> looks{{
    {&PictureStatistics::brightness, 0.04, "brightness", "darker", "brighter"},
    {&PictureStatistics::contrast, 0.03, "contrast", "flatter", "richer in contrast"},
    {&PictureStatistics::saturation, 0.04, "saturation", "less colourful", "more colourful"},
    {&PictureStatistics::warmth, 0.04, "warmth", "bluer", "redder"},
    {&PictureStatistics::green, 0.03, "green", "more purple", "greener"},
}};

/// Folders with fewer pictures have no usual look.
inline constexpr std::size_t least_for_looks = 12;
/// Deviations from which on a picture stands apart; of a normal distribution, one in a billion
/// does.
inline constexpr double apart_from = 6;

/// The values of one look, of all pictures with something to see.
inline std::vector<double> look_values(const InspectedFolder& folder, const Look& look) {
  std::vector<double> values;
  for (const auto& p : folder.pictures)
    if (p.readable() && !p.statistics.constant()) values.push_back(p.statistics.*look.value);
  return values;
}

/// Pictures of folder f that stand apart, the strangest first.
inline std::vector<PictureApart> pictures_apart(const Inspection& data, std::size_t f) {
  const auto& folder = data.folders[f];
  std::vector<PictureApart> out;
  std::vector<RobustSpread> usual;
  for (const auto& look : looks) {
    const auto values = look_values(folder, look);
    if (values.size() < least_for_looks) return out;
    usual.emplace_back(values);
  }
  for (std::size_t i = 0; i < folder.pictures.size(); ++i) {
    const auto& p = folder.pictures[i];
    if (!p.readable() || p.statistics.constant()) continue;
    PictureApart apart{{f, i}, 0, ""};
    for (std::size_t k = 0; k < looks.size(); ++k) {
      const double score = usual[k].score(p.statistics.*looks[k].value, looks[k].least);
      if (std::abs(score) <= apart.score) continue;
      apart.score = std::abs(score);
      apart.why = std::string("much ") + (score < 0 ? looks[k].below : looks[k].above);
    }
    if (apart.score >= apart_from) out.push_back(std::move(apart));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& x, const auto& y) { return x.score > y.score; });
  return out;
}

inline std::vector<PictureApart> find_apart(const Inspection& data, FindingList& list) {
  DataFinding finding{
      "stands-apart",
      Severity::warning,
      "Pictures that look unlike the others of their folder (--montage shows them).",
      "Look at them, and delete those that do not belong there.",
      {}};
  std::vector<PictureApart> all;
  for (std::size_t f = 0; f < data.folders.size(); ++f)
    for (auto& apart : pictures_apart(data, f)) {
      finding.cases.push_back({{name_of(data, apart.at)}, apart.why});
      all.push_back(std::move(apart));
    }
  list.add(std::move(finding));
  return all;
}

/// The test folders against their training folders.
inline void find_unlike_tests(const Inspection& data, FindingList& list) {
  DataFinding finding{
      "test-unlike-train",
      Severity::warning,
      "Test pictures that look unlike those of their domain's training, as a whole: "
      "what is learnt from one may not work on the other.",
      "See whether they were made in the same way, or folders were exchanged.",
      {}};
  for (const std::size_t test : {test_a, test_b})
    for (const auto& look : looks) {
      const auto& train = data.folders[domain_of(test)];
      const auto learnt = look_values(train, look), tested = look_values(data.folders[test], look);
      if (std::min(learnt.size(), tested.size()) < least_for_looks) continue;
      const double score = RobustSpread(learnt).score(median(tested), look.least);
      if (std::abs(score) < 3) continue;
      finding.cases.push_back({{data.folders[test].name, train.name},
                               std::string("much ") + (score < 0 ? look.below : look.above)});
    }
  list.add(std::move(finding));
}

}  // namespace detail

/// Everything that is to be said about the data.
[[nodiscard]] inline DataFindings find_in_data(const Inspection& data,
                                               const DataFindingOptions& options = {}) {
  detail::FindingList list;
  DataFindings out;
  detail::find_numbers(data, list);
  detail::find_repetitions(data, list);
  detail::find_unreadable(data, list);
  detail::find_extents(data, options, list);
  out.apart = detail::find_apart(data, list);
  detail::find_unlike_tests(data, list);
  detail::find_conversions(data, list);
  detail::find_unseen(data, list);
  out.findings = list.take();
  return out;
}

}  // namespace limn::inline v0
