// SPDX-License-Identifier: MIT
// Which pictures of a data set show the same, in one folder or in several.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "limn/data/inspection.hpp"
#include "limn/data/perceptual_hash.hpp"

namespace limn::inline v0 {

/// A picture of an Inspection: folders[folder].pictures[picture].
struct PictureAt {
  /// Indices in the Inspection.
  std::size_t folder = 0, picture = 0;
  bool operator==(const PictureAt&) const = default;
};

/// Two or more pictures that show the same, in the order of folders and names.
struct SamePictures {
  std::vector<PictureAt> pictures;  ///< at least two
  bool exact = false;               ///< in every pixel, whatever the files are
};

/// Each picture is compared with the first one of every group, so that a film of ten thousand
/// frames that are all alike takes no longer than ten thousand different pictures. Pictures without
/// anything to see are the same only in every pixel.
[[nodiscard]] inline std::vector<SamePictures> same_pictures(const Inspection& inspection) {
  const auto of = [&](const PictureAt& at) -> const InspectedPicture& {
    return inspection.folders[at.folder].pictures[at.picture];
  };
  std::vector<SamePictures> groups;
  std::unordered_map<std::string, std::size_t> by_content;
  std::vector<std::size_t> seen;  // groups whose first picture has something to see
  for (std::size_t f = 0; f < inspection.folders.size(); ++f)
    for (std::size_t i = 0; i < inspection.folders[f].pictures.size(); ++i) {
      const PictureAt at{f, i};
      const auto& picture = of(at);
      if (!picture.readable()) continue;
      std::size_t group = groups.size();
      if (const auto known = by_content.find(picture.content); known != by_content.end()) {
        group = known->second;
      } else if (!picture.statistics.constant()) {
        const auto alike = std::find_if(seen.begin(), seen.end(), [&](std::size_t g) {
          const auto& first = of(groups[g].pictures.front());
          return hash_distance(first.hash, picture.hash) <= near_hash &&
                 show_the_same(first.thumbnail, picture.thumbnail);
        });
        if (alike != seen.end()) {
          group = *alike;
          groups[group].exact = false;
        } else {
          seen.push_back(group);
        }
      }
      if (group == groups.size()) groups.push_back({{}, true});
      groups[group].pictures.push_back(at);
      by_content.emplace(picture.content, group);
    }
  std::erase_if(groups, [](const auto& group) { return group.pictures.size() < 2; });
  return groups;
}

}  // namespace limn::inline v0
