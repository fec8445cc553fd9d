// SPDX-License-Identifier: MIT
// A run of a model of one's own: a training in a folder, begun or resumed, with its log, sheets,
// checkpoints, report and watch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "limn/train/machine_facts.hpp"
#include "limn/train/model_training.hpp"
#include "limn/train/record.hpp"
#include "limn/train/resume.hpp"
#include "limn/train/trainer.hpp"
#include "limn/train/watch_samples.hpp"

namespace limn::inline v0 {

/// Where a run takes place, and what it leaves; nothing here changes what is computed.
struct RunFolder {
  /// Where pictures are read from; where log, sheets and checkpoints are written.
  std::filesystem::path data, out;
  /// Steps between lines of the log, sheets, checkpoints; the last step has one of each.
  std::int64_t log_every = 10, sheet_every = 1000, save_every = 1000;
  std::int64_t keep = 2;                   ///< checkpoints
  bool tensorboard = false;                ///< also event files that TensorBoard reads
  OnProblem on_problem = OnProblem::warn;  ///< that cannot heal
};

/// A model to run, without its types: see model_to_run.
struct RunModel {
  std::string kind;        ///< of its checkpoints
  std::int64_t steps = 0;  ///< length of the training
  std::uint64_t seed = 0;  ///< of the run
  Facts options;           ///< for the report and the checkpoint
  DataSource source;       ///< what it learns from
  ModelPlan plan;          ///< what it will cost
  /// On a real device, or a dry one that only knows names and extents.
  std::function<std::unique_ptr<Trainable>(bool dry)> open;
};

/// How a device is opened for options, dry or not.
template <Device D>
using OpenModelDevice = std::function<std::unique_ptr<D>(const TrainingOptions&, bool dry)>;

/// Plans a model on a device that `open` opens. Throws UsageError for options that do not work,
/// ShapeError for networks that do not fit together.
template <class M, Scalar T, Device D>
[[nodiscard]] RunModel model_to_run(const ModelOptions<M>& options, DataSource source,
                                    OpenModelDevice<D> open) {
  RunModel run;
  if constexpr (detail::trainable_model<M, D, T>()) {
    using Training = ModelTraining<M, D, T>;
    run.kind = std::string(M::title) + " training";
    run.steps = options.steps;
    run.seed = options.seed;
    run.options = option_facts(options);
    run.plan = Training::plan(open(options, true), options, source);
    run.open = [=, losses = run.plan.losses](bool dry) -> std::unique_ptr<Trainable> {
      return std::make_unique<Training>(open(options, dry), options, source, losses);
    };
  }
  run.source = std::move(source);
  return run;
}

/// The plan in lines; the last one is "peak N bytes".
[[nodiscard]] inline std::string to_text(const ModelPlan& plan) {
  return "parameters " + std::to_string(plan.parameters) + "\ncheckpoint " +
         std::to_string(plan.checkpoint) + " bytes\nwork per step " +
         text_of(static_cast<double>(plan.multiply_adds) / 1e9, 4) +
         " billion multiply-adds\npeak " + std::to_string(plan.peak) + " bytes\n";
}

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

/// The newest whole checkpoint of the run in this folder, of a model of this kind. Throws IoError
/// where there is none, or it is another model's.
[[nodiscard]] inline SafetensorsFile model_checkpoint(const std::filesystem::path& out,
                                                      const std::string& kind,
                                                      const Messages& say = {}) {
  std::error_code error;
  if (!std::filesystem::is_directory(out, error) || checkpoint_files(out).empty())
    throw IoError(out.string() + ": there is no run here to go on with");
  SafetensorsFile file = newest_checkpoint(out, say);
  if (const auto& is = metadata_entry(file, "kind"); is != kind)
    throw IoError(file.path().string() + ": is of kind '" + is + "', not '" + kind + "'");
  return file;
}

/// A model as it was when a checkpoint was made, to be used. Throws IoError where it is another
/// model's, DeviceError.
[[nodiscard]] inline std::unique_ptr<Trainable> trained_model(const RunModel& model,
                                                              const SafetensorsFile& checkpoint) {
  // before memory is asked for: a damaged file may announce anything
  check_state(checkpoint, model.open(true)->state(), Surplus::refused, detail::unfitting_model);
  auto trained = model.open(false);
  read_state(checkpoint, trained->state(), Surplus::refused, detail::unfitting_model);
  return trained;
}

/// The trainer of a run: from its checkpoint, or from the beginning. Throws UsageError where the
/// folder has a run already, or the data are not those of the checkpoint, IoError, DeviceError.
[[nodiscard]] inline std::unique_ptr<Trainer> open_model_run(
    const RunModel& model, const RunFolder& place, const TrainerEvents& attended,
    const SafetensorsFile* checkpoint = nullptr, Watch::Rules rules = {}) {
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
