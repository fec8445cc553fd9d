// SPDX-License-Identifier: MIT
// An inspected data set as JSON, for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "limn/data/data_finding.hpp"
#include "limn/data/inspection.hpp"
#include "limn/data/look_findings.hpp"

namespace limn::inline v0 {

/// {"data", "trainable", "folders": [{"name", "pictures", "readable", "brightness", "contrast",
/// "saturation", "warmth", "green"}], "findings": [{"kind", "severity", "what", "advice", "cases":
/// [{"files": [..], "detail"}]}]}, all file names below DATA; what is not UTF-8 in a name becomes
/// U+FFFD.
[[nodiscard]] inline std::string to_json(const Inspection& data, const DataFindings& found) {
  using Json = nlohmann::ordered_json;
  Json folders = Json::array(), findings = Json::array();
  for (const auto& folder : data.folders) {
    Json one = {{"name", folder.name},
                {"pictures", folder.pictures.size()},
                {"readable", folder.readable()}};
    if (!folder.problem.empty()) one["problem"] = folder.problem;
    if (folder.readable() > 0)
      for (const auto& look : detail::looks)
        one[look.name] = median(detail::look_values(folder, look));
    folders.push_back(std::move(one));
  }
  for (const auto& finding : found.findings) {
    Json cases = Json::array();
    for (const auto& one : finding.cases) {
      cases.push_back({{"files", one.files}});
      if (!one.detail.empty()) cases.back()["detail"] = one.detail;
    }
    findings.push_back({{"kind", finding.kind},
                        {"severity", to_string(finding.severity)},
                        {"what", finding.what},
                        {"advice", finding.advice},
                        {"cases", std::move(cases)}});
  }
  const Json all = {{"data", data.data.string()},
                    {"trainable", found.trainable()},
                    {"folders", std::move(folders)},
                    {"findings", std::move(findings)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace limn::inline v0
