// SPDX-License-Identifier: MIT
// What trainer.hpp declares.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "limn/train/trainer.hpp"

namespace limn::inline v0 {

template <class Unused>
void Trainer::advance_here() {
  if (finished())
    throw UsageError("the training has finished its " + std::to_string(steps()) + " steps");
  course_.require_sound();
  if (files()) files()->settle(false);
  stopped_by_.reset();
  if (step() == 0 && course_.rolls_back() && !saved_step()) begin_save();  // to go back to
  const auto start = std::chrono::steady_clock::now();
  const std::int64_t next = step() + 1;
  StepReport report{next, steps(), 0, model().learning_rate(next), course_.loss_names(), {}, 0, {}};
  if (!course_.advance()) return;
  report.losses = course_.losses();
  report.losses_step = course_.losses_step();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
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

template <class Unused>
Trainer::Ended Trainer::run_here(std::int64_t until, const std::stop_token& stop) {
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

template <class Unused>
void Trainer::save_here() {
  if (!course_.may_save()) return;
  try {
    course_.begin_save();
    files()->finish_save();
  } catch (const IoError& error) {
    throw IoError(error.what() + files()->still_there());
  }
}

template <class Unused>
void Trainer::begin_save_here() {
  if (files() && files()->has(step())) return;
  if (course_.may_save()) course_.try_to_save();
}

template <class Unused>
void Trainer::keep_best_here(const std::string& by, double score) {
  if (!course_.may_save()) return;
  files()->set_best(Best{by, score, step()});
  course_.try_to_save();
}

// advance(); where pictures are missing, what has been trained is saved first.
template <class Unused>
void Trainer::advance_or_save() {
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

template <class Unused>
void Trainer::tell(const std::vector<Problem>& problems, std::optional<Problem>& grave) {
  for (const auto& problem : problems) {
    if (problem.grave && !grave) grave = problem;
    if (events().on_problem) events().on_problem(problem);
  }
}

// False where scoring found the state spoiled, and it was rolled back.
template <class Unused>
bool Trainer::score() {
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

template <class Unused>
void Trainer::make_sheet(std::optional<Problem>& grave) {
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

}  // namespace limn::inline v0
