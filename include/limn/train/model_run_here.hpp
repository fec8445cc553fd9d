// SPDX-License-Identifier: MIT
// What model_run.hpp declares: how a run of a model of one's own is opened.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "limn/train/machine_facts.hpp"
#include "limn/train/model_run.hpp"
#include "limn/train/record.hpp"
#include "limn/train/resume.hpp"
#include "limn/train/watch_samples.hpp"

namespace limn::inline v0 {

namespace detail {

inline constexpr const char* unfitting_model =
    "the file does not fit this program's networks and the options in its metadata";

[[nodiscard]] inline RecordFacts model_facts(const RunModel& model, const RunFolder& place,
                                             Trainable& training, std::int64_t rollbacks) {
  RecordFacts facts;
  facts.options = model.options;
  facts.machine = machine_facts(training.description(), training.metadata(), place.data.string(),
                                model.source.what, static_cast<double>(model.plan.peak));
  for (const auto& name : model.plan.losses)
    facts.families.push_back({name, name, "Losses", "", std::numeric_limits<double>::quiet_NaN()});
  facts.steps = model.steps;
  facts.log_every = place.log_every;
  facts.rollbacks = rollbacks;
  return facts;
}

}  // namespace detail

template <class Unused>
SafetensorsFile detail::read_model_checkpoint(const std::filesystem::path& out,
                                              const std::string& kind, const Messages& say) {
  std::error_code error;
  if (!std::filesystem::is_directory(out, error) || checkpoint_files(out).empty())
    throw IoError(out.string() + ": there is no run here to go on with");
  SafetensorsFile file = newest_checkpoint(out, say);
  if (const auto& is = metadata_entry(file, "kind"); is != kind)
    throw IoError(file.path().string() + ": is of kind '" + is + "', not '" + kind + "'");
  return file;
}

template <class Unused>
std::unique_ptr<Trainable> detail::open_trained_model(const RunModel& model,
                                                      const SafetensorsFile& checkpoint) {
  // before memory is asked for: a damaged file may announce anything
  check_state(checkpoint, model.open(true)->state(), Surplus::refused, detail::unfitting_model);
  auto trained = model.open(false);
  read_state(checkpoint, trained->state(), Surplus::refused, detail::unfitting_model);
  return trained;
}

template <class Unused>
std::unique_ptr<Trainer> detail::open_model_trainer(const RunModel& model, const RunFolder& place,
                                                    const TrainerEvents& attended,
                                                    const SafetensorsFile* checkpoint,
                                                    Watch::Rules rules) {
  const auto record = std::make_shared<Record>(place.out, place.tensorboard,
                                               [attended](const auto& t) { attended.message(t); });
  const TrainerEvents events = limn::both(attended, record->events());
  const auto say = [events](const std::string& text) { events.message(text); };
  std::optional<RunLock> lock(place.out);
  if (checkpoint == nullptr) {
    if (const auto files = checkpoint_files(place.out); !files.empty())
      throw UsageError(files.front().string() +
                       ": there is a run here already; resume it with --resume, or give another "
                       "--out");
  } else {
    check_data_identity(*checkpoint, model.source.identity, place.data.string());
    // before memory is asked for: a damaged file may announce anything
    check_state(*checkpoint, model.open(true)->state(), Surplus::refused, detail::unfitting_model);
  }
  auto training = model.open(false);
  say(training->description() + "; " + model.source.what + "; memory " +
      text_of(static_cast<double>(model.plan.peak) / 1e9, 3) + " GB");
  std::int64_t step = 0;
  // after a rollback the pictures come in another order
  const auto batches = [source = model.source, seed = model.seed](const Recovery& recovery,
                                                                  std::int64_t done) {
    return source.batches(recovery.data_seed(seed), done);
  };
  rules.push_back(std::make_unique<Collapse>("A", "B"));
  rules.push_back(std::make_unique<Collapse>("B", "A"));
  Guard guard{Watch(std::move(rules)), place.on_problem, {}, batches};
  if (checkpoint != nullptr) {
    take_checkpoint(*checkpoint, *training, detail::unfitting_model, say);
    step = checkpoint_step(*checkpoint);
    guard.recovery = recovery_from_metadata(*checkpoint);
    guard.watch.recall(checkpoint->metadata());
  }
  const RecordFacts facts = detail::model_facts(model, place, *training, guard.recovery.rollbacks);
  auto first = batches(guard.recovery, step);
  auto trainer =
      std::make_unique<Trainer>(std::move(training), std::move(first), model.source.identity,
                                TrainerOptions{place.out, model.steps, place.log_every,
                                               place.sheet_every, place.save_every, place.keep},
                                events, step, std::move(lock), std::move(guard));
  record->begin(step, facts);  // the folder is ours now
  return trainer;
}

}  // namespace limn::inline v0
