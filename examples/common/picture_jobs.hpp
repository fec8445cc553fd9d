// SPDX-License-Identifier: MIT
// Files and folders on a command line as a list of pictures to read and names to write.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "folders.hpp"
#include "limn/data/image_folder.hpp"
#include "limn/io/write_picture.hpp"

namespace example {

struct PictureJob {
  std::filesystem::path input, name;  ///< name: below the folder for the results
};

/// The name under which the translation is written: the same, where that format can be written.
inline std::filesystem::path output_name(std::filesystem::path name) {
  auto extension = name.extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (extension == ".pgm") return name.replace_extension(".ppm");
  if (!limn::has_picture_name(name)) return name += ".png";
  return name;
}

/// What is missing, or holds no picture, goes to `report`. Throws limn::UsageError where two inputs
/// would be written to one file, or an input would be overwritten.
inline std::vector<PictureJob> picture_jobs(const std::vector<std::filesystem::path>& inputs,
                                            const std::filesystem::path& out,
                                            const std::function<void(const std::string&)>& report) {
  namespace fs = std::filesystem;
  std::vector<PictureJob> jobs;
  for (const auto& input : inputs) {
    std::error_code error;
    if (!fs::exists(input, error)) {
      report(input.string() + ": there is no such file or folder");
    } else if (!fs::is_directory(input, error)) {
      jobs.push_back({input, output_name(input.filename())});
    } else {
      try {
        const limn::ImageFolder folder(input);
        for (const auto& name : folder.names()) jobs.push_back({input / name, output_name(name)});
      } catch (const limn::IoError& empty) {
        const std::string what = empty.what();
        report(what.substr(0, what.find("; a data set")));
      }
    }
  }
  std::map<fs::path, fs::path> taken;
  for (const auto& [input, name] : jobs) {
    const auto [other, is_new] = taken.emplace(name, input);
    if (!is_new)
      throw limn::UsageError(input.string() + " and " + other->second.string() +
                             " would both become " + (out / name).string() +
                             "; translate them into two folders");
    std::error_code error;
    if (fs::equivalent(input, out / name, error) && !error)
      throw limn::UsageError(input.string() +
                             " would be overwritten by its translation; give another --out");
  }
  return jobs;
}

/// Writes folder/name, making folders on the way. Throws limn::IoError.
inline void write_below(const std::filesystem::path& folder, const std::filesystem::path& name,
                        const limn::Picture& picture) {
  limn::write_picture(with_folder(folder / name), picture);
}

}  // namespace example
