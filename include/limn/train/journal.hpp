// SPDX-License-Identifier: MIT
// The journal of a training: what its report tells and log.csv does not, a JSON object per line.
// Each has "kind" and "step"; the rest depends on the kind (report_history.hpp reads it).
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "limn/io/appended_file.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// A text as JSON, quotes included; what is no UTF-8 in it becomes U+FFFD.
[[nodiscard]] inline std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}
/// A number with so many digits as JSON, which has no word for what is not finite: null.
[[nodiscard]] inline std::string json_number(double value, int digits = 6) {
  return is_finite(value) ? text_of(value, digits) : "null";
}

/// A time in UTC as JSON and browsers read it: "2026-11-24T19:40:00Z".
[[nodiscard]] inline std::string utc_text(std::time_t time) {
  std::tm utc{};
  char text[32];
  if (::gmtime_r(&time, &utc) == nullptr) return "";
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

/// The time of such a text; nothing for another one.
[[nodiscard]] inline std::optional<std::time_t> utc_time(const std::string& text) {
  std::tm utc{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&utc);
}

namespace detail {

/// The step of a journal's line; nothing where it is no line of a journal.
[[nodiscard]] inline std::optional<std::int64_t> journal_step(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto step = json.find("step");
  if (step == json.end() || !step->is_number_integer()) return std::nullopt;
  return step->get<std::int64_t>();
}

/// How the line begins that says that a training went back to an earlier step.
inline constexpr std::string_view journal_back = "{\"kind\":\"back\",";

/// The number of the rollback that such a line tells of; 0 where it has none.
[[nodiscard]] inline std::int64_t journal_rollback(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  return json.is_object() ? json.value("times", std::int64_t{0}) : 0;
}

/// f(line) for each whole line of a text; a last one without its end is left out.
template <class F>
void for_each_line(std::string_view text, F&& f) {
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != text.npos; at = end + 1)
    f(text.substr(at, end - at));
}

}  // namespace detail

/// RUN/events.jsonl. A line is complete in the file when add returns.
class Journal {
 public:
  /// An empty journal (done = 0 and no rollbacks), or the one at `path` without damaged lines and
  /// without what came after the checkpoint of step `done`, which knows of so many rollbacks: a
  /// later one was told, and the training was killed before it was saved. Throws IoError.
  Journal(const std::filesystem::path& path, std::int64_t done, std::int64_t rollbacks)
      : file_((cut(path, done, rollbacks), path)) {}

  /// Adds a line: {"kind":KIND,"step":STEP,FIELDS}; `fields` is JSON without its braces. Throws
  /// IoError.
  void add(const std::string& kind, std::int64_t step, const std::string& fields) {
    file_.append("{\"kind\":" + json_text(kind) + ",\"step\":" + text_of(step) + "," + fields +
                 "}\n");
  }

 private:
  static void cut(const std::filesystem::path& path, std::int64_t done, std::int64_t rollbacks) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return;
    std::string kept;
    if (done > 0 || rollbacks > 0) {
      const auto bytes = InputFile(path).read_all();
      const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      // what a training did before it was rolled back is history, whatever its step was
      std::size_t history = 0, end = text.size(), at = 0;
      const auto each = [&](auto&& f) {
        at = 0;
        detail::for_each_line(text, [&](std::string_view line) {
          if (const auto step = detail::journal_step(line)) f(line, *step);
          ++at;
        });
      };
      each([&](std::string_view line, std::int64_t step) {
        if (!line.starts_with(detail::journal_back)) return;
        if (detail::journal_rollback(line) > rollbacks)
          end = std::min(end, at);
        else if (step <= done)
          history = at;
      });
      each([&](std::string_view line, std::int64_t step) {
        if (at < end && (at < history || step <= done)) kept += std::string(line) + "\n";
      });
    }
    write_file(path, kept.data(), static_cast<Index>(kept.size()));
  }

  AppendedFile file_;
};

}  // namespace limn::inline v0
