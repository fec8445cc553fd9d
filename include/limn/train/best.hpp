// SPDX-License-Identifier: MIT
// Which state of a training is the best: by one score of its test pictures, strictly better than
// all before it, so that equal ones keep the earlier.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "limn/core/error.hpp"
#include "limn/core/scalar.hpp"
#include "limn/data/fit.hpp"
#include "limn/train/events.hpp"

namespace limn::inline v0 {

/// The score that decides. kid and l1: lower is better; ssim: higher.
enum class BestBy { kid, ssim, l1 };

/// "kid", "ssim" or "l1".
[[nodiscard]] constexpr const char* to_string(BestBy by) {
  return by == BestBy::kid ? "kid" : by == BestBy::ssim ? "ssim" : "l1";
}
/// "kid", "ssim" or "l1"; throws UsageError for anything else.
[[nodiscard]] inline BestBy parse_best_by(std::string_view text) {
  for (const BestBy by : {BestBy::kid, BestBy::ssim, BestBy::l1})
    if (text == to_string(by)) return by;
  throw UsageError("best-by '" + std::string(text) + "' is none of kid, ssim, l1");
}

/// The deciding one of these scores; none where it is missing or not finite.
[[nodiscard]] inline std::optional<double> score_by(BestBy by, const Scores& scores) {
  const auto found = std::find_if(scores.values.begin(), scores.values.end(),
                                  [&](const auto& entry) { return entry.first == to_string(by); });
  if (found == scores.values.end() || !is_finite(found->second)) return std::nullopt;
  return found->second;
}

/// Whether `score` is better than the best so far. A best by another score does not count: the two
/// cannot be compared.
[[nodiscard]] inline bool is_best(BestBy by, double score, std::string_view best_by,
                                  std::optional<double> best) {
  if (!best || best_by != to_string(by)) return true;
  return by == BestBy::ssim ? score > *best : score < *best;
}

class Trainable;

/// Scores a model in training after this many steps; changes nothing that training depends on.
using Scorer = std::function<Scores(Trainable&, std::int64_t step)>;

/// Opens a Scorer for the test pictures in a data set's folder: test_scores() in test_scores.hpp,
/// which brings linear algebra and a network with it. Throws UsageError where there are none.
using OpenScorer =
    std::function<Scorer(const std::filesystem::path& data, Index size, Fit fit, BestBy by,
                         std::function<void(const std::string&)> message)>;

/// When a training scores itself, and by what it keeps its best state.
struct Scoring {
  std::int64_t every = 0;        ///< steps, and at the last; 0: never
  BestBy best_by = BestBy::kid;  ///< which of the scores
  Scorer score{};                ///< computes the scores
};

}  // namespace limn::inline v0
