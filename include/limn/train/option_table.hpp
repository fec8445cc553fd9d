// SPDX-License-Identifier: MIT
// Options in one table: checkpoints store them, resuming compares them, and the command line is
// made of them. The table of a struct of options is what for_each_option(options, f) gives: f(name,
// value, range, help) for each option, in the order in which people look for them; the help is
// empty for those that are no option of the command line. A struct of one's own has it as a member
//   void visit(auto&& f) { f("size", size, OptionRange{8, 4096}, "pictures are SIZE x SIZE"); }
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "limn/core/distortions.hpp"
#include "limn/core/maths.hpp"
#include "limn/core/on_off.hpp"
#include "limn/core/stash_format.hpp"
#include "limn/data/fit.hpp"
#include "limn/train/state.hpp"
#include "limn/train/text.hpp"

namespace limn::inline v0 {

/// Bounds of a number; what is beyond is a mistake, and sizes within never overflow.
struct OptionRange {
  /// Both belong to it.
  double low = 0, high = 0;
};

/// Options that were asked for, by name.
using GivenOptions = std::map<std::string, std::string>;

/// The table of a struct that has `visit`.
template <class Options, class F>
requires requires(Options& o, F& f) { o.visit(f); }
void for_each_option(Options& options, F&& f) { options.visit(f); }

/// "squash", "pad" or "crop".
[[nodiscard]] inline std::string option_text(Fit f) { return to_string(f); }
/// "none", or names with commas between.
[[nodiscard]] inline std::string option_text(const Distortions& d) { return to_string(d); }
/// "computed" or "bf16".
[[nodiscard]] inline std::string option_text(StashFormat f) { return to_string(f); }
/// "fast", "strict" or "split".
[[nodiscard]] inline std::string option_text(Maths m) { return to_string(m); }
/// "on" or "off".
[[nodiscard]] inline std::string option_text(OnOff o) { return to_string(o); }
/// The shortest text that gives the number again; "true" or "false".
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] std::string option_text(T value) { return text_of(value); }

/// The value that a text stands for. Throws UsageError that says what it may be.
inline void parse_option(const std::string& /*name*/, std::string_view text, OptionRange /*range*/,
                         Fit& value) {
  value = parse_fit(text);
}
/// "fast", "strict" or "split".
inline void parse_option(const std::string& /*name*/, std::string_view text, OptionRange /*range*/,
                         Maths& value) {
  value = parse_maths(text);
}
/// "computed" or "bf16".
inline void parse_option(const std::string& /*name*/, std::string_view text, OptionRange /*range*/,
                         StashFormat& value) {
  value = parse_stash_format(text);
}
/// "none", or names with commas between.
inline void parse_option(const std::string& /*name*/, std::string_view text, OptionRange /*range*/,
                         Distortions& value) {
  value = parse_distortions(text);
}
/// "on" or "off".
inline void parse_option(const std::string& name, std::string_view text, OptionRange /*range*/,
                         OnOff& value) {
  value = parse_on_off(name, text);
}
/// "true" or "false".
inline void parse_option(const std::string& name, std::string_view text, OptionRange /*range*/,
                         bool& value) {
  if (text != "true" && text != "false")
    throw UsageError(name + " '" + std::string(text) + "' is none of true, false");
  value = text == "true";
}
/// A number within the range, its ends included.
inline void parse_option(const std::string& name, std::string_view text, OptionRange range,
                         double& value) {
  value = parse_number<double>(name, text, range.low, range.high);
}
/// A whole number within the range, its ends included.
inline void parse_option(const std::string& name, std::string_view text, OptionRange range,
                         std::int64_t& value) {
  value = parse_number<std::int64_t>(name, text, static_cast<std::int64_t>(range.low),
                                     static_cast<std::int64_t>(range.high));
}
/// A whole number from 0 on: a seed, for which the range does not count.
inline void parse_option(const std::string& name, std::string_view text, OptionRange /*range*/,
                         std::uint64_t& value) {
  value = parse_number<std::uint64_t>(name, text, 0, std::numeric_limits<std::uint64_t>::max());
}

/// Sets the option of that name. Throws UsageError for a value that does not work and for a name
/// that is none.
template <class Options>
void set_option(Options& options, std::string_view name, std::string_view text) {
  bool found = false;
  for_each_option(options,
                  [&](const char* key, auto& value, OptionRange range, const char* /*help*/) {
                    if (name != key) return;
                    parse_option(key, text, range, value);
                    found = true;
                  });
  if (!found) throw UsageError("there is no option '" + std::string(name) + "'");
}

/// The option of that name as text; "" if there is none.
template <class Options>
[[nodiscard]] std::string option_value(Options options, std::string_view name) {
  std::string text;
  for_each_option(options, [&](const char* key, const auto& value, OptionRange /*range*/,
                               const char* /*help*/) {
    if (name == key) text = option_text(value);
  });
  return text;
}

/// Entries "option.NAME" of a checkpoint's metadata.
template <class Options>
[[nodiscard]] Metadata options_to_metadata(Options options) {
  Metadata entries;
  for_each_option(options, [&](const char* name, const auto& value, OptionRange /*range*/,
                               const char* /*help*/) {
    entries["option." + std::string(name)] = option_text(value);
  });
  return entries;
}

/// Names and values of all options, for a report.
template <class Options>
[[nodiscard]] std::vector<std::pair<std::string, std::string>> option_facts(Options options) {
  std::vector<std::pair<std::string, std::string>> facts;
  for_each_option(options,
                  [&](const char* name, const auto& value, OptionRange /*range*/,
                      const char* /*help*/) { facts.emplace_back(name, option_text(value)); });
  return facts;
}

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

/// Sets an option that was asked for on resuming a run whose checkpoint, `path`, is of step `step`,
/// and tells whether that changed anything: only "steps", which `length` finds in the options, may
/// be another, any number that has not been passed. Throws UsageError that names the option.
template <class Options, class Length>
[[nodiscard]] bool take_given(Options& options, const std::string& path, std::int64_t step,
                              const std::string& name, const std::string& text, Length length) {
  const auto fail = [](std::initializer_list<std::string_view> parts) {
    std::string sentence;
    for (const auto part : parts) sentence += part;
    throw UsageError(sentence);
  };
  Options asked = options;
  set_option(asked, name, text);
  const std::string was = option_value(options, name);
  if (option_value(asked, name) == was) return false;
  if (name != "steps")
    fail({"--", name, " ", text, " contradicts the run: ", path, " has ", was,
          "; leave it out to resume, or start another run with another --out"});
  if (length(asked) < step)
    fail({"--steps ", text, " lies before step ", std::to_string(step), " of ", path,
          "; give at least that many"});
  options = asked;
  return true;
}

/// The options that a checkpoint was made with, but for `given` ones, see take_given. Throws
/// UsageError that names the option that contradicts, IoError where one is missing or impossible.
template <class Options>
[[nodiscard]] Options resumed_options(const SafetensorsFile& file, const GivenOptions& given,
                                      std::int64_t step) {
  const std::string path = file.path().string();
  Options options;
  try {
    for_each_option(options, [&](const std::string& name, auto& value, OptionRange range,
                                 const char* /*help*/) {
      parse_option(name, metadata_entry(file, "option." + name), range, value);
    });
    options.check();
  } catch (const UsageError& error) {
    throw IoError(path + ": its metadata are damaged: " + error.what());
  }
  for (const auto& [name, text] : given)
    static_cast<void>(
        take_given(options, path, step, name, text, [](const Options& o) { return o.steps; }));
  return options;
}

}  // namespace limn::inline v0
