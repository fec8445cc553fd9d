// SPDX-License-Identifier: MIT
// The files of U-GAT-IT, checkpoints and exported generators, and what they say about themselves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "limn/models/ugatit/checkpoint_options.hpp"

namespace limn::inline v0::ugatit {

/// The values of the metadata entry "kind".
inline constexpr std::string_view training_kind = "ugatit training",
                                  generator_kind = "ugatit generator";
/// The value of "layout".
inline constexpr std::string_view tensor_layout =
    "every tensor has 4 extents, channels last: convolutions O,k,k,I (PyTorch: permute(0,3,1,2)), "
    "matrices O,1,1,I or O,h,w,I, vectors 1,1,1,n; names are those of the published state_dict";

/// Which way pictures go.
enum class Direction { a2b, b2a };

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
  SafetensorsFile file;
  RunOptions options;
  bool training = false;                 ///< of a whole training, else one generator
  Direction direction = Direction::a2b;  ///< of the one generator

  /// Throws IoError for anything but a file of limn's U-GAT-IT.
  explicit ModelFile(const std::filesystem::path& run_or_file) : file(model_file(run_or_file)) {
    const auto& kind = metadata_entry(file, "kind");
    training = kind == training_kind;
    if (!training && kind != generator_kind)
      throw IoError(file.path().string() + ": is of kind '" + kind + "', which is neither '" +
                    std::string(training_kind) + "' nor '" + std::string(generator_kind) + "'");
    options = options_from_metadata(file);
    if (training) return;
    try {
      direction = parse_direction(metadata_entry(file, "direction"));
    } catch (const UsageError& error) {
      throw IoError(file.path().string() + ": its metadata are damaged: " + error.what());
    }
  }
};

/// A whole number of a checkpoint's metadata, at least 0. Throws IoError.
[[nodiscard]] inline std::int64_t counter_entry(const SafetensorsFile& file,
                                                const std::string& key) {
  try {
    return parse_number<std::int64_t>(key, metadata_entry(file, key), 0,
                                      std::int64_t{1'000'000'000'000});
  } catch (const UsageError& error) {
    throw IoError(file.path().string() + ": its metadata are damaged: " + error.what());
  }
}

}  // namespace limn::inline v0::ugatit
