// SPDX-License-Identifier: MIT
// What data_source.hpp declares.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "limn/train/data_source.hpp"
#include "limn/train/unpaired_batches.hpp"

namespace limn::inline v0 {

template <class Unused>
DataSource detail::open_unpaired_folders(const std::filesystem::path& data, Index size, Index batch,
                                         Fit fit, const Messages& say) {
  const ImageFolder a(data / "trainA"), b(data / "trainB");
  DataSource source;
  source.what = std::to_string(a.size()) + " pictures of A, " + std::to_string(b.size()) + " of B";
  source.identity = data_identity(a, b);
  source.batch = {batch, size, size, 3};
  source.batches = unpaired_batches(
      {.folder_a = a.root(), .folder_b = b.root(), .size = size, .batch = batch, .fit = fit}, say);
  const auto read = [=](const auto& path) { return read_values(path, size, fit); };
  source.shown_a = shown_pictures(data, "A", say, read);
  source.shown_b = shown_pictures(data, "B", say, read);
  return source;
}

template <class Unused>
DataSource detail::open_picture_folder(const std::filesystem::path& data, Index size, Index batch,
                                       Fit fit, const Messages& say) {
  const ImageFolder folder(data);
  DataSource source;
  auto pictures =
      all_pictures(folder, say, [=](const auto& path) { return read_values(path, size, fit); });
  source.what = std::to_string(pictures.size()) + " pictures";
  source.identity = folder_identity(folder, "pictures");
  source.batch = {batch, size, size, 3};
  source.two_domains = false;
  source.batches = batches_in_memory(std::move(pictures), {}, source.batch);
  return source;
}

}  // namespace limn::inline v0
