// SPDX-License-Identifier: MIT
// A run: a training in a folder, begun or resumed, on a device that was opened elsewhere
// (run_cpu.hpp, limn/cuda.hpp). With limn::ugatit what opens one is compiled there, else where this
// is included.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "limn/models/ugatit/model_file.hpp"
#include "limn/models/ugatit/run_device.hpp"
#include "limn/optim/schedule.hpp"
#include "limn/train/trainer.hpp"

namespace limn::inline v0::ugatit {

/// Where a run takes place, and what it leaves; nothing here changes what is computed.
struct RunPlace {
  std::filesystem::path data;               ///< has trainA, trainB, and testA, testB for the sheets
  std::filesystem::path out;                ///< gets log, sheets, checkpoints and report
  std::shared_ptr<const RunDevice> device;  ///< cpu_run_device(), ...
  /// Steps between lines of the log, sheets, checkpoints; the last step has one of each.
  std::int64_t log_every = 10, sheet_every = 1000, save_every = 1000;
  bool tensorboard = false;                ///< also event files that TensorBoard reads
  std::int64_t keep = 2;                   ///< checkpoints that are kept, besides the best
  OnProblem on_problem = OnProblem::warn;  ///< that cannot heal
  std::int64_t evaluate_every = 0;         ///< steps between scores of the test pictures; 0: none
  BestBy best_by = BestBy::kid;            ///< the score by which best.safetensors is kept
  OpenScorer scorer{};                     ///< test_scores(...), where there are to be scores

  /// Whether pictures are translated between steps.
  [[nodiscard]] bool translates() const { return sheet_every > 0 || evaluate_every > 0; }
};

/// What a run with these options costs there.
[[nodiscard]] inline Plan plan_run(const RunOptions& options, const RunPlace& place) {
  const Plan plan = place.device->plan(options);
  return place.translates() ? plan : without_sheets(plan);
}

using limn::GivenOptions;

/// A checkpoint's options, and what became of them.
struct ResumedOptions {
  RunOptions options;     ///< with the length that was asked for
  std::int64_t step = 0;  ///< of the checkpoint
  std::string news;       ///< a sentence about a changed length; or empty
};

namespace detail {

/// Takes one option that was asked for on resuming.
inline void take_given(ResumedOptions& r, const std::string& path, const std::string& name,
                       const std::string& text) {
  const TrainOptions was = r.options.train;
  if (!limn::take_given(r.options, path, r.step, name, text,
                        [](const RunOptions& o) { return o.train.steps; }))
    return;
  const std::int64_t steps = r.options.train.steps, next = r.step + 1;
  r.news = "steps goes from " + std::to_string(was.steps) + " to " + text;
  if (!was.decay) return;
  const auto rate = [&](std::int64_t length) {
    return text_of(linear_decay(was.learning_rate, next, length), 6);
  };
  r.news += ": the learning rate of step " + std::to_string(next) + " is " + rate(steps) +
            " (would have been " + rate(was.steps) + "), and it falls to 0 from step " +
            std::to_string(steps / 2) + " on";
}

}  // namespace detail

/// The options of a run's checkpoint. `given` ones must agree with them, but for "steps", which may
/// be any number that has not been passed. Throws UsageError that names the option that
/// contradicts, IoError.
[[nodiscard]] inline ResumedOptions resumed_options(const ModelFile& checkpoint,
                                                    const GivenOptions& given) {
  const std::string path = checkpoint.file.path().string();
  if (!checkpoint.training)
    throw IoError(path + ": is one exported generator; a training resumes from its own checkpoint");
  ResumedOptions r{checkpoint.options, counter_entry(checkpoint.file, "step"), {}};
  for (const auto& [name, text] : given) detail::take_given(r, path, name, text);
  return r;
}

namespace detail {

/// The newest checkpoint of a run that is whole. Throws IoError where there is no run.
[[nodiscard]] inline ModelFile newest_model_file(
    const std::filesystem::path& run, const std::function<void(const std::string&)>& say = {}) {
  if (checkpoint_files(run).empty()) return ModelFile(run);  // says what is missing
  return ModelFile(newest_checkpoint(run, say).path());
}

/// Throws UsageError where a run would be lost.
inline void require_no_run(const std::filesystem::path& out) {
  if (out.empty()) return;
  if (const auto files = checkpoint_files(out); !files.empty())
    throw UsageError(files.front().string() +
                     ": there is a run here already; resume it with --resume, or give another "
                     "--out");
}

/// The trainer of a run, from a checkpoint if there is one, else with the weights of `init` where
/// they fit, if given; `lock` is that of a folder that has one, `told` what the run's record is to
/// know of that has been told before.
/// A template so that it can be compiled elsewhere; its argument means nothing.
template <class = void>
[[nodiscard]] std::unique_ptr<Trainer> open_run(const RunOptions& options, const RunPlace& place,
                                                const TrainerEvents& attended,
                                                const ModelFile* checkpoint, std::int64_t step,
                                                std::optional<RunLock> lock,
                                                const ModelFile* init = nullptr,
                                                const std::vector<std::string>& told = {});

}  // namespace detail

/// Whether the run in this folder has done all of its steps. Throws as resumed_options.
[[nodiscard]] inline bool run_is_finished(const std::filesystem::path& out,
                                          const GivenOptions& given = {}) {
  const auto resumed = resumed_options(detail::newest_model_file(out), given);
  return resumed.step >= resumed.options.train.steps;
}

/// Begins a run. `init`: a run's folder, a checkpoint or an exported generator, whose weights the
/// networks begin with where they fit (warm_start.hpp); empty: random ones. Throws UsageError where
/// the folder has a checkpoint already or nothing of `init` fits, IoError, ...
[[nodiscard]] inline std::unique_ptr<Trainer> start_run(const RunOptions& options,
                                                        const RunPlace& place,
                                                        const TrainerEvents& events = {},
                                                        const std::filesystem::path& init = {}) {
  options.check();
  detail::require_no_run(place.out);
  if (init.empty()) return detail::open_run(options, place, events, nullptr, 0, std::nullopt);
  const ModelFile from(init);
  return detail::open_run(options, place, events, nullptr, 0, std::nullopt, &from);
}

/// Goes on with the run in place.out, from its newest checkpoint that is whole and with that one's
/// options; the data must be the same. Throws UsageError where `given` options or data contradict,
/// IoError where there is no run, or another training goes on there.
[[nodiscard]] inline std::unique_ptr<Trainer> resume_run(const RunPlace& place,
                                                         const GivenOptions& given = {},
                                                         const TrainerEvents& events = {}) {
  std::optional<RunLock> lock;
  if (std::filesystem::is_directory(place.out)) lock.emplace(place.out);
  std::vector<std::string> told;
  const auto say = [&](const std::string& text) {
    told.push_back(text);
    events.message(text);
  };
  const ModelFile checkpoint = detail::newest_model_file(place.out, say);
  const auto resumed = resumed_options(checkpoint, given);
  if (!resumed.news.empty()) say(resumed.news);
  return detail::open_run(resumed.options, place, events, &checkpoint, resumed.step,
                          std::move(lock), nullptr, told);
}

}  // namespace limn::inline v0::ugatit

#if defined(LIMN_USE_UGATIT)
namespace limn::inline v0::ugatit {
extern template std::unique_ptr<Trainer> detail::open_run<void>(
    const RunOptions&, const RunPlace&, const TrainerEvents&, const ModelFile*, std::int64_t,
    std::optional<RunLock>, const ModelFile*, const std::vector<std::string>&);
}  // namespace limn::inline v0::ugatit
#else
#include "limn/models/ugatit/run_here.hpp"
#endif
