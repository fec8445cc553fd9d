// SPDX-License-Identifier: MIT
// The trainer: drives a model step by step, and keeps a folder with its log, sheets and checkpoint.
// It prints nothing and ends nothing: a program that embeds it decides when a step happens and what
// is shown. Its one thread puts a checkpoint on the disk while the next steps go on. With
// limn::trainer what takes long to compile is compiled there, else where this is included.
#pragma once

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
  void advance() { advance_here(); }

  /// Steps until `until` (a step, not a number of steps), the end, a request to stop, which is
  /// granted after a step, or a problem that stops; then saves.
  Ended run(std::int64_t until = std::numeric_limits<std::int64_t>::max(),
            const std::stop_token& stop = {}) {
    return run_here(until, stop);
  }

  /// Writes the checkpoint of this step, and returns when it is on the disk. Throws IoError; the
  /// older ones then are still there.
  void save() { save_here(); }

  /// Begins to write the checkpoint of this step, unless it is there, and returns when the state
  /// may change. What fails, now or later, is told by events.message.
  void begin_save() { begin_save_here(); }

  /// The state after this step is the best so far by this score: it is saved as latest.safetensors
  /// and best.safetensors, with the score in their metadata ("best.by", ...).
  void keep_best(const std::string& by, double score) { keep_best_here(by, score); }
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

  // Templates so that they can be compiled elsewhere; their argument means nothing.
  template <class = void>
  void advance_here();
  template <class = void>
  Ended run_here(std::int64_t until, const std::stop_token& stop);
  template <class = void>
  void save_here();
  template <class = void>
  void begin_save_here();
  template <class = void>
  void keep_best_here(const std::string& by, double score);
  template <class = void>
  void advance_or_save();
  template <class = void>
  void tell(const std::vector<Problem>& problems, std::optional<Problem>& grave);
  template <class = void>
  [[nodiscard]] bool score();
  template <class = void>
  void make_sheet(std::optional<Problem>& grave);

  Course course_;
  Scoring scoring_;
  double seconds_ = 0;
  std::optional<Problem> stopped_by_;
};

}  // namespace limn::inline v0

#if defined(LIMN_USE_TRAINER)
namespace limn::inline v0 {
extern template void Trainer::advance_here<void>();
extern template Trainer::Ended Trainer::run_here<void>(std::int64_t, const std::stop_token&);
extern template void Trainer::save_here<void>();
extern template void Trainer::begin_save_here<void>();
extern template void Trainer::keep_best_here<void>(const std::string&, double);
}  // namespace limn::inline v0
#else
#include "limn/train/trainer_here.hpp"
#endif
