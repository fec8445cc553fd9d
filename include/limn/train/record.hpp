// SPDX-License-Identifier: MIT
// The record of a training: attends its events, keeps the journal, and writes the report and
// TensorBoard's event files of them. None of that may end a training: where a disk is full the
// record says so once, and tries again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "limn/io/write_picture.hpp"
#include "limn/train/events.hpp"
#include "limn/train/report.hpp"
#include "limn/train/tensorboard.hpp"

namespace limn::inline v0 {

/// What a report says of a session besides its events.
struct RecordFacts {
  /// Names and values, as a page shows them: of the training, of the machine.
  Facts options, machine;
  std::vector<LossFamily> families;  ///< which loss terms share a chart
  /// Of the training, and between two lines of its log.
  std::int64_t steps = 0, log_every = 0;
  std::int64_t rollbacks = 0;  ///< before the session
};

/// Listens to a training (events) and writes RUN/events.jsonl, report.html and, if wanted, event
/// files.
class Record : public std::enable_shared_from_this<Record> {
 public:
  /// `warn` is told, once, what could not be written. Nothing is until begin().
  Record(std::filesystem::path run, bool tensorboard, std::function<void(const std::string&)> warn)
      : run_(std::move(run)), tensorboard_wanted_(tensorboard), warn_(std::move(warn)) {}

  /// The session goes on after step `done`, and the run's folder is this training's alone.
  void begin(std::int64_t done, const RecordFacts& facts) {
    step_ = done;
    facts_ = facts;
    begun_at_ = done;
    static_cast<void>(open());
  }

  /// To be attended as long as the record lives.
  [[nodiscard]] TrainerEvents events() {
    const auto self = shared_from_this();
    TrainerEvents e;
    e.on_step = [self](const StepReport& report) { self->take(report); };
    e.on_sheet = [self](const Picture& sheet, const std::filesystem::path& path) {
      self->take_sheet(sheet, path);
    };
    e.on_save = [self](const std::filesystem::path&, std::int64_t step) { self->take_save(step); };
    e.on_scores = [self](const Scores& scores) { self->take_scores(scores); };
    e.on_problem = [self](const Problem& problem) { self->take_problem(problem); };
    e.on_back = [self](const WentBack& went) { self->take_back(went); };
    e.on_message = [self](const std::string& text) {
      if (!self->journal_)
        self->early_.push_back(text);
      else
        self->guarded([&] { self->add_message(text); });
    };
    return e;
  }

 private:
  /// Whether there is a journal: opened by begin(), or, where the disk was full then, now.
  [[nodiscard]] bool open() {
    if (!begun_at_) return false;
    if (!journal_)
      guarded([&] {
        Journal journal(run_ / "events.jsonl", *begun_at_, facts_.rollbacks);
        journal.add("session", *begun_at_, session());
        journal_.emplace(std::move(journal));
        for (const auto& text : std::exchange(early_, {})) add_message(text);
      });
    if (tensorboard_wanted_ && !tensorboard_)
      to_tensorboard([&] { tensorboard_.emplace(run_ / "tensorboard", *begun_at_ + 1); });
    return journal_.has_value();
  }

  /// f(); an IoError is told, the first one of several, instead of thrown.
  template <class F>
  void guarded(F&& f) {
    attempt(failing_, "its report is written when that is possible again", f);
  }
  /// The same for TensorBoard's files, which fail and are told apart from the journal and its page.
  template <class F>
  void to_tensorboard(F&& f) {
    attempt(tensorboard_failing_, "what TensorBoard is shown has a gap", f);
  }
  template <class F>
  void attempt(bool& failing, const char* consequence, F& f) {
    try {
      f();
    } catch (const IoError& error) {
      if (!std::exchange(failing, true) && warn_)
        warn_(std::string(error.what()) + "; the training goes on, and " + consequence);
    }
  }

  [[nodiscard]] std::string session() const {
    const auto pairs = [](const Facts& facts) {
      std::string out = "[";
      for (const auto& [name, value] : facts)
        out += std::string(out.size() > 1 ? "," : "") + "[" + json_text(name) + "," +
               json_text(value) + "]";
      return out + "]";
    };
    std::string families = "[";
    for (const auto& f : facts_.families)
      families += std::string(families.size() > 1 ? "," : "") + "[" + json_text(f.key) + "," +
                  json_text(f.title) + "," + json_text(f.group) + "," + json_text(f.note) + "," +
                  json_number(f.level) + "]";
    return "\"at\":" + json_text(utc_text(std::time(nullptr))) +
           ",\"steps\":" + text_of(facts_.steps) + ",\"options\":" + pairs(facts_.options) +
           ",\"machine\":" + pairs(facts_.machine) + ",\"families\":" + families + "]";
  }

  void add_message(const std::string& text) {
    journal_->add("message", step_, "\"text\":" + json_text(text));
    dirty_ = true;
  }

  void take(const StepReport& report) {
    step_ = report.step;
    dirty_ = true;
    if (!journal_) return;
    if (!report.signals.empty() && keeps_signals(report)) guarded([&] { add_signals(report); });
    // a line of the log came with it: log_every, or the last
    const bool logged = report.step == 1 || report.step == report.steps ||
                        (facts_.log_every > 0 && report.step % facts_.log_every == 0);
    if (tensorboard_ && logged) to_tensorboard([&] { show(report); });
  }

  /// The journal has signals of some 400 steps, always the same ones, however long the training is
  /// and wherever it was cut.
  [[nodiscard]] bool keeps_signals(const StepReport& report) const {
    const std::int64_t every = std::max<std::int64_t>(1, report.steps / 400);
    const std::int64_t before = report.step - std::max<std::int64_t>(1, facts_.log_every);
    return report.step == 1 || report.step == report.steps ||
           report.step / every != std::max<std::int64_t>(0, before) / every;
  }

  void add_signals(const StepReport& report) {
    std::string values;
    for (const auto& signal : report.signals) {
      double low = std::numeric_limits<double>::infinity(), high = -low, sum = 0;
      for (const double v : signal.values) {
        low = std::min(low, v);
        high = std::max(high, v);
        sum += v;
      }
      const auto count = static_cast<std::int64_t>(signal.values.size());
      if (count == 0) continue;
      values += (values.empty() ? "" : ",") + json_text(signal.name) + ":[" + text_of(count) + "," +
                json_number(low, 4) + "," + json_number(sum / static_cast<double>(count), 4) + "," +
                json_number(high, 4) + "]";
    }
    journal_->add("signals", report.step, "\"values\":{" + values + "}");
  }

  void show(const StepReport& report) {
    TensorBoardSummary summary;
    summary.scalar("learning rate", report.learning_rate);
    for (std::size_t i = 0; i < report.losses.size(); ++i)
      summary.scalar("loss/" + report.names[i], report.losses[i]);
    for (const auto& signal : report.signals) {
      if (signal.values.size() == 1)
        summary.scalar(signal.name, signal.values.front());
      else
        summary.histogram(signal.name, signal.values);
    }
    tensorboard_->add(report.step, summary);
  }

  void take_sheet(const Picture& sheet, const std::filesystem::path& path) {
    if (!open() || path.empty()) return;
    if (tensorboard_)
      to_tensorboard([&] {
        const auto png = InputFile(path).read_all();
        TensorBoardSummary summary;
        summary.image("sheet", sheet.width, sheet.height,
                      {reinterpret_cast<const char*>(png.data()), png.size()});
        tensorboard_->add(step_, summary);
      });
    guarded([&] {
      journal_->add("sheet", step_, "\"at\":" + json_text(utc_text(std::time(nullptr))));
      sheets_.add(step_, sheet);
      report();
    });
  }

  void take_save(std::int64_t step) {
    if (!open()) return;
    guarded([&] {
      journal_->add("saved", step, "\"at\":" + json_text(utc_text(std::time(nullptr))));
      report();
    });
  }

  void take_scores(const Scores& scores) {
    if (!open()) return;
    std::string values;
    TensorBoardSummary summary;
    for (const auto& [name, value] : scores.values) {
      values += (values.empty() ? "" : ",") + json_text(name) + ":" + json_number(value, 9);
      summary.scalar("score/" + name, value);
    }
    if (tensorboard_) to_tensorboard([&] { tensorboard_->add(scores.step, summary); });
    guarded([&] {
      journal_->add("scores", scores.step, "\"values\":{" + values + "}");
      dirty_ = true;
      report();
    });
  }

  void take_problem(const Problem& problem) {
    if (!open()) return;
    guarded([&] {
      journal_->add(
          "problem", problem.step,
          "\"problem\":" + json_text(problem.kind) + ",\"text\":" + json_text(problem.text));
      dirty_ = true;
      if (kinds_.insert(problem.kind).second) report();
    });
  }

  void take_back(const WentBack& went) {
    if (!open()) return;
    guarded([&] {
      journal_->add("back", went.to,
                    "\"from\":" + text_of(went.from) + ",\"times\":" + text_of(went.times) +
                        ",\"why\":" + json_text(went.why));
    });
    // what it showed of later steps is void
    if (tensorboard_) to_tensorboard([&] { tensorboard_->go_on_from(went.to + 1); });
    step_ = went.to;
    dirty_ = true;
  }

  /// Once for what a step brings: its sheet and its checkpoint come together.
  void report() {
    if (!dirty_) return;
    write_report(run_, sheets_);
    dirty_ = false;
    if (std::exchange(failing_, false) && warn_) warn_("the report is written again");
  }

  std::filesystem::path run_;
  bool tensorboard_wanted_ = false;
  std::function<void(const std::string&)> warn_;
  RecordFacts facts_;
  std::optional<std::int64_t> begun_at_;
  std::vector<std::string> early_;  ///< messages from before there was a journal
  std::optional<Journal> journal_;
  std::optional<TensorBoardLog> tensorboard_;
  ReportSheets sheets_;
  std::set<std::string> kinds_;  ///< of problems that have been reported
  std::int64_t step_ = 0;
  bool dirty_ = false;
  bool failing_ = false;  ///< something could not be written, and that was told
  bool tensorboard_failing_ = false;
};

}  // namespace limn::inline v0
