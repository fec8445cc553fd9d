// SPDX-License-Identifier: MIT
// A run: a training in a folder, begun or resumed, on a device that was opened elsewhere
// (run_cpu.hpp, limn/cuda.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "limn/models/ugatit/model_file.hpp"
#include "limn/models/ugatit/run_device.hpp"
#include "limn/models/ugatit/run_facts.hpp"
#include "limn/models/ugatit/warm_start.hpp"
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
  bool tensorboard = false;                ///< also event files that TensorBoard reads
  std::int64_t keep = 2;                   ///< checkpoints that are kept, besides the best
  OnProblem on_problem = OnProblem::warn;  ///< that cannot heal
  std::int64_t evaluate_every = 0;         ///< steps between scores of the test pictures; 0: none
  BestBy best_by = BestBy::kid;            ///< the score by which best.safetensors is kept
  OpenScorer scorer{};                     ///< test_scores(...), where there are to be scores
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

/// What checkpoints tell of how the run began, taken over from one to the next.
inline void keep_warm_start(const SafetensorsFile& checkpoint, Metadata& metadata) {
  for (const auto& [key, value] : checkpoint.metadata())
    if (key.starts_with(warm_start_prefix)) metadata[key] = value;
}

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

/// Tells of pictures that cannot be read: one by one at first, and not at all once it is the folder
/// that is missing, which is told instead.
[[nodiscard]] inline std::function<void(const std::string&)> bad_picture_teller(
    std::filesystem::path data, std::function<void(const std::string&)> say) {
  return [data = std::move(data), say = std::move(say), told = 0,
          gone = false](const std::string& text) mutable {
    constexpr int most = 20;
    for (const char* name : {"trainA", "trainB"}) {
      std::error_code error;
      if (gone || std::filesystem::exists(data / name, error)) continue;
      gone = true;
      say((data / name).string() +
          ": is not there any more; the training goes on with the pictures that are in memory, as "
          "long as there are some of A and of B");
    }
    if (gone || ++told > most) return;
    say(text + "; skipped" +
        (told == most ? "; no more of them are told one by one" : std::string()));
  };
}

/// How the run is scored. Throws UsageError where it cannot be.
[[nodiscard]] inline Scoring open_scoring(const RunOptions& options, const RunPlace& place,
                                          const std::function<void(const std::string&)>& say) {
  if (place.evaluate_every <= 0) return {};
  if (!place.scorer)
    throw UsageError("scores need RunPlace::scorer: see limn/train/test_scores.hpp");
  return {place.evaluate_every, place.best_by,
          place.scorer(place.data, options.model.size, options.fit, place.best_by, say)};
}

/// The trainer of a run, from a checkpoint if there is one, else with the weights of `init` where
/// they fit, if given; `lock` is that of a folder that has one, `told` what the run's record is to
/// know of that has been told before.
[[nodiscard]] inline std::unique_ptr<Trainer> open_run(
    const RunOptions& options, const RunPlace& place, const TrainerEvents& attended,
    const ModelFile* checkpoint, std::int64_t step, std::optional<RunLock> lock,
    const ModelFile* init = nullptr, const std::vector<std::string>& told = {}) {
  const auto record = std::make_shared<Record>(
      place.out, place.tensorboard, [attended](const auto& text) { attended.message(text); });
  const TrainerEvents events =
      place.out.empty() ? attended : limn::both(attended, record->events());
  for (const auto& text : told) record->events().message(text);
  const auto say = [events](const std::string& text) { events.message(text); };
  const auto& device = place.device;
  if (!device) throw UsageError("a run needs a device: RunPlace::device is empty");
  const auto a = place.data / "trainA", b = place.data / "trainB";
  const ImageFolder folder_a(a), folder_b(b);
  Scoring scoring = open_scoring(options, place, say);
  Metadata identity = data_identity(folder_a, folder_b);
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

  if (!lock && !place.out.empty()) {
    lock.emplace(place.out);
    require_no_run(place.out);  // another one may have been here before the lock was held
  }
  auto training = device->training(
      options, load_sheet_pictures(place.data, options.model.size, options.fit, say));
  const std::string pictures = std::to_string(folder_a.size()) + " pictures of A, " +
                               std::to_string(folder_b.size()) + " of B";
  RecordFacts facts = record_facts(options, training->description(), training->metadata(),
                                   place.data.string(), pictures, static_cast<double>(plan.peak));
  facts.log_every = place.log_every;
  say(training->description() + "; " + pictures + "; memory " +
      text_of(static_cast<double>(plan.peak) / 1e9, 3) + " GB");
  if (checkpoint != nullptr) {
    read_state(checkpoint->file, training->state(), Surplus::refused, unfitting);
    training->restore_counters(checkpoint->file);
    const std::string was = metadata_entry(checkpoint->file, "isa"),
                      is = training->metadata().at("isa");
    if (const auto news = version_news(checkpoint->file); !news.empty()) say(news);
    if (was != is)
      say("the checkpoint was computed with " + was + " kernels, this session uses " + is +
          ": the training goes on, but not to the same last bits");
  }
  if (checkpoint != nullptr) keep_warm_start(checkpoint->file, identity);
  if (init != nullptr) {
    const WarmStart warm = warm_start(*init, training->state());
    identity.insert(warm.metadata.begin(), warm.metadata.end());
    say(warm.news);
  }
  // decoded pictures are kept within what the plan leaves room for: 5 % and some
  const auto cache = static_cast<Index>(plan.peak / 25) + (Index{16} << 20);
  const auto data = place.data;
  // after a rollback the pictures come in another order
  const auto batches = [=](const Recovery& recovery, std::int64_t done) -> Batches {
    auto loader = std::make_shared<UnpairedLoader>(
        LoaderOptions{.folder_a = a,
                      .folder_b = b,
                      .size = options.model.size,
                      .batch = options.train.pictures(),
                      .fit = options.fit,
                      .seed = recovery.data_seed(options.train.seed),
                      .first_step = done,
                      .cache_bytes = cache,
                      .on_bad_picture = bad_picture_teller(data, say)});
    return [loader] { return loader->next(); };
  };
  Guard guard{Watch(watch_rules(options.train)), place.on_problem, {}, batches};
  if (checkpoint != nullptr) {
    guard.recovery = recovery_from_metadata(checkpoint->file);
    guard.watch.recall(checkpoint->file.metadata());
  }
  auto first = batches(guard.recovery, step);
  auto trainer =
      std::make_unique<Trainer>(std::move(training), std::move(first), identity,
                                TrainerOptions{place.out, options.train.steps, place.log_every,
                                               place.sheet_every, place.save_every, place.keep},
                                events, step, std::move(lock), std::move(guard));
  if (checkpoint != nullptr) {
    const auto best = best_of(checkpoint->file);
    if (best && scoring.every > 0 && best->by != to_string(scoring.best_by))
      say("the best checkpoint so far was chosen by " + best->by + ": with best-by " +
          to_string(scoring.best_by) + " the next one scored takes its place");
    trainer->restore_best(best);
  }
  trainer->score_with(std::move(scoring));
  if (!place.out.empty()) record->begin(step, facts);  // the folder is ours now
  return trainer;
}

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
