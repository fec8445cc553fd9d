// SPDX-License-Identifier: MIT
// The trainer: drives a model step by step, and keeps a folder with its log, sheets and checkpoint.
// It prints nothing and ends nothing: a program that embeds it decides when a step happens and what
// is shown. Its one thread puts a checkpoint on the disk while the next steps go on.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
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
#include "limn/train/events.hpp"
#include "limn/train/guard.hpp"
#include "limn/train/run_files.hpp"
#include "limn/train/trainable.hpp"

namespace limn::inline v0 {

/// How long a training is, and what it leaves where.
struct TrainerOptions {
  /// Gets log.csv, sheets/step_0001000.png and checkpoints (checkpoints.hpp); empty: nothing is
  /// written.
  std::filesystem::path out;
  std::int64_t steps = 0;  ///< length of the training
  /// Every so many steps, and at the last; 0: never (the last checkpoint is always saved).
  std::int64_t log_every = 10, sheet_every = 1000, save_every = 1000;
  /// So many checkpoints are kept, the best one not counted; at least 1.
  std::int64_t keep = 2;
};

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
      : model_(std::move(model)),
        batches_(std::move(batches)),
        identity_(std::move(identity)),
        options_(std::move(options)),
        events_(std::move(events)),
        guard_(std::move(guard)),
        names_(model_->loss_names()),
        step_(done),
        read_(done) {
    if (guard_.recovery.rate_factor != 1) model_->scale_learning_rate(guard_.recovery.rate_factor);
    if (options_.out.empty()) return;
    std::vector<std::string> columns{"lr"};
    columns.insert(columns.end(), names_.begin(), names_.end());
    files_.emplace(options_.out, std::move(columns), options_.keep, done, events_, std::move(lock));
    seconds_ = files_->seconds();
  }

  /// Steps that are done.
  [[nodiscard]] std::int64_t step() const { return step_; }
  /// Length of the training.
  [[nodiscard]] std::int64_t steps() const { return options_.steps; }
  /// Whether the last step is done.
  [[nodiscard]] bool finished() const { return step_ >= options_.steps; }
  /// The step of the last complete checkpoint in `out`, if this trainer knows of one.
  [[nodiscard]] std::optional<std::int64_t> saved_step() const {
    return files_ ? files_->saved_step() : std::nullopt;
  }
  /// What is trained.
  [[nodiscard]] Trainable& model() { return *model_; }
  /// The problem that ended run(), if one did.
  [[nodiscard]] const std::optional<Problem>& stopped_by() const { return stopped_by_; }
  /// Rollbacks so far.
  [[nodiscard]] const Recovery& recovery() const { return guard_.recovery; }

  /// One step, and the log, sheet and checkpoint that are due. Where problems roll back, it may end
  /// at an earlier step. Throws UsageError after the last step, NumericError where the training
  /// breaks down (it cannot go on; the last checkpoint stays), IoError where there are no pictures
  /// any more. Files that cannot be written are told, and the training goes on.
  void advance() {
    if (finished())
      throw UsageError("the training has finished its " + std::to_string(steps()) + " steps");
    require_sound();
    if (files_) files_->settle(false);
    stopped_by_.reset();
    if (step_ == 0 && rolls_back() && !files_->saved_step()) begin_save();  // to go back to
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t step = step_ + 1;
    StepReport report{step, steps(), 0, model_->learning_rate(step), names_, {}, 0, {}};
    const UnpairedBatch batch = batches_();
    if (!sound(step, [&] { model_->train(batch, step); })) return;
    if (!model_->runs_ahead() || losses_.empty() || shown(step))
      if (!read_losses(step)) return;
    step_ = step;
    report.losses = losses_;
    report.losses_step = read_;
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    seconds_ += report.seconds;
    if (files_ && (step_ == 1 || due(options_.log_every))) {
      std::vector<double> values{report.learning_rate};
      values.insert(values.end(), report.losses.begin(), report.losses.end());
      files_->log(step_, seconds_, values);
      report.signals = model_->signals();
    }
    if (events_.on_step) events_.on_step(report);
    std::optional<Problem> grave;
    // a device that runs ahead is looked at where it always is, resumed or not
    if (!model_->runs_ahead() || shown(step)) tell(guard_.watch.see(report), grave);
    if (due(options_.sheet_every) && !looked(step, [&] { make_sheet(grave); })) return;
    if (grave && roll_back(*grave)) return;
    if (due(scoring_.every) && !score()) return;
    if (options_.save_every > 0 && step_ % options_.save_every == 0) begin_save();
    if (guard_.on_problem != OnProblem::warn) stopped_by_ = grave;
  }

  /// Steps until `until` (a step, not a number of steps), the end, a request to stop, which is
  /// granted after a step, or a problem that stops; then saves.
  Ended run(std::int64_t until = std::numeric_limits<std::int64_t>::max(),
            const std::stop_token& stop = {}) {
    stopped_by_.reset();
    const auto ends = [&] {
      return finished() || step_ >= until || stop.stop_requested() || stopped_by_;
    };
    do {
      while (!ends()) advance_or_save();
      if (files_) files_->settle(true);
      if (!files_ || files_->saved_step() != step_) save();
    } while (!ends());  // saving found it spoiled, and rolled back
    return stopped_by_      ? Ended::problem
           : finished()     ? Ended::finished
           : step_ >= until ? Ended::reached
                            : Ended::stopped;
  }

  /// Writes the checkpoint of this step, and returns when it is on the disk. Throws IoError; the
  /// older ones then are still there.
  void save() {
    if (!may_save()) return;
    try {
      files_->begin_save(step_, metadata(), model_->state());
      files_->finish_save();
    } catch (const IoError& error) {
      throw IoError(error.what() + files_->still_there());
    }
  }

  /// Begins to write the checkpoint of this step, unless it is there, and returns when the state
  /// may change. What fails, now or later, is told by events.message.
  void begin_save() {
    if (files_ && files_->has(step_)) return;
    if (may_save()) write_checkpoint();
  }

  /// The state after this step is the best so far by this score: it is saved as latest.safetensors
  /// and best.safetensors, with the score in their metadata ("best.by", ...).
  void keep_best(const std::string& by, double score) {
    if (!may_save()) return;
    files_->set_best(Best{by, score, step_});
    write_checkpoint();
  }
  /// From now on the model is scored every so often: events.on_scores is told, and the best state
  /// is kept.
  void score_with(Scoring scoring) {
    scoring_ = std::move(scoring);
    if (!scoring_.score) scoring_.every = 0;
  }
  /// The best score so far; none without `out`.
  [[nodiscard]] std::optional<Best> best() const { return files_ ? files_->best() : std::nullopt; }
  /// As the checkpoint knows it that the training goes on from.
  void restore_best(std::optional<Best> best) {
    if (files_) files_->restore_best(std::move(best));
  }

 private:
  [[nodiscard]] bool due(std::int64_t every) const { return due(every, step_); }
  [[nodiscard]] bool due(std::int64_t every, std::int64_t step) const {
    return every > 0 && (step % every == 0 || step >= options_.steps);
  }
  /// Whether somebody looks at the losses of a step: its line in the log, its progress, the check
  /// of what is saved.
  [[nodiscard]] bool shown(std::int64_t step) const {
    return step == 1 || due(options_.log_every > 0 ? options_.log_every : 100, step) ||
           due(options_.save_every, step);
  }

  /// advance(); where pictures are missing, what has been trained is saved first.
  void advance_or_save() {
    try {
      advance();
    } catch (const IoError& error) {
      if (broken_ || !files_ || step_ == 0 || files_->has(step_)) throw;
      begin_save();
      files_->settle(true);
      throw IoError(std::string(error.what()) + "; the training stops after step " +
                    std::to_string(step_) + files_->still_there());
    }
  }

  /// Begins to write the checkpoint of this step; what fails is told.
  void write_checkpoint() {
    try {
      files_->begin_save(step_, metadata(), model_->state());
    } catch (const IoError& error) {
      files_->tell_failure(step_, error);
    }
  }

  [[nodiscard]] Metadata metadata() {
    Metadata metadata = model_->metadata();
    metadata.insert(identity_.begin(), identity_.end());
    metadata.merge(recovery_to_metadata(guard_.recovery));
    if (rolls_back()) metadata.merge(guard_.watch.memory());
    return metadata;
  }

  [[nodiscard]] bool read_losses(std::int64_t step) {
    return sound(step, [&] {
      losses_ = model_->losses();
      read_ = step;
    });
  }

  /// Whether there is a folder, and the state may take the place of older ones there: a spoiled one
  /// must not.
  [[nodiscard]] bool may_save() {
    require_sound();
    if (read_ != step_ && !read_losses(step_)) return false;
    return files_ && looked(step_, [&] { model_->require_finite_state(); });
  }

  /// Calls f, which looks at the state after this step and does not change it: what it throws
  /// passes through. Where values are not finite the training is rolled back, and the result is
  /// false; or it ends here.
  template <class F>
  [[nodiscard]] bool looked(std::int64_t step, F&& f) {
    try {
      f();
      return true;
    } catch (const NumericError& error) {
      break_down(step, error.what());
      return false;
    }
  }

  /// The same for what changes the state, and is not to be repeated where it was left half-way.
  template <class F>
  [[nodiscard]] bool sound(std::int64_t step, F&& f) {
    broken_ = step;
    const bool whole = looked(step, std::forward<F>(f));
    if (whole) broken_.reset();
    return whole;
  }

  /// Tells that values are not finite; then rolls back, or saves what is sound and throws.
  void break_down(std::int64_t step, const std::string& seen) {
    broken_ = step;
    Diagnosis diagnosis;
    try {
      diagnosis = model_->diagnose();
    } catch (const DeviceError&) {
      // no memory to look closer: what is known is said
    }
    Problem problem = detail::not_finite(step, seen, diagnosis);
    const std::string text = problem.text;
    problem.text += detail::not_finite_advice;
    if (events_.on_problem) events_.on_problem(problem);
    if (roll_back(problem)) return;
    if (files_) files_->settle(true);
    if (diagnosis.sound && read_ == step_ && step_ > 0 && files_ && !files_->has(step_)) {
      write_checkpoint();
      files_->settle(true);
    }
    throw NumericError(text + "; the training has broken down" +
                       (files_ ? files_->still_there() : std::string()) +
                       detail::not_finite_advice);
  }

  void tell(const std::vector<Problem>& problems, std::optional<Problem>& grave) {
    for (const auto& problem : problems) {
      if (problem.grave && !grave) grave = problem;
      if (events_.on_problem) events_.on_problem(problem);
    }
  }

  [[nodiscard]] bool rolls_back() const {
    return guard_.on_problem == OnProblem::rollback && guard_.batches && files_;
  }

  /// Goes back to the last checkpoint; false where that is not to be.
  [[nodiscard]] bool roll_back(const Problem& problem) {
    if (!rolls_back()) return false;
    if (guard_.recovery.rollbacks >= most_rollbacks) {
      events_.message("the training has been rolled back " + std::to_string(most_rollbacks) +
                      " times; it ends here");
      return false;
    }
    files_->settle(true);
    const auto file = detail::way_back(options_.out, problem, events_);
    if (!file) return false;
    // what can fail comes before anything changes
    const Recovery before = guard_.recovery, after = before.next();
    const std::int64_t to = checkpoint_step(*file);
    Batches batches = guard_.batches(after, to);
    broken_ = problem.step;  // until all of it is back
    detail::go_back(*model_, *file, before, after);
    step_ = read_ = to;
    losses_.clear();
    guard_.recovery = after;
    guard_.watch.forget();
    batches_ = std::move(batches);
    const std::int64_t newest = files_->saved_step().value_or(to);
    files_->go_back(to);
    const WentBack went = detail::went_back(problem, to, after);
    // what a listener throws must not leave the folder between two courses
    std::exception_ptr thrown;
    try {
      if (events_.on_back) events_.on_back(went);
      events_.message(went.text);
    } catch (...) {
      thrown = std::current_exception();
    }
    save_rollback(newest);
    if (thrown) std::rethrow_exception(thrown);
    return true;
  }

  /// The state that the training went back to takes the folder, so that one that is killed now
  /// knows of it. `newest`: the step of the newest checkpoint there. Throws IoError where this
  /// state cannot be saved and is not the newest: what follows would be mixed with another course.
  void save_rollback(std::int64_t newest) {
    std::optional<IoError> failed;
    try {
      files_->begin_save(step_, metadata(), model_->state());
      files_->finish_save();
    } catch (const IoError& error) {
      if (newest != step_)
        throw IoError(std::string(error.what()) + "; the training cannot go on from step " +
                      std::to_string(step_) + " without that; the checkpoint of step " +
                      std::to_string(newest) + " is still there");
      failed = error;
    }
    files_->cut_log(step_);
    broken_.reset();
    if (failed) files_->tell_failure(step_, *failed);
  }

  void require_sound() const {
    if (broken_)
      throw UsageError("the training has broken down in step " + std::to_string(*broken_) +
                       " and has no state to go on from: resume from its last checkpoint");
  }

  /// False where scoring found the state spoiled, and it was rolled back.
  [[nodiscard]] bool score() {
    const std::int64_t step = step_;
    Scores scores;
    if (!looked(step, [&] { scores = scoring_.score(*model_, step); })) return false;
    if (scores.values.empty()) return true;
    if (events_.on_scores) events_.on_scores(scores);
    const auto value = score_by(scoring_.best_by, scores);
    const auto known = best();
    if (value && is_best(scoring_.best_by, *value, known ? known->by : std::string(),
                         known ? std::optional(known->score) : std::nullopt))
      keep_best(to_string(scoring_.best_by), *value);
    return step_ == step;
  }

  void make_sheet(std::optional<Problem>& grave) {
    const Samples samples = model_->samples(step_);
    if (!samples.empty()) {
      if (events_.on_samples) events_.on_samples(samples);
      tell(guard_.watch.see(samples), grave);
    }
    const Picture sheet = samples.empty() ? model_->sheet(step_) : draw_samples(samples);
    if (sheet.pixels.empty()) return;
    const auto path = files_ ? files_->sheet(sheet, step_) : std::filesystem::path();
    if (events_.on_sheet) events_.on_sheet(sheet, path);
  }

  std::unique_ptr<Trainable> model_;
  Batches batches_;
  Metadata identity_;
  TrainerOptions options_;
  TrainerEvents events_;
  Scoring scoring_;
  Guard guard_;
  std::vector<std::string> names_;
  std::int64_t step_ = 0;
  std::int64_t read_ = 0;  ///< the step that losses_ are of
  std::vector<double> losses_;
  double seconds_ = 0;
  std::optional<std::int64_t> broken_;  ///< the step
  std::optional<RunFiles> files_;
  std::optional<Problem> stopped_by_;
};

}  // namespace limn::inline v0
