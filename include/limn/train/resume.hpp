// SPDX-License-Identifier: MIT
// Going on with a training that has data of its own: ugatit::resume_run is for folders of pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "limn/core/error.hpp"
#include "limn/train/checkpoints.hpp"
#include "limn/train/trainable.hpp"

namespace limn::inline v0 {

/// Gives a training the state of a checkpoint; `say` is told of another version of the library, and
/// of other kernels. Throws IoError that ends with `unfitting` where it is another model's.
inline void take_checkpoint(const SafetensorsFile& file, Trainable& training, const char* unfitting,
                            const std::function<void(const std::string&)>& say) {
  read_state(file, training.state(), Surplus::refused, unfitting);
  training.restore_counters(file);
  if (const auto news = version_news(file); !news.empty()) say(news);
  const std::string was = metadata_entry(file, "isa"), is = training.metadata().at("isa");
  if (was != is)
    say("the checkpoint was computed with " + was + " kernels, this session uses " + is +
        ": the training goes on, but not to the same last bits");
}

/// Gives a model the state of the newest checkpoint in `out` that is whole; the step that it is of,
/// after which a Trainer goes on. 0 where there is none: the model stays as it is. `say` gets a
/// sentence for each damaged one. Throws UsageError where the model has other options than the
/// checkpoint ("steps" may differ), IoError where it is another model.
[[nodiscard]] inline std::int64_t resume_from(
    const std::filesystem::path& out, Trainable& model,
    const std::function<void(const std::string&)>& say = {}) {
  if (out.empty() || checkpoint_files(out).empty()) return 0;
  const SafetensorsFile file = newest_checkpoint(out, say);
  for (const auto& [key, value] : model.metadata()) {
    if (!key.starts_with("option.") || key == "option.steps") continue;
    const std::string was = metadata_entry(file, key);
    if (was == value) continue;
    std::string what = file.path().string();
    what.append(": was trained with ").append(key.substr(7)).append(" ").append(was);
    throw UsageError(what.append(", not ").append(value));
  }
  read_state(file, model.state(), Surplus::refused, "it is the checkpoint of another model");
  model.restore_counters(file);
  return checkpoint_step(file);
}

}  // namespace limn::inline v0
