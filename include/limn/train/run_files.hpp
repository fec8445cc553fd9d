// SPDX-License-Identifier: MIT
// What a training leaves in its folder: log, sheets, checkpoints. A disk that is full or fails is
// told, and does not end the training: what can be written later is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/io/write_picture.hpp"
#include "limn/train/checkpoints.hpp"
#include "limn/train/csv_log.hpp"
#include "limn/train/events.hpp"
#include "limn/train/run_lock.hpp"

namespace limn::inline v0 {

/// The folder of one training that is running. All is called by the thread that drives it.
class RunFiles {
 public:
  /// Takes the folder's lock, unless `lock` is it, and cuts the log back to step `done`, from whose
  /// checkpoint the training goes on; 0: it begins. `columns` of log.csv after step and seconds;
  /// `keep` checkpoints are kept. Throws IoError where the folder cannot be written, or is another
  /// training's.
  RunFiles(std::filesystem::path out, std::vector<std::string> columns, std::int64_t keep,
           std::int64_t done, TrainerEvents events, std::optional<RunLock> lock)
      : out_(std::move(out)),
        columns_(std::move(columns)),
        events_(std::move(events)),
        lock_(lock ? std::move(*lock) : RunLock(out_)),
        log_(std::in_place, out_ / "log.csv", columns_, done),
        checkpoints_(out_, keep, done) {
    if (done > 0) saved_ = done;
  }

  /// Of training so far, all sessions together.
  [[nodiscard]] double seconds() const { return log_->seconds(); }
  /// The step of the last complete checkpoint, if there is one.
  [[nodiscard]] std::optional<std::int64_t> saved_step() const { return saved_; }

  /// A line of the log. Where it cannot be written that is told once, and it waits.
  void log(std::int64_t step, double seconds, std::span<const double> values) {
    try {
      log_->add(step, seconds, values);
      if (std::exchange(log_waits_, false)) events_.message("log.csv is written again");
    } catch (const IoError& error) {
      if (!std::exchange(log_waits_, true))
        events_.message(std::string(error.what()) +
                        "; the training goes on, and lines of the log wait until it can be "
                        "written");
    }
  }

  /// The file of a sheet; empty where it could not be written, which is told.
  [[nodiscard]] std::filesystem::path sheet(const Picture& picture, std::int64_t step) {
    const std::string digits = std::to_string(step);
    const auto folder = out_ / "sheets";
    auto path = folder / ("step_" + std::string(7 - std::min<std::size_t>(7, digits.size()), '0') +
                          digits + ".png");
    try {
      std::error_code error;
      std::filesystem::create_directories(folder, error);
      if (error) throw IoError(folder.string() + ": cannot be made: " + error.message());
      write_png(path, picture);
      return path;
    } catch (const IoError& error) {
      events_.message(std::string(error.what()) + "; the training goes on without this sheet");
      return {};
    }
  }

  /// Streams the checkpoint of a step; the state may change when this returns. When it is complete
  /// settle() tells. Throws IoError; the older ones then are still there.
  void begin_save(std::int64_t step, Metadata metadata, std::span<const StateTensor> state) {
    settle(true);
    try {
      log_->flush();
    } catch (const IoError&) {
      // told already, and no reason to save nothing
    }
    put_best(best_, metadata);
    try {
      checkpoints_.begin(step, std::move(metadata), state, best_is_new_, [this] { log_->sync(); });
    } catch (const IoError&) {
      restore_best(saved_best_);
      throw;
    }
  }

  /// Waits for the checkpoint that is being saved. Throws the IoError of one that failed.
  void finish_save() { take_completed(true); }

  /// Tells of a checkpoint that has become complete, or has failed; with `wait` it is waited for.
  void settle(bool wait) {
    try {
      take_completed(wait);
    } catch (const IoError& error) {
      tell_failure(checkpoints_.step(), error);
    }
  }

  /// Tells that a checkpoint could not be saved, and that training goes on.
  void tell_failure(std::int64_t step, const IoError& error) const {
    events_.message("the checkpoint of step " + std::to_string(step) +
                    " could not be saved: " + error.what() +
                    "; the training goes on, and tries again when the next is due" + still_there());
  }
  /// "; the checkpoint of step 3 is still there", or nothing.
  [[nodiscard]] std::string still_there() const {
    return saved_ ? "; the checkpoint of step " + std::to_string(*saved_) + " is still there" : "";
  }
  /// Whether the state after this step is saved, or being saved.
  [[nodiscard]] bool has(std::int64_t step) const {
    return saved_ == step || (checkpoints_.pending() && checkpoints_.step() == step);
  }

  /// The best score so far; the state after its step becomes the best checkpoint when it is saved.
  void set_best(std::optional<Best> best) {
    settle(true);
    best_ = std::move(best);
    best_is_new_ = true;
  }
  /// As a checkpoint knows it: its file is there.
  void restore_best(std::optional<Best> best) {
    best_ = saved_best_ = std::move(best);
    best_is_new_ = false;
  }
  /// The best score so far; none before the first.
  [[nodiscard]] const std::optional<Best>& best() const { return best_; }

  /// The training has gone back to the checkpoint of step `done`. The next save replaces newer
  /// ones; when that is on the disk, and not before, cut_log(done) is due: whoever resumes cuts the
  /// log to the checkpoint that he finds.
  void go_back(std::int64_t done) {
    settle(true);
    checkpoints_.resumed(done);
    saved_ = done;
  }
  /// Lines of the log after step `done` go. What fails is told.
  void cut_log(std::int64_t done) {
    try {
      CsvLog cut(out_ / "log.csv", columns_, done);
      log_.emplace(std::move(cut));
    } catch (const IoError& error) {
      events_.message(std::string(error.what()) + "; lines of the log after step " +
                      std::to_string(done) + " stay until the training is resumed");
    }
  }

 private:
  void take_completed(bool wait) {
    std::optional<std::int64_t> step;
    try {
      step = checkpoints_.completed(wait);
    } catch (const IoError&) {
      restore_best(saved_best_);
      throw;
    }
    if (!step) return;
    saved_ = step;
    restore_best(best_);
    if (events_.on_save) events_.on_save(checkpoints_.path(), *step);
  }

  std::filesystem::path out_;
  std::vector<std::string> columns_;
  TrainerEvents events_;
  RunLock lock_;
  std::optional<CsvLog> log_;
  bool log_waits_ = false;
  std::optional<std::int64_t> saved_;
  std::optional<Best> best_, saved_best_;
  bool best_is_new_ = false;  ///< the state after its step has not become best.safetensors yet
  Checkpoints checkpoints_;   ///< last: waits for its thread, which uses the log
};

}  // namespace limn::inline v0
