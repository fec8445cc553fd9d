// SPDX-License-Identifier: MIT
// RUN/report.html, made of what is in the run's folder: a killed and resumed training has the same
// report as one that was left alone.
#pragma once

#include <ctime>
#include <filesystem>
#include <string>

#include "limn/io/file.hpp"
#include "limn/train/report_html.hpp"

namespace limn::inline v0 {

/// RUN/report.html
[[nodiscard]] inline std::filesystem::path report_path(const std::filesystem::path& run) {
  return run / "report.html";
}

/// Writes RUN/report.html of RUN/log.csv, events.jsonl and sheets/, whole or not at all. `sheets`
/// may have been kept since the last time. Throws IoError.
inline void write_report(const std::filesystem::path& run, ReportSheets& sheets) {
  const RunHistory history = read_history(run);
  const std::string page = report_html(history, sheets.of(run, history.step), std::time(nullptr));
  write_file(report_path(run), page.data(), static_cast<Index>(page.size()));
}
/// The same, with all sheets read anew.
inline void write_report(const std::filesystem::path& run) {
  ReportSheets sheets;
  write_report(run, sheets);
}

}  // namespace limn::inline v0
