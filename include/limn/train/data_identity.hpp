// SPDX-License-Identifier: MIT
// Which pictures a training learns from: the sorted names, which with the seed give the order of
// the data, and a hash of names and contents. Goes into checkpoints; no path, no time.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "limn/data/image_folder.hpp"
#include "limn/train/state.hpp"

namespace limn::inline v0 {

namespace detail {

/// Names as ASCII lines: other bytes and '%' as %XX, so that any file name fits into JSON.
inline std::string name_lines(const ImageFolder& folder) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string lines;
  for (const auto& name : folder.names()) {
    for (const char c : name) {
      const auto u = static_cast<unsigned char>(c);
      if (u >= 0x20 && u < 0x7F && c != '%')
        lines += c;
      else
        (lines += '%').append({digits[u >> 4], digits[u & 15]});
    }
    lines += '\n';
  }
  return lines;
}

/// A line that only one of two lists has.
inline std::string difference(std::string_view was, std::string_view is) {
  const auto lines = [](std::string_view text) {
    std::set<std::string_view> out;
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size() - 1);
      out.insert(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    return out;
  };
  const auto before = lines(was), now = lines(is);
  for (const auto line : before)
    if (!now.contains(line)) return "'" + std::string(line) + "' is not there any more";
  for (const auto line : now)
    if (!before.contains(line)) return "'" + std::string(line) + "' was not there";
  return "the order is another";
}

}  // namespace detail

/// Entries "data.NAME.names" and "data.NAME.hash" of a folder. Reads all files once. Throws
/// IoError.
[[nodiscard]] inline Metadata folder_identity(const ImageFolder& folder, const std::string& name) {
  return {{"data." + name + ".names", detail::name_lines(folder)},
          {"data." + name + ".hash", folder.content_hash()}};
}
/// Those of the training folders of two domains.
[[nodiscard]] inline Metadata data_identity(const ImageFolder& a, const ImageFolder& b) {
  Metadata both = folder_identity(a, "trainA");
  both.merge(folder_identity(b, "trainB"));
  return both;
}

namespace detail {

inline void check_folder_identity(const SafetensorsFile& checkpoint, const Metadata& identity,
                                  const std::string& data, const std::string& folder) {
  const std::string names = "data." + folder + ".names", hash = "data." + folder + ".hash";
  const auto refuse = [&](const std::string& what) {
    throw UsageError("--data " + data + ": " + folder + " is not what " +
                     checkpoint.path().string() + " was trained with: " + what);
  };
  if (metadata_entry(checkpoint, names) != identity.at(names))
    refuse(difference(metadata_entry(checkpoint, names), identity.at(names)));
  if (metadata_entry(checkpoint, hash) != identity.at(hash))
    refuse("the names are the same, the contents are not");
}

}  // namespace detail

/// Throws UsageError that says what differs unless the checkpoint was made with these data: all
/// folders that `identity` has entries of.
inline void check_data_identity(const SafetensorsFile& checkpoint, const Metadata& identity,
                                const std::string& data) {
  constexpr std::string_view before = "data.", after = ".names";
  for (const auto& [key, value] : identity)
    if (key.starts_with(before) && key.ends_with(after))
      detail::check_folder_identity(
          checkpoint, identity, data,
          key.substr(before.size(), key.size() - before.size() - after.size()));
}

}  // namespace limn::inline v0
