// SPDX-License-Identifier: MIT
// Looking at a data set before anything is trained with it: every file is read once, by several
// threads, and remembered in about 4 KB.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/data/content_hash.hpp"
#include "limn/data/image_folder.hpp"
#include "limn/data/perceptual_hash.hpp"
#include "limn/data/picture_statistics.hpp"
#include "limn/io/read_picture.hpp"

namespace limn::inline v0 {

/// One picture file, and what is in it.
struct InspectedPicture {
  std::string name;              ///< below the folder, with '/'
  std::string problem;           ///< why it cannot be read; "" if it can
  PictureFacts facts;            ///< of the file, as far as it could be read
  Index width = 0, height = 0;   ///< upright
  std::string content;           ///< hash of all pixels: the same only for the same picture
  std::uint64_t hash = 0;        ///< perceptual_hash
  Thumbnail thumbnail;           ///< for comparing; of readable pictures
  PictureStatistics statistics;  ///< how it looks; of readable pictures

  /// Whether training can use it.
  [[nodiscard]] bool readable() const { return problem.empty(); }
};

/// One of the folders trainA, trainB, testA, testB.
struct InspectedFolder {
  std::string name;                        ///< "trainA", ...
  std::string problem;                     ///< why there are no pictures; "" if there are
  std::vector<InspectedPicture> pictures;  ///< sorted by name
  std::vector<std::string> hidden;   ///< names with a leading dot, which training does not see
  std::vector<std::string> ignored;  ///< without the name of a picture: not seen either
  std::vector<std::string> links;    ///< to folders or to nothing: not followed

  /// How many pictures training can use.
  [[nodiscard]] Index readable() const {
    return std::count_if(pictures.begin(), pictures.end(),
                         [](const auto& p) { return p.readable(); });
  }
};

/// The whole data set, in this order: trainA, trainB, testA, testB.
struct Inspection {
  std::filesystem::path data;              ///< the folder that holds the four
  std::array<InspectedFolder, 4> folders;  ///< trainA, trainB, testA, testB
};

/// How a data set is looked at.
struct InspectOptions {
  /// Threads; 0: as many as there are processors, at most 8. Each holds one picture at a time.
  int threads = 0;
  ReadLimits limits{};  ///< of what is read at all
  /// Told after each picture, one thread at a time: how many of how many.
  std::function<void(Index done, Index all)> on_progress{};
};

/// What one file holds. Never throws for a bad picture: that is what is told.
[[nodiscard]] inline InspectedPicture inspect_picture(const std::filesystem::path& path,
                                                      std::string name,
                                                      const ReadLimits& limits = {}) {
  InspectedPicture out;
  out.name = std::move(name);
  try {
    const Picture picture = read_picture(path, limits, &out.facts);
    out.width = picture.width;
    out.height = picture.height;
    ContentHash content;
    content.update(&picture.width, sizeof picture.width);
    content.update(picture.pixels.data(), picture.pixels.size());
    out.content = content.hex();
    out.thumbnail = Thumbnail(picture);
    out.hash = perceptual_hash(out.thumbnail);
    out.statistics = picture_statistics(picture);
  } catch (const IoError& bad) {
    out.problem = bad.what();
    if (out.problem.starts_with(path.string() + ": "))
      out.problem.erase(0, path.string().size() + 2);
  }
  return out;
}

namespace detail {

/// Files that training does not see.
inline void list_unseen(const std::filesystem::path& root, InspectedFolder& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(root, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto name = entry->path().lexically_relative(root).generic_string();
    std::error_code broken;
    const bool is_folder = entry->is_directory(broken), is_file = entry->is_regular_file(broken);
    if (entry->path().filename().native().starts_with('.')) {
      entry.disable_recursion_pending();
      folder.hidden.push_back(name);
    } else if (entry->is_symlink(broken) && !is_file) {
      folder.links.push_back(name);
    } else if (!is_folder && !has_picture_name(entry->path())) {
      folder.ignored.push_back(name);
    }
  }
  for (auto* list : {&folder.hidden, &folder.links, &folder.ignored})
    std::sort(list->begin(), list->end());
}

inline InspectedFolder list_folder(const std::filesystem::path& root, std::string name) {
  InspectedFolder folder;
  folder.name = std::move(name);
  list_unseen(root, folder);
  try {
    const ImageFolder listed(root);
    folder.pictures.resize(listed.names().size());
    for (std::size_t i = 0; i < folder.pictures.size(); ++i)
      folder.pictures[i].name = listed.names()[i];
  } catch (const IoError& none) {
    const std::string what = none.what(), path = root.string() + ": ";
    folder.problem = what.substr(path.size(), what.find("; a data set") - path.size());
  }
  return folder;
}

/// f(i) for i < count, by so many threads. What f throws first is thrown when all have ended.
template <class F>
void for_each_by_threads(Index count, int threads, F&& f) {
  std::atomic<Index> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (Index i = next++; i < count; i = next++) f(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  {
    std::vector<std::jthread> workers;
    for (Index t = 1; t < std::min<Index>(threads, count); ++t) workers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace detail

/// Reads all pictures of DATA/trainA, trainB, testA, testB. The result does not depend on the
/// number of threads. Throws IoError where DATA is no folder.
[[nodiscard]] inline Inspection inspect_data(const std::filesystem::path& data,
                                             const InspectOptions& options = {}) {
  std::error_code error;
  if (!std::filesystem::is_directory(data, error))
    throw IoError(data.string() + ": " + (error ? error.message() : "it is not a folder") +
                  "; a data set is a folder with trainA, trainB, testA and testB");
  Inspection out;
  out.data = data;
  std::vector<std::pair<std::size_t, std::size_t>> jobs;
  constexpr std::array<const char*, 4> names{"trainA", "trainB", "testA", "testB"};
  for (std::size_t f = 0; f < names.size(); ++f) {
    out.folders[f] = detail::list_folder(data / names[f], names[f]);
    for (std::size_t i = 0; i < out.folders[f].pictures.size(); ++i) jobs.emplace_back(f, i);
  }
  const int processors = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
  const auto all = static_cast<Index>(jobs.size());
  std::mutex mutex;
  Index done = 0;
  detail::for_each_by_threads(
      all, options.threads > 0 ? options.threads : processors, [&](Index j) {
        const auto [f, i] = jobs[static_cast<std::size_t>(j)];
        auto& picture = out.folders[f].pictures[i];
        picture = inspect_picture(data / names[f] / picture.name, picture.name, options.limits);
        if (!options.on_progress) return;
        const std::lock_guard lock(mutex);
        options.on_progress(++done, all);
      });
  return out;
}

}  // namespace limn::inline v0
