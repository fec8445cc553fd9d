// SPDX-License-Identifier: MIT
// The trainer: drives a model step by step, and keeps a folder with its log, sheets and checkpoint.
// It prints nothing and ends nothing: a program that embeds it decides when a step happens and what
// is shown. Its one thread puts a checkpoint on the disk while the next steps go on.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "limn/train/best.hpp"
#include "limn/train/course.hpp"

namespace limn::inline v0 {

/// Drives one training.
class Trainer {
 public:
  /// The pictures of the next step, each time it is called.
  using Batches = limn::Batches;
  /// Why run() ended: after the last step; at `until`; asked to stop; a problem that stops.
  enum class Ended { finished, reached, stopped, problem };

  /// Goes on after step `done`, of which the model has the state. `identity` says which data these
  /// are, for the checkpoint; `lock` is that of `out`, where it is held already. Throws IoError
  /// where `out` cannot be written, or another training is writing there.
  Trainer(std::unique_ptr<Trainable> model, Batches batches, Metadata identity,
          TrainerOptions options, TrainerEvents events, std::int64_t done = 0,
          std::optional<RunLock> lock = std::nullopt, Guard guard = {})
      : course_(std::move(model), std::move(batches), std::move(identity), std::move(options),
                std::move(events), done, std::move(lock), std::move(guard)),
        seconds_(files() ? files()->seconds() : 0) {}

  /// Steps that are done.
  [[nodiscard]] std::int64_t step() const { return course_.step(); }
  /// Length of the training.
  [[nodiscard]] std::int64_t steps() const { return options().steps; }
  /// Whether the last step is done.
  [[nodiscard]] bool finished() const { return step() >= steps(); }
  /// The step of the last complete checkpoint in `out`, if this trainer knows of one.
  [[nodiscard]] std::optional<std::int64_t> saved_step() const {
    return course_.files() ? course_.files()->saved_step() : std::nullopt;
  }
  /// What is trained.
  [[nodiscard]] Trainable& model() { return course_.model(); }
  /// The problem that ended run(), if one did.
  [[nodiscard]] const std::optional<Problem>& stopped_by() const { return stopped_by_; }
  /// Rollbacks so far.
  [[nodiscard]] const Recovery& recovery() const { return course_.guard().recovery; }

  /// One step, and the log, sheet and checkpoint that are due. Where problems roll back, it may end
  /// at an earlier step. Throws UsageError after the last step, NumericError where the training
  /// breaks down (it cannot go on; the last checkpoint stays), IoError where there are no pictures
  /// any more. Files that cannot be written are told, and the training goes on.
  void advance() {
    if (finished())
      throw UsageError("the training has finished its " + std::to_string(steps()) + " steps");
    course_.require_sound();
    if (files()) files()->settle(false);
    stopped_by_.reset();
    if (step() == 0 && course_.rolls_back() && !saved_step()) begin_save();  // to go back to
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t next = step() + 1;
    StepReport report{next, steps(), 0, model().learning_rate(next), course_.loss_names(),
                      {},   0,       {}};
    if (!course_.advance()) return;
    report.losses = course_.losses();
    report.losses_step = course_.losses_step();
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    seconds_ += report.seconds;
    if (files() && (step() == 1 || due(options().log_every))) {
      std::vector<double> values{report.learning_rate};
      values.insert(values.end(), report.losses.begin(), report.losses.end());
      files()->log(step(), seconds_, values);
      report.signals = model().signals();
    }
    if (events().on_step) events().on_step(report);
    std::optional<Problem> grave;
    // a device that runs ahead is looked at where it always is, resumed or not
    if (!model().runs_ahead() || options().shown(step())) tell(course_.watch().see(report), grave);
    if (due(options().sheet_every) && !course_.looked([&] { make_sheet(grave); })) return;
    if (grave && course_.roll_back(*grave)) return;
    if (due(scoring_.every) && !score()) return;
    if (options().save_every > 0 && step() % options().save_every == 0) begin_save();
    if (course_.guard().on_problem != OnProblem::warn) stopped_by_ = grave;
  }

  /// Steps until `until` (a step, not a number of steps), the end, a request to stop, which is
  /// granted after a step, or a problem that stops; then saves.
  Ended run(std::int64_t until = std::numeric_limits<std::int64_t>::max(),
            const std::stop_token& stop = {}) {
    stopped_by_.reset();
    const auto ends = [&] {
      return finished() || step() >= until || stop.stop_requested() || stopped_by_;
    };
    do {
      while (!ends()) advance_or_save();
      if (files()) files()->settle(true);
      if (!files() || saved_step() != step()) save();
    } while (!ends());  // saving found it spoiled, and rolled back
    return stopped_by_       ? Ended::problem
           : finished()      ? Ended::finished
           : step() >= until ? Ended::reached
                             : Ended::stopped;
  }

  /// Writes the checkpoint of this step, and returns when it is on the disk. Throws IoError; the
  /// older ones then are still there.
  void save() {
    if (!course_.may_save()) return;
    try {
      course_.begin_save();
      files()->finish_save();
    } catch (const IoError& error) {
      throw IoError(error.what() + files()->still_there());
    }
  }

  /// Begins to write the checkpoint of this step, unless it is there, and returns when the state
  /// may change. What fails, now or later, is told by events.message.
  void begin_save() {
    if (files() && files()->has(step())) return;
    if (course_.may_save()) course_.try_to_save();
  }

  /// The state after this step is the best so far by this score: it is saved as latest.safetensors
  /// and best.safetensors, with the score in their metadata ("best.by", ...).
  void keep_best(const std::string& by, double score) {
    if (!course_.may_save()) return;
    files()->set_best(Best{by, score, step()});
    course_.try_to_save();
  }
  /// From now on the model is scored every so often: events.on_scores is told, and the best state
  /// is kept.
  void score_with(Scoring scoring) {
    scoring_ = std::move(scoring);
    if (!scoring_.score) scoring_.every = 0;
  }
  /// The best score so far; none without `out`.
  [[nodiscard]] std::optional<Best> best() const {
    return course_.files() ? course_.files()->best() : std::nullopt;
  }
  /// As the checkpoint knows it that the training goes on from.
  void restore_best(std::optional<Best> best) {
    if (files()) files()->restore_best(std::move(best));
  }

 private:
  [[nodiscard]] const TrainerOptions& options() const { return course_.options(); }
  [[nodiscard]] const TrainerEvents& events() const { return course_.events(); }
  [[nodiscard]] std::optional<RunFiles>& files() { return course_.files(); }
  [[nodiscard]] bool due(std::int64_t every) const { return options().due(every, step()); }

  /// advance(); where pictures are missing, what has been trained is saved first.
  void advance_or_save() {
    try {
      advance();
    } catch (const IoError& error) {
      if (course_.broken() || !files() || step() == 0 || files()->has(step())) throw;
      begin_save();
      files()->settle(true);
      throw IoError(std::string(error.what()) + "; the training stops after step " +
                    std::to_string(step()) + files()->still_there());
    }
  }

  void tell(const std::vector<Problem>& problems, std::optional<Problem>& grave) {
    for (const auto& problem : problems) {
      if (problem.grave && !grave) grave = problem;
      if (events().on_problem) events().on_problem(problem);
    }
  }

  /// False where scoring found the state spoiled, and it was rolled back.
  [[nodiscard]] bool score() {
    const std::int64_t scored = step();
    Scores scores;
    if (!course_.looked([&] { scores = scoring_.score(model(), scored); })) return false;
    if (scores.values.empty()) return true;
    if (events().on_scores) events().on_scores(scores);
    const auto value = score_by(scoring_.best_by, scores);
    const auto known = best();
    if (value && is_best(scoring_.best_by, *value, known ? known->by : std::string(),
                         known ? std::optional(known->score) : std::nullopt))
      keep_best(to_string(scoring_.best_by), *value);
    return step() == scored;
  }

  void make_sheet(std::optional<Problem>& grave) {
    const Samples samples = model().samples(step());
    if (!samples.empty()) {
      if (events().on_samples) events().on_samples(samples);
      tell(course_.watch().see(samples), grave);
    }
    const Picture sheet = samples.empty() ? model().sheet(step()) : draw_samples(samples);
    if (sheet.pixels.empty()) return;
    const auto path = files() ? files()->sheet(sheet, step()) : std::filesystem::path();
    if (events().on_sheet) events().on_sheet(sheet, path);
  }

  Course course_;
  Scoring scoring_;
  double seconds_ = 0;
  std::optional<Problem> stopped_by_;
};

}  // namespace limn::inline v0
