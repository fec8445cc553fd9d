// SPDX-License-Identifier: MIT
// What run.hpp declares: how a run is opened.
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

#include "limn/models/ugatit/run.hpp"
#include "limn/models/ugatit/run_facts.hpp"
#include "limn/models/ugatit/warm_start.hpp"
#include "limn/models/ugatit/watch_rules.hpp"
#include "limn/train/data_identity.hpp"
#include "limn/train/resume.hpp"
#include "limn/train/unpaired_batches.hpp"

namespace limn::inline v0::ugatit {

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

/// How the run is scored. Throws UsageError where it cannot be.
[[nodiscard]] inline Scoring open_scoring(const RunOptions& options, const RunPlace& place,
                                          const std::function<void(const std::string&)>& say) {
  if (place.evaluate_every <= 0) return {};
  if (!place.scorer)
    throw UsageError("scores need RunPlace::scorer: see limn/train/test_scores.hpp");
  return {place.evaluate_every, place.best_by,
          place.scorer(place.data, options.model.size, options.fit, place.best_by, say)};
}

}  // namespace detail

template <class Unused>
std::unique_ptr<Trainer> detail::open_run(const RunOptions& options, const RunPlace& place,
                                          const TrainerEvents& attended,
                                          const ModelFile* checkpoint, std::int64_t step,
                                          std::optional<RunLock> lock, const ModelFile* init,
                                          const std::vector<std::string>& told) {
  const auto record = std::make_shared<Record>(
      place.out, place.tensorboard, [attended](const auto& text) { attended.message(text); });
  const TrainerEvents events =
      place.out.empty() ? attended : limn::both(attended, record->events());
  for (const auto& text : told) record->events().message(text);
  const auto say = [events](const std::string& text) { events.message(text); };
  const auto& device = place.device;
  if (!device) throw UsageError("a run needs a device: RunPlace::device is empty");
  const ImageFolder folder_a(place.data / "trainA"), folder_b(place.data / "trainB");
  Scoring scoring = open_scoring(options, place, say);
  Metadata identity = data_identity(folder_a, folder_b);
  if (checkpoint != nullptr) {
    check_data_identity(checkpoint->file, identity, place.data.string());
    // before memory is asked for: a damaged file may announce anything
    check_state(checkpoint->file, device->dry_training(options)->state(), Surplus::refused,
                unfitting);
  }
  const Plan plan = plan_run(options, place);
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
  if (checkpoint != nullptr) facts.rollbacks = recovery_from_metadata(checkpoint->file).rollbacks;
  say(training->description() + "; " + pictures + "; memory " +
      text_of(static_cast<double>(plan.peak) / 1e9, 3) + " GB");
  if (checkpoint != nullptr) {
    take_checkpoint(checkpoint->file, *training, unfitting, say);
    keep_warm_start(checkpoint->file, identity);
  }
  if (init != nullptr) {
    const WarmStart warm = warm_start(*init, options.model, training->state());
    identity.insert(warm.metadata.begin(), warm.metadata.end());
    say(warm.news);
  }
  // decoded pictures are kept within what the plan leaves room for: 5 % and some
  const auto cache = static_cast<Index>(plan.peak / 25) + (Index{16} << 20);
  // after a rollback the pictures come in another order
  const auto batches = [make = unpaired_batches({.folder_a = folder_a.root(),
                                                 .folder_b = folder_b.root(),
                                                 .size = options.model.size,
                                                 .batch = options.pictures(),
                                                 .fit = options.fit,
                                                 .cache_bytes = cache},
                                                say),
                        seed = options.train.seed](const Recovery& recovery, std::int64_t done) {
    return make(recovery.data_seed(seed), done);
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

}  // namespace limn::inline v0::ugatit
