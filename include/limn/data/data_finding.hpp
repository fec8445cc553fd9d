// SPDX-License-Identifier: MIT
// What is found in a data set: which files, what is the matter, what to do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "limn/data/same_pictures.hpp"

namespace limn::inline v0 {

/// note: training knows what to do, and this is what; warning: training works, its result may not;
/// error: training fails, or makes no sense.
enum class Severity { note, warning, error };

/// "note", "warning" or "error".
[[nodiscard]] constexpr const char* to_string(Severity severity) {
  return severity == Severity::error ? "error" : severity == Severity::warning ? "warning" : "note";
}

/// One file, or a few that belong together, below DATA: "trainA/x.png".
struct FindingCase {
  std::vector<std::string> files;  ///< paths below DATA, with '/'
  std::string detail;              ///< what is particular to these; may be empty
};

/// Everything of one kind.
struct DataFinding {
  std::string kind;                    ///< a name for programs: "truncated", "near-duplicate", ...
  Severity severity = Severity::note;  ///< the same for all of its cases
  std::string what;                    ///< a sentence
  std::string advice;                  ///< another
  std::vector<FindingCase> cases;      ///< at least one
};

/// A picture unlike the others of its folder.
struct PictureApart {
  PictureAt at;      ///< which picture
  double score = 0;  ///< deviations from the folder's middle
  std::string why;   ///< "much darker", ...
};

/// What there is to say about a data set.
struct DataFindings {
  std::vector<DataFinding> findings;  ///< the gravest first
  std::vector<PictureApart> apart;    ///< by folder, the strangest first

  /// Whether training with these data makes sense.
  [[nodiscard]] bool trainable() const {
    return std::none_of(findings.begin(), findings.end(),
                        [](const auto& f) { return f.severity == Severity::error; });
  }
  /// The finding of that kind; null if there is none.
  [[nodiscard]] const DataFinding* find(const std::string& kind) const {
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [&](const auto& f) { return f.kind == kind; });
    return found == findings.end() ? nullptr : &*found;
  }
};

}  // namespace limn::inline v0
