// SPDX-License-Identifier: MIT
// Whether scores on a feature network make sense: two halves of one domain must score near 0,
// another domain far from it, and spoiled pictures the worse the more they are spoiled.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "limn/metrics/evaluation.hpp"
#include "limn/train/text.hpp"
#include "pretext_pictures.hpp"

namespace example {

struct SanityRow {
  std::string what;
  limn::Estimate kid, fid;
};

inline constexpr double sanity_strengths[] = {0.1, 0.25, 0.5, 1.0};

/// Rows: halves, other domain, then each way of spoiling with each strength. Pictures that are
/// spoiled are those of the second half, and scored against the first: nothing is compared with
/// itself.
inline std::vector<SanityRow> sanity_table(const std::vector<Picture>& a,
                                           const std::vector<Picture>& b,
                                           const limn::PictureFeatures& extract) {
  const auto append = [&](limn::Features& to, const Picture& picture) {
    const auto numbers = extract(picture);
    to.append(std::span<const float>(numbers));
  };
  limn::Features first, second, other;
  std::vector<Picture> spoilt;
  for (std::size_t i = 0; i < b.size(); ++i) {
    append(i % 2 == 0 ? first : second, b[i]);
    if (i % 2 != 0) spoilt.push_back(b[i]);
  }
  for (std::size_t i = 1; i < a.size(); i += 2) append(other, a[i]);
  const auto row = [&](std::string what, const limn::Features& f) {
    return SanityRow{std::move(what), limn::kernel_distance(first, f),
                     limn::frechet_distance(first, f)};
  };
  std::vector<SanityRow> rows{row("the other half of B", second), row("pictures of A", other)};
  for (const auto& [how, name] :
       {std::pair{Spoiled::blurred, "blurred"}, std::pair{Spoiled::noisy, "noisy"},
        std::pair{Spoiled::tinted, "tinted"}})
    for (const double strength : sanity_strengths) {
      limn::Features features;
      for (std::size_t i = 0; i < spoilt.size(); ++i)
        append(features, spoil(spoilt[i], how, strength, {99, i}));
      rows.push_back(row(std::string(name) + " " + limn::text_of(strength, 2), features));
    }
  return rows;
}

}  // namespace example
