// SPDX-License-Identifier: MIT
// A run of a model of one's own: a training in a folder, begun or resumed, with its log, sheets,
// checkpoints, report and watch. With limn::trainer how it is opened is compiled there, else where
// this is included.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/train/model_training.hpp"
#include "limn/train/option_table.hpp"
#include "limn/train/text.hpp"
#include "limn/train/trainer.hpp"

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
// Templates so that they can be compiled elsewhere; their argument means nothing.
template <class = void>
[[nodiscard]] SafetensorsFile read_model_checkpoint(const std::filesystem::path& out,
                                                    const std::string& kind, const Messages& say);
template <class = void>
[[nodiscard]] std::unique_ptr<Trainable> open_trained_model(const RunModel& model,
                                                            const SafetensorsFile& checkpoint);
template <class = void>
[[nodiscard]] std::unique_ptr<Trainer> open_model_trainer(const RunModel& model,
                                                          const RunFolder& place,
                                                          const TrainerEvents& attended,
                                                          const SafetensorsFile* checkpoint,
                                                          Watch::Rules rules);
}  // namespace detail

/// The newest whole checkpoint of the run in this folder, of a model of this kind. Throws IoError
/// where there is none, or it is another model's.
[[nodiscard]] inline SafetensorsFile model_checkpoint(const std::filesystem::path& out,
                                                      const std::string& kind,
                                                      const Messages& say = {}) {
  return detail::read_model_checkpoint(out, kind, say);
}

/// A model as it was when a checkpoint was made, to be used. Throws IoError where it is another
/// model's, DeviceError.
[[nodiscard]] inline std::unique_ptr<Trainable> trained_model(const RunModel& model,
                                                              const SafetensorsFile& checkpoint) {
  return detail::open_trained_model(model, checkpoint);
}

/// The trainer of a run: from its checkpoint, or from the beginning. Throws UsageError where the
/// folder has a run already, or the data are not those of the checkpoint, IoError, DeviceError.
[[nodiscard]] inline std::unique_ptr<Trainer> open_model_run(
    const RunModel& model, const RunFolder& place, const TrainerEvents& attended,
    const SafetensorsFile* checkpoint = nullptr, Watch::Rules rules = {}) {
  return detail::open_model_trainer(model, place, attended, checkpoint, std::move(rules));
}

}  // namespace limn::inline v0

#if defined(LIMN_USE_TRAINER)
namespace limn::inline v0 {
extern template SafetensorsFile detail::read_model_checkpoint<void>(const std::filesystem::path&,
                                                                    const std::string&,
                                                                    const Messages&);
extern template std::unique_ptr<Trainable> detail::open_trained_model<void>(const RunModel&,
                                                                            const SafetensorsFile&);
extern template std::unique_ptr<Trainer> detail::open_model_trainer<void>(
    const RunModel&, const RunFolder&, const TrainerEvents&, const SafetensorsFile*, Watch::Rules);
}  // namespace limn::inline v0
#else
#include "limn/train/model_run_here.hpp"
#endif
