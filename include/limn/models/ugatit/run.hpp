// SPDX-License-Identifier: MIT
// A run: a training in a folder, begun or resumed, on a device that was opened elsewhere
// (run_cpu.hpp, limn/cuda.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "limn/models/ugatit/model_file.hpp"
#include "limn/models/ugatit/run_device.hpp"
#include "limn/models/ugatit/watch_rules.hpp"
#include "limn/optim/schedule.hpp"
#include "limn/train/data_identity.hpp"
#include "limn/train/trainer.hpp"

namespace limn::inline v0::ugatit {

/// Where a run takes place, and what it leaves; nothing here changes what is computed.
struct RunPlace {
  std::filesystem::path data;  ///< has trainA, trainB, and testA, testB for the sheets
  std::filesystem::path out;
  std::shared_ptr<const RunDevice> device;  ///< cpu_run_device(), ...
  std::int64_t log_every = 10, sheet_every = 1000, save_every = 1000;
  OnProblem on_problem = OnProblem::warn;  ///< that cannot heal
};

/// Options that were asked for when resuming, by name.
using GivenOptions = std::map<std::string, std::string>;

/// A checkpoint's options, and what became of them.
struct ResumedOptions {
  RunOptions options;
  std::int64_t step = 0;  ///< of the checkpoint
  std::string news;       ///< a sentence about a changed length; or empty
};

namespace detail {

/// Takes one option that was asked for on resuming.
inline void take_given(ResumedOptions& r, const std::string& path, const std::string& name,
                       const std::string& text) {
  RunOptions asked = r.options;
  set_option(asked, name, text);
  if (asked == r.options) return;
  if (name != "steps")
    throw UsageError("--" + name + " " + text + " contradicts the run: " + path + " has " +
                     option_value(r.options, name) +
                     "; leave it out to resume, or start another run with another --out");
  const TrainOptions was = r.options.train;
  const std::int64_t steps = asked.train.steps, next = r.step + 1;
  if (steps < r.step)
    throw UsageError("--steps " + text + " lies before step " + std::to_string(r.step) + " of " +
                     path + "; give at least that many");
  r.options.train.steps = steps;
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

inline constexpr const char* unfitting =
    "the file does not fit the options in its own metadata: it is damaged";

/// Throws DeviceError where a training would need more memory than there is.
inline void require_memory(std::uint64_t bytes, const Capacity& capacity) {
  if (bytes > capacity.bytes)
    throw DeviceError("this training needs " + std::to_string(bytes) + " bytes of memory, " +
                      capacity.owner + " has " + std::to_string(capacity.bytes) +
                      "; a smaller --size, --channels or --batch, or --variant light, needs less "
                      "(--plan tells how much)");
}

/// The trainer of a run, from a checkpoint if there is one.
[[nodiscard]] inline std::unique_ptr<Trainer> open_run(const RunOptions& options,
                                                       const RunPlace& place,
                                                       const TrainerEvents& events,
                                                       const ModelFile* checkpoint,
                                                       std::int64_t step) {
  const auto say = [events](const std::string& text) { events.message(text); };
  const auto& device = place.device;
  if (!device) throw UsageError("a run needs a device: RunPlace::device is empty");
  const auto a = place.data / "trainA", b = place.data / "trainB";
  const ImageFolder folder_a(a), folder_b(b);
  const Metadata identity = data_identity(folder_a, folder_b);
  if (checkpoint != nullptr) {
    check_data_identity(checkpoint->file, identity, place.data.string());
    // before memory is asked for: a damaged file may announce anything
    check_state(checkpoint->file, device->dry_training(options)->state(), Surplus::refused,
                unfitting);
  }
  const Plan plan = device->plan(options);
  require_memory(plan.peak, device->capacity());
  if (const Index halvings = fitting_halvings(options.model.size, global_halvings);
      halvings < global_halvings)
    say("at size " + std::to_string(options.model.size) + " the global discriminator halves its " +
        "pictures " + std::to_string(halvings) + " times instead of " +
        std::to_string(global_halvings));

  auto training = device->training(
      options, load_sheet_pictures(place.data, options.model.size, options.fit, say));
  say(training->description() + "; " + std::to_string(folder_a.size()) + " pictures of A, " +
      std::to_string(folder_b.size()) + " of B; memory " +
      text_of(static_cast<double>(plan.peak) / 1e9, 3) + " GB");
  if (checkpoint != nullptr) {
    read_state(checkpoint->file, training->state(), Surplus::refused, unfitting);
    training->restore_counters(checkpoint->file);
    const std::string was = metadata_entry(checkpoint->file, "isa"),
                      is = training->metadata().at("isa");
    if (was != is)
      say("the checkpoint was computed with " + was + " kernels, this session uses " + is +
          ": the training goes on, but not to the same last bits");
  }
  // decoded pictures are kept within what the plan leaves room for: 5 % and some
  const auto cache = static_cast<Index>(plan.peak / 25) + (Index{16} << 20);
  const auto batches = [=](const Recovery& recovery, std::int64_t done) -> Batches {
    auto loader = std::make_shared<UnpairedLoader>(LoaderOptions{
        .folder_a = a,
        .folder_b = b,
        .size = options.model.size,
        .batch = options.train.batch,
        .fit = options.fit,
        .seed = recovery.data_seed(options.train.seed),
        .first_step = done,
        .cache_bytes = cache,
        .on_bad_picture = [say](const std::string& text) { say(text + "; skipped"); }});
    return [loader] { return loader->next(); };
  };
  Guard guard{Watch(watch_rules(options.train)), place.on_problem, {}, batches};
  if (checkpoint != nullptr) {
    guard.recovery = recovery_from_metadata(checkpoint->file);
    guard.watch.recall(checkpoint->file.metadata());
  }
  auto pictures = batches(guard.recovery, step);
  return std::make_unique<Trainer>(std::move(training), std::move(pictures), identity,
                                   TrainerOptions{place.out, options.train.steps, place.log_every,
                                                  place.sheet_every, place.save_every},
                                   events, step, std::move(guard));
}

}  // namespace detail

/// Whether the run in this folder has done all of its steps. Throws as resumed_options.
[[nodiscard]] inline bool run_is_finished(const std::filesystem::path& out,
                                          const GivenOptions& given = {}) {
  const auto resumed = resumed_options(ModelFile(out), given);
  return resumed.step >= resumed.options.train.steps;
}

/// Begins a run. Throws UsageError where the folder has a checkpoint already, IoError, ...
[[nodiscard]] inline std::unique_ptr<Trainer> start_run(const RunOptions& options,
                                                        const RunPlace& place,
                                                        const TrainerEvents& events = {}) {
  options.check();
  std::error_code error;
  if (std::filesystem::exists(checkpoint_path(place.out), error))
    throw UsageError(checkpoint_path(place.out).string() +
                     ": there is a run here already; resume it with --resume, or give another "
                     "--out");
  return detail::open_run(options, place, events, nullptr, 0);
}

/// Goes on with the run in place.out, with the options of its checkpoint; the data must be the
/// same. Throws UsageError where `given` options or data contradict, IoError where there is no run.
[[nodiscard]] inline std::unique_ptr<Trainer> resume_run(const RunPlace& place,
                                                         const GivenOptions& given = {},
                                                         const TrainerEvents& events = {}) {
  const ModelFile checkpoint(place.out);
  const auto resumed = resumed_options(checkpoint, given);
  if (!resumed.news.empty()) events.message(resumed.news);
  return detail::open_run(resumed.options, place, events, &checkpoint, resumed.step);
}

}  // namespace limn::inline v0::ugatit
