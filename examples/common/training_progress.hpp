// SPDX-License-Identifier: MIT
// A training as its terminal shows it: progress, messages, how it ended.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "guarded_main.hpp"
#include "interrupt.hpp"
#include "limn/train/progress.hpp"
#include "limn/train/trainer.hpp"

namespace example {

/// Shows a training on a line, which outlives it as this does; `losses(report)` is what of them
/// stands in the line, "" or with two spaces before.
class TrainingProgress {
 public:
  using Losses = std::function<std::string(const limn::StepReport&)>;

  TrainingProgress(limn::ProgressLine& line, std::int64_t log_every, Losses losses)
      : line_(&line), every_(log_every > 0 ? log_every : 100), losses_(std::move(losses)) {}

  TrainingProgress(const TrainingProgress&) = delete;
  TrainingProgress& operator=(const TrainingProgress&) = delete;

  [[nodiscard]] limn::TrainerEvents events() {
    limn::TrainerEvents events;
    events.on_message = [this](const std::string& text) { line_->message(text); };
    events.on_problem = [this](const limn::Problem& problem) {
      line_->message("problem at step " + std::to_string(problem.step) + " (" + problem.kind +
                     "): " + problem.text);
    };
    events.on_step = [this](const limn::StepReport& report) { show(report); };
    events.on_scores = [this](const limn::Scores& scores) {
      std::string text = "scores of step " + std::to_string(scores.step) + ":";
      for (const auto& [name, value] : scores.values)
        text += "  " + name + " " + limn::text_of(value, 4);
      line_->message(text);
    };
    events.on_sheet = [this](const limn::Picture&, const auto& path) {
      if (!path.empty()) line_->message("sheet " + path.string());
    };
    return events;
  }

  /// Runs the training to step `stop_after`, or to its end if that is 0, and says how it ended;
  /// `again`: the command that goes on with it. The exit code. Throws NumericError where a problem
  /// ended it.
  [[nodiscard]] int run(limn::Trainer& trainer, std::int64_t stop_after, const Interrupt& interrupt,
                        const std::string& out, const std::string& again) {
    using Ended = limn::Trainer::Ended;
    const auto ended =
        trainer.run(stop_after > 0 ? stop_after : trainer.steps(), interrupt.token());
    line_->close();
    const std::string at = "step " + std::to_string(trainer.step());
    if (ended == Ended::problem)
      throw limn::NumericError(trainer.stopped_by()->text + "; stopped at " + at +
                               ", saved; to go on all the same: " + again);
    if (ended == Ended::finished) {
      line_->message("finished " + at + ": " + limn::checkpoint_path(out).string());
      return done;
    }
    const bool reached = ended == Ended::reached;
    line_->message((reached ? "stopped at " : "interrupted at ") + at +
                   ", saved; go on with: " + again);
    return reached ? done : interrupted;
  }

 private:
  void show(const limn::StepReport& report) {
    pace_.add(report.seconds);
    const double left = static_cast<double>(report.steps - report.step) * pace_.seconds();
    line_->update((line_->terminal() ? limn::bar_text(report.step, report.steps) + " " : "") +
                      "step " + std::to_string(report.step) + "/" + std::to_string(report.steps) +
                      "  " + limn::text_of(pace_.seconds(), 3) + " s/step  ETA " +
                      limn::duration_text(left) + " (" + limn::finish_text(left) + ")" +
                      losses_(report),
                  report.step % every_ == 0 || report.step == 1 || report.step == report.steps);
  }

  limn::ProgressLine* line_;
  std::int64_t every_;
  Losses losses_;
  limn::Pace pace_;
};

/// What a run that has done all of its steps is told on --resume.
[[nodiscard]] inline std::string finished_text(const std::string& out) {
  return out + ": this run has finished; --resume --steps N goes on to step N";
}

}  // namespace example
