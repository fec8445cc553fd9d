// SPDX-License-Identifier: MIT
// What a run's folder tells about its training: log.csv and events.jsonl, read back and thinned to
// what a page can show. Lines that are damaged are left out: a report is better than none.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "limn/core/fields.hpp"
#include "limn/train/journal.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// A column of the log: per point the mean of the lines it stands for, and their least and
/// greatest value.
struct LossHistory {
  std::string name;  ///< of the column
  /// One value for each point.
  std::vector<double> mean, low, high;
  double last = 0;  ///< of the last line
};
/// A signal at the steps that the journal has: how many values, their least, mean and greatest.
struct SignalHistory {
  std::string name;        ///< of the signal
  std::int64_t count = 0;  ///< of values, at the last of the steps
  /// One value for each step; of the values that there were, least, mean and greatest.
  std::vector<double> steps, low, mean, high;
};
/// A score of the test pictures over the steps at which it was computed.
struct ScoreHistory {
  std::string name;  ///< "kid", "ssim", "l1"
  /// Equally many.
  std::vector<double> steps, values;
};
/// A problem or a message, however often it came.
struct NoteHistory {
  /// A word for programs, empty for a message; the sentence, as it came last.
  std::string kind, text;
  /// The steps at which it came first and last, and how often.
  std::int64_t first = 0, last = 0, times = 0;
};
/// Loss terms that belong into one chart: those whose names begin with `key`.
struct LossFamily {
  /// What names begin with; heading of the chart, of the charts beside it; a sentence below.
  std::string key, title, group, note;
  double level = std::numeric_limits<double>::quiet_NaN();  ///< where nothing has been learned
};
/// From one start of the program to its end, however that came.
struct SessionHistory {
  std::int64_t first_step = 0;  ///< the first one that it made
  std::string began;            ///< when, in UTC
  /// As RecordFacts has them.
  Facts options, machine;
};

/// Everything that a report shows of a run, but its sheets.
struct RunHistory {
  std::string name;                  ///< of the run's folder
  std::int64_t step = 0, steps = 0;  ///< done, and to do
  /// Of training, and per step lately.
  double seconds = 0, pace = 0;        ///< of training, and per step lately
  std::string as_of;                   ///< when the journal last heard of it, in UTC
  std::vector<double> at;              ///< the steps of the points of losses
  LossHistory learning_rate;           ///< of the log's lines
  std::vector<LossHistory> losses;     ///< in the order of the log
  std::vector<SignalHistory> signals;  ///< in the order in which they first came
  std::vector<ScoreHistory> scores;    ///< in the order in which they first came
  /// In the order in which they first came.
  std::vector<NoteHistory> problems, messages;
  std::vector<SessionHistory> sessions;  ///< the last one is the latest
  std::vector<LossFamily> families;      ///< of the last session
};

namespace detail {

inline constexpr std::size_t report_points = 500, report_notes = 100;

[[nodiscard]] inline std::string text_in(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return "";
  const auto bytes = InputFile(path).read_all();
  return {bytes.begin(), bytes.end()};
}

/// The numbers of a line of the log; false where it is damaged.
[[nodiscard]] inline bool numbers_of(std::string_view line, std::vector<double>& values) {
  const char *at = line.data(), *end = at + line.size();
  for (double& value : values) {
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || (next != end && *next != ',')) return false;
    at = next == end ? end : next + 1;
  }
  return at == end;
}

/// Takes the log: every point of the history stands for as many lines as needed that there are at
/// most report_points.
inline void read_log(std::string_view text, RunHistory& history) {
  const auto header = fields_of(text.substr(0, text.find('\n')));
  if (header.size() < 3 || header[0] != "step" || header[1] != "seconds") return;
  std::vector<double> steps;
  std::vector<std::string_view> lines;
  bool first = true;
  for_each_line(text, [&](std::string_view line) {
    double step = 0;
    if (std::exchange(first, false) ||
        std::from_chars(line.data(), line.data() + line.size(), step).ec != std::errc())
      return;
    // a training that went back to an earlier step took its later ones back
    while (!steps.empty() && steps.back() >= step) steps.pop_back(), lines.pop_back();
    steps.push_back(step);
    lines.push_back(line);
  });
  std::vector<LossHistory> columns(header.size() - 2);
  for (std::size_t c = 0; c < columns.size(); ++c) columns[c].name = header[c + 2];
  const std::size_t each = (lines.size() + report_points - 1) / report_points;
  std::vector<double> values(header.size());
  std::vector<std::pair<double, double>> times;  // step and seconds of points
  std::size_t in_point = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool good = numbers_of(lines[i], values);
    for (std::size_t c = 0; good && c < columns.size(); ++c) {
      auto& [name, mean, low, high, last] = columns[c];
      last = values[c + 2];
      if (in_point == 0) mean.push_back(0), low.push_back(last), high.push_back(last);
      mean.back() += last;
      low.back() = std::min(low.back(), last);
      high.back() = std::max(high.back(), last);
    }
    if (good) {
      if (in_point++ == 0) history.at.push_back(0), times.emplace_back();
      history.at.back() = values[0];
      times.back() = {values[0], values[1]};
    }
    if (in_point > 0 && ((i + 1) % each == 0 || i + 1 == lines.size())) {
      for (auto& column : columns) column.mean.back() /= static_cast<double>(in_point);
      in_point = 0;
    }
  }
  if (times.empty()) return;
  history.step = std::max(history.step, static_cast<std::int64_t>(times.back().first));
  history.seconds = times.back().second;
  const auto before = times.size() > 20 ? times[times.size() - 21] : times.front();
  if (history.seconds > before.second && times.back().first > before.first)
    history.pace = (history.seconds - before.second) / (times.back().first - before.first);
  for (auto& column : columns)
    (column.name == "lr" ? history.learning_rate : history.losses.emplace_back()) =
        std::move(column);
}

/// Reads a journal's lines into a history.
class JournalReader {
 public:
  explicit JournalReader(RunHistory& history) : history_(history) {}

  void read(std::string_view line) {
    using nlohmann::json;
    const json j = json::parse(line, nullptr, false);
    try {
      if (j.is_object()) take(j, j.at("kind").get<std::string>(), j.at("step").get<double>());
    } catch (const json::exception&) {  // damaged, or of another version
    }
  }

 private:
  using Json = nlohmann::json;

  static double number(const Json& j) {
    return j.is_number() ? j.get<double>() : std::numeric_limits<double>::quiet_NaN();
  }

  void take(const Json& j, const std::string& kind, double step) {
    if (kind == "signals") {
      for (const auto& [name, v] : j.at("values").items()) take_signal(name, v, step);
    } else if (kind == "scores") {
      for (const auto& [name, v] : j.at("values").items()) {
        auto& score = named(history_.scores, scores_, name);
        forget(step, score.steps, score.values);
        score.steps.push_back(step);
        score.values.push_back(number(v));
      }
    } else if (kind == "problem") {
      note(history_.problems, problems_, j.at("problem"), j.at("text"), step, false);
    } else if (kind == "message") {
      note(history_.messages, messages_, "", j.at("text"), step, true);
    } else if (kind == "saved" || kind == "sheet") {
      history_.step = static_cast<std::int64_t>(step);
      history_.as_of = j.at("at").get<std::string>();
    } else if (kind == "session") {
      take_session(j, step);
    }
  }

  void take_signal(const std::string& name, const Json& v, double step) {
    auto& signal = named(history_.signals, signals_, name);
    forget(step, signal.steps, signal.low, signal.mean, signal.high);
    signal.count = v.at(0).get<std::int64_t>();
    signal.steps.push_back(step);
    signal.low.push_back(number(v.at(1)));
    signal.mean.push_back(number(v.at(2)));
    signal.high.push_back(number(v.at(3)));
  }

  void take_session(const Json& j, double step) {
    SessionHistory session;
    session.first_step = static_cast<std::int64_t>(step) + 1;
    session.began = j.at("at").get<std::string>();
    session.options = j.at("options").get<Facts>();
    session.machine = j.at("machine").get<Facts>();
    history_.steps = j.at("steps").get<std::int64_t>();
    history_.families.clear();
    for (const auto& f : j.at("families"))
      history_.families.push_back({f.at(0), f.at(1), f.at(2), f.at(3), number(f.at(4))});
    history_.sessions.push_back(std::move(session));
  }

  /// Drops what is not before `step`: a training went back.
  template <class... V>
  static void forget(double step, std::vector<double>& steps, V&... values) {
    while (!steps.empty() && steps.back() >= step) {
      steps.pop_back();
      (values.pop_back(), ...);
    }
  }

  template <class T>
  static T& named(std::vector<T>& all, std::map<std::string, std::size_t>& index,
                  const std::string& name) {
    const auto [found, is_new] = index.emplace(name, all.size());
    if (is_new) all.emplace_back().name = name;
    return all[found->second];
  }

  /// One entry per kind of problem, with its latest words; one per text of a message.
  static void note(std::vector<NoteHistory>& all, std::map<std::string, std::size_t>& index,
                   const std::string& kind, const std::string& text, double at, bool by_text) {
    const auto [found, is_new] = index.emplace(by_text ? text : kind, all.size());
    const auto step = static_cast<std::int64_t>(at);
    if (is_new) all.push_back({kind, text, step, step, 0});
    auto& entry = all[found->second];
    entry.text = text;
    entry.last = step;
    ++entry.times;
  }

  RunHistory& history_;
  std::map<std::string, std::size_t> signals_, scores_, problems_, messages_;
};

}  // namespace detail

/// What the folder of a run tells. Throws IoError where there is no run's folder.
[[nodiscard]] inline RunHistory read_history(const std::filesystem::path& run) {
  std::error_code error;
  if (!std::filesystem::is_directory(run, error))
    throw IoError(run.string() + ": there is no such folder of a run");
  const std::string log = detail::text_in(run / "log.csv");
  const std::string journal = detail::text_in(run / "events.jsonl");
  if (log.empty() && journal.empty())
    throw IoError(run.string() + ": there is no run here: it has neither log.csv nor events.jsonl");
  RunHistory history;
  const auto whole = std::filesystem::weakly_canonical(run, error);
  const auto& path = error ? run : whole;
  history.name =
      path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
  detail::JournalReader reader(history);
  detail::for_each_line(journal, [&](std::string_view line) { reader.read(line); });
  detail::read_log(log, history);
  history.steps = std::max(history.steps, history.step);
  for (auto* notes : {&history.problems, &history.messages})
    if (notes->size() > detail::report_notes)  // the last ones
      notes->erase(notes->begin(), notes->end() - detail::report_notes);
  return history;
}

}  // namespace limn::inline v0
