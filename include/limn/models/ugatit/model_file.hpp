// SPDX-License-Identifier: MIT
// The files of U-GAT-IT, checkpoints and exported generators, and what they say about themselves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "limn/models/ugatit/checkpoint_options.hpp"

namespace limn::inline v0::ugatit {

/// The value of the metadata entry "kind" of a checkpoint.
inline constexpr std::string_view training_kind = "ugatit training";
/// That of an exported generator.
inline constexpr std::string_view generator_kind = "ugatit generator";
/// The value of "layout".
inline constexpr std::string_view tensor_layout =
    "every tensor has 4 extents, channels last: convolutions O,k,k,I (PyTorch: permute(0,3,1,2)), "
    "matrices O,1,1,I or O,h,w,I, vectors 1,1,1,n; names are those of the published state_dict";

/// Which weights of a training's generators: averages over its last steps, or those of its last
/// step.
enum class Weights { averaged, last };

/// "averaged" or "last".
[[nodiscard]] constexpr const char* to_string(Weights w) {
  return w == Weights::averaged ? "averaged" : "last";
}
/// Throws UsageError for another name.
[[nodiscard]] inline Weights parse_weights(std::string_view text) {
  for (const Weights w : {Weights::averaged, Weights::last})
    if (text == to_string(w)) return w;
  throw UsageError("weights '" + std::string(text) + "' is none of averaged, last");
}

/// Which way pictures go.
enum class Direction { a2b, b2a };

/// "A2B" or "B2A".
[[nodiscard]] constexpr const char* to_string(Direction d) {
  return d == Direction::a2b ? "A2B" : "B2A";
}
/// "A2B" or "B2A"; throws UsageError for anything else.
[[nodiscard]] inline Direction parse_direction(std::string_view text) {
  for (const Direction d : {Direction::a2b, Direction::b2a})
    if (text == to_string(d)) return d;
  throw UsageError("direction '" + std::string(text) + "' is none of A2B, B2A");
}
/// The network's name in checkpoints.
[[nodiscard]] constexpr const char* generator_name(Direction d) {
  return d == Direction::a2b ? "genA2B" : "genB2A";
}

/// Where the model of a run or a file lies. Throws IoError where there is none.
[[nodiscard]] inline std::filesystem::path model_file(const std::filesystem::path& run_or_file) {
  std::error_code error;
  if (!std::filesystem::exists(run_or_file, error))
    throw IoError(run_or_file.string() + ": there is no such run or file");
  if (!std::filesystem::is_directory(run_or_file, error)) return run_or_file;
  auto file = run_or_file / "latest.safetensors";
  if (!std::filesystem::exists(file, error))
    throw IoError(run_or_file.string() +
                  ": there is no run here: it has no latest.safetensors, which ugatit-train saves");
  return file;
}

/// What a model file says about itself.
struct ModelFile {
  SafetensorsFile file;                  ///< open
  RunOptions options;                    ///< of the training that it comes from
  bool training = false;                 ///< of a whole training, else one generator
  Direction direction = Direction::a2b;  ///< of the one generator
  Weights weights = Weights::last;       ///< that generators are loaded with

  /// `asked`: the weights to load; unless told, averaged ones where there are any. Throws IoError
  /// for anything but a file of limn's U-GAT-IT, UsageError where it has no such weights.
  explicit ModelFile(const std::filesystem::path& run_or_file, std::optional<Weights> asked = {})
      : file(model_file(run_or_file)) {
    const auto& kind = metadata_entry(file, "kind");
    training = kind == training_kind;
    if (!training && kind != generator_kind)
      throw IoError(file.path().string() + ": is of kind '" + kind + "', which is neither '" +
                    std::string(training_kind) + "' nor '" + std::string(generator_kind) + "'");
    options = options_from_metadata(file);
    const std::string path = file.path().string();
    if (training) {
      const bool averaged = options.train.ema > 0;
      if (asked == Weights::averaged && !averaged)
        throw UsageError(path + ": has no averaged weights: it was trained with ema 0");
      weights = asked.value_or(averaged ? Weights::averaged : Weights::last);
      return;
    }
    try {
      direction = parse_direction(metadata_entry(file, "direction"));
      if (const auto entry = file.metadata().find("weights"); entry != file.metadata().end())
        weights = parse_weights(entry->second);
      else  // of before there were averages
        weights = Weights::last;
    } catch (const UsageError& error) {
      throw IoError(path + ": its metadata are damaged: " + error.what());
    }
    if (asked.value_or(weights) != weights)
      throw UsageError(path + ": is an exported generator with " + to_string(weights) +
                       " weights; " + to_string(*asked) +
                       " ones are in the run's checkpoint alone");
  }
};

/// The name of a generator's weight in the file, for the weights that are loaded.
[[nodiscard]] inline std::string weight_name(const ModelFile& model, const std::string& name) {
  return model.training && model.weights == Weights::averaged ? averages_prefix + name : name;
}

}  // namespace limn::inline v0::ugatit
