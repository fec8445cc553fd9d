// SPDX-License-Identifier: MIT
// The course of a training: the state that its model has after some step, the pictures that follow
// and the folder that keeps it. What is not finite is told and goes into no checkpoint: the course
// goes back to the last good one, or breaks down there and is not gone on with.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limn/train/events.hpp"
#include "limn/train/guard.hpp"
#include "limn/train/run_files.hpp"
#include "limn/train/trainable.hpp"
#include "limn/train/trainer_options.hpp"

namespace limn::inline v0 {

/// What a Trainer drives. It decides nothing but what follows from values that are not finite.
class Course {
 public:
  /// As a Trainer's constructor.
  Course(std::unique_ptr<Trainable> model, Batches batches, Metadata identity,
         TrainerOptions options, TrainerEvents events, std::int64_t done,
         std::optional<RunLock> lock, Guard guard)
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
  }

  /// What is trained.
  [[nodiscard]] Trainable& model() const { return *model_; }
  /// As they were given.
  [[nodiscard]] const TrainerOptions& options() const { return options_; }
  /// Who is told.
  [[nodiscard]] const TrainerEvents& events() const { return events_; }
  /// What is done about problems, and what has been done.
  [[nodiscard]] const Guard& guard() const { return guard_; }
  /// The guard's.
  [[nodiscard]] Watch& watch() { return guard_.watch; }
  /// None without a folder.
  [[nodiscard]] std::optional<RunFiles>& files() { return files_; }
  /// The same.
  [[nodiscard]] const std::optional<RunFiles>& files() const { return files_; }

  /// The step that the state is of.
  [[nodiscard]] std::int64_t step() const { return step_; }
  /// Of the model, in its order.
  [[nodiscard]] const std::vector<std::string>& loss_names() const { return names_; }
  /// As they were last read.
  [[nodiscard]] const std::vector<double>& losses() const { return losses_; }
  /// The step that losses() are of.
  [[nodiscard]] std::int64_t losses_step() const { return read_; }

  /// Whether there is no state to go on from.
  [[nodiscard]] bool broken() const { return broken_.has_value(); }
  /// Throws UsageError where there is none.
  void require_sound() const {
    if (broken_)
      throw UsageError("the training has broken down in step " + std::to_string(*broken_) +
                       " and has no state to go on from: resume from its last checkpoint");
  }
  /// Whether problems may take it back to a checkpoint.
  [[nodiscard]] bool rolls_back() const {
    return guard_.on_problem == OnProblem::rollback && guard_.batches && files_;
  }

  /// One step on the next pictures. False where it was not finite, and the course went back. Throws
  /// NumericError where it broke down, IoError where there are no pictures.
  [[nodiscard]] bool advance() {
    const std::int64_t step = step_ + 1;
    const UnpairedBatch batch = batches_();
    if (!sound(step, [&] { model_->train(batch, step); })) return false;
    if (!model_->runs_ahead() || losses_.empty() || options_.shown(step))
      if (!read_losses(step)) return false;
    step_ = step;
    return true;
  }

  /// Calls f, which looks at the state and does not change it: what it throws passes through. Where
  /// values are not finite the course goes back, and the result is false; or it breaks down here.
  template <class F>
  [[nodiscard]] bool looked(F&& f) {
    return looked(step_, std::forward<F>(f));
  }

  /// Whether there is a folder, and the state may take the place of older ones there: a spoiled one
  /// must not.
  [[nodiscard]] bool may_save() {
    require_sound();
    if (read_ != step_ && !read_losses(step_)) return false;
    return files_ && looked([&] { model_->require_finite_state(); });
  }
  /// Begins to write the checkpoint of this step. Throws IoError.
  void begin_save() { files_->begin_save(step_, metadata(), model_->state()); }
  /// The same; what fails is told.
  void try_to_save() {
    try {
      begin_save();
    } catch (const IoError& error) {
      files_->tell_failure(step_, error);
    }
  }

  /// Goes back to the last checkpoint from before a problem; false where that is not to be.
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

 private:
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
      try_to_save();
      files_->settle(true);
    }
    throw NumericError(text + "; the training has broken down" +
                       (files_ ? files_->still_there() : std::string()) +
                       detail::not_finite_advice);
  }

  /// The state that the training went back to takes the folder, so that one that is killed now
  /// knows of it. `newest`: the step of the newest checkpoint there. Throws IoError where this
  /// state cannot be saved and is not the newest: what follows would be mixed with another course.
  void save_rollback(std::int64_t newest) {
    std::optional<IoError> failed;
    try {
      begin_save();
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

  std::unique_ptr<Trainable> model_;
  Batches batches_;
  Metadata identity_;
  TrainerOptions options_;
  TrainerEvents events_;
  Guard guard_;
  std::vector<std::string> names_;  ///< of the loss terms
  std::int64_t step_ = 0;
  std::int64_t read_ = 0;  ///< the step that losses_ are of
  std::vector<double> losses_;
  std::optional<std::int64_t> broken_;  ///< the step
  std::optional<RunFiles> files_;
};

}  // namespace limn::inline v0
