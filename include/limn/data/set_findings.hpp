// SPDX-License-Identifier: MIT
// What is to be said about a data set as a whole: repetitions, numbers, looks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "limn/data/data_finding.hpp"
#include "limn/data/file_findings.hpp"
#include "limn/data/inspection.hpp"
#include "limn/data/same_pictures.hpp"

namespace limn::inline v0 {
namespace detail {

// as in Inspection::folders
inline constexpr std::size_t train_a = 0, train_b = 1, test_a = 2, test_b = 3;
/// 0 for A, 1 for B
constexpr std::size_t domain_of(std::size_t folder) { return folder % 2; }

inline std::string name_of(const Inspection& data, const PictureAt& at) {
  const auto& folder = data.folders[at.folder];
  return folder.name + "/" + folder.pictures[at.picture].name;
}

inline void find_repetitions(const Inspection& data, FindingList& list) {
  DataFinding twice{"duplicate",
                    Severity::warning,
                    "The same picture several times in one folder: training sees it that much more "
                    "often.",
                    "Keep one of each.",
                    {}};
  DataFinding near{
      "near-duplicate",
      Severity::warning,
      "Pictures that show the same, saved in another size, quality or format, or all but the "
      "same: training sees that much more often.",
      "Keep the best of each.",
      {}};
  DataFinding leaked{"train-test",
                     Severity::warning,
                     "Pictures that are in the training and in the test: sheets and scores look "
                     "better than they are.",
                     "Take them out of the test folder.",
                     {}};
  DataFinding both{"both-domains",
                   Severity::warning,
                   "Pictures that are in A and in B: the discriminators cannot tell what they are.",
                   "Decide which domain each belongs to.",
                   {}};
  Index common = 0;
  for (const auto& group : same_pictures(data)) {
    std::set<std::size_t> folders, domains;
    FindingCase files{{}, group.exact ? "" : "nearly"};
    for (const auto& at : group.pictures) {
      folders.insert(at.folder);
      domains.insert(domain_of(at.folder));
      files.files.push_back(name_of(data, at));
    }
    if (folders.contains(train_a) && folders.contains(train_b)) ++common;
    if (domains.size() > 1)
      both.cases.push_back(std::move(files));
    else if (folders.size() > 1)
      leaked.cases.push_back(std::move(files));
    else if (group.exact)
      twice.cases.push_back(std::move(files));
    else
      near.cases.push_back({std::move(files.files), ""});
  }
  const Index smaller =
      std::min(data.folders[train_a].readable(), data.folders[train_b].readable());
  if (smaller > 0 && 2 * common >= smaller)
    list.add(
        {"same-domains",
         Severity::error,
         "trainA and trainB are the same pictures, most of them: there is nothing to translate.",
         "Put pictures of one kind into trainA and of the other into trainB.",
         {{{"trainA", "trainB"}, std::to_string(common) + " pictures in both"}}});
  for (auto* finding : {&both, &leaked, &twice, &near}) list.add(std::move(*finding));
}

/// Pictures of a folder that can be read, each counted once however often it is there.
inline Index different_pictures(const InspectedFolder& folder) {
  std::set<std::string> contents;
  for (const auto& picture : folder.pictures)
    if (picture.readable() && !picture.statistics.constant()) contents.insert(picture.content);
  return static_cast<Index>(contents.size());
}

inline void find_numbers(const Inspection& data, FindingList& list) {
  DataFinding none{"no-pictures",
                   Severity::error,
                   "Folders without pictures to train with.",
                   "DATA needs trainA and trainB, each with pictures (.png, .jpg, .bmp, .ppm).",
                   {}};
  DataFinding few{"too-few",
                  Severity::warning,
                  "Fewer than 100 pictures: the discriminators learn them by heart, and the "
                  "translations stop getting better early.",
                  "Find more, or train with --diff-augment color,translation,cutout, --variant "
                  "light, and look at the sheets from early steps on.",
                  {}};
  DataFinding very_few{"too-few",
                       Severity::warning,
                       "Fewer than 20 pictures: enough to try the program out, not to learn a kind "
                       "of picture.",
                       "Find more: a few hundred of each kind are a good start.",
                       {}};
  DataFinding some{"few",
                   Severity::note,
                   "Fewer than 1000 pictures: results come from a few hundred on; the published "
                   "ones took 3400 of each kind.",
                   "Differentiable augmentation (--diff-augment color,translation,cutout) helps; "
                   "--variant light is enough.",
                   {}};
  DataFinding no_test{"no-test",
                      Severity::note,
                      "No test pictures: there are no sample sheets, and nothing to measure with.",
                      "Keep some pictures apart, in testA and testB.",
                      {}};
  for (std::size_t f = 0; f < data.folders.size(); ++f) {
    const auto& folder = data.folders[f];
    const Index readable = folder.readable(), different = different_pictures(folder);
    const std::string count =
        std::to_string(different) + (different == 1 ? " picture" : " pictures");
    const bool test = f >= test_a;
    if (readable == 0)
      (test ? no_test : none)
          .cases.push_back(
              {{folder.name},
               folder.pictures.empty()
                   ? folder.problem
                   : "none of " + std::to_string(folder.pictures.size()) + " is readable"});
    else if (!test && different < 2)
      none.cases.push_back({{folder.name}, count + " with something to see"});
    else if (!test && different < 20)
      very_few.cases.push_back({{folder.name}, count});
    else if (!test && different < 100)
      few.cases.push_back({{folder.name}, count});
    else if (!test && different < 1000)
      some.cases.push_back({{folder.name}, count});
  }
  for (auto* finding : {&none, &very_few, &few, &some, &no_test}) list.add(std::move(*finding));

  const auto a = static_cast<double>(data.folders[train_a].readable()),
             b = static_cast<double>(data.folders[train_b].readable());
  if (std::min(a, b) > 0 && std::max(a, b) > 4 * std::min(a, b))
    list.add({"unequal",
              Severity::note,
              "One domain has far more pictures than the other: a step takes one of each, so the "
              "pictures of the smaller one come by that much more often.",
              "Nothing must be done; more pictures of the smaller domain help most.",
              {{{"trainA", "trainB"},
                "1 to " + std::to_string(std::lround(std::max(a, b) / std::min(a, b)))}}});
}

}  // namespace detail
}  // namespace limn::inline v0
