// SPDX-License-Identifier: MIT
// What a training learns from: the batches of any step in any order, who these data are, and the
// pictures that its sheets show.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "limn/core/config.hpp"
#include "limn/data/augment.hpp"
#include "limn/data/permutation.hpp"
#include "limn/data/sheet_pictures.hpp"
#include "limn/io/read_picture.hpp"
#include "limn/train/data_identity.hpp"
#include "limn/train/unpaired_batches.hpp"

namespace limn::inline v0 {

/// A fixed picture of a sheet, (S,S,C) in [-1, 1].
struct ShownPicture {
  std::string name;           ///< path inside of its folder
  std::vector<float> values;  ///< NHWC: rows of pixels of channels
};

/// What a training learns from and shows.
struct DataSource {
  std::string what;         ///< "134 pictures of A, 134 of B"
  Metadata identity;        ///< another data set, other entries; see data_identity
  Shape batch;              ///< of each domain
  bool two_domains = true;  ///< else pictures of B are empty
  /// Batches after step `done`; a pure function of (seed, step).
  std::function<Batches(std::uint64_t seed, std::int64_t done)> batches;
  /// Pictures of A and of B that sheets show.
  std::vector<ShownPicture> shown_a{}, shown_b{};
};

/// Pictures of data/testDOMAIN, or trainDOMAIN, for sheets, as `read(path)` gives their values.
/// Throws IoError where there are none.
template <class Read>
[[nodiscard]] std::vector<ShownPicture> shown_pictures(const std::filesystem::path& data,
                                                       const std::string& domain,
                                                       const Messages& say, Read&& read) {
  return sheet_pictures(data, domain, say, [&](const std::string& name, const auto& path) {
    return ShownPicture{name, read(path)};
  });
}

/// All pictures of data/testDOMAIN, as `read(path)` gives their values. What cannot be read is told
/// and left out; that there are none is told.
template <class Read>
[[nodiscard]] std::vector<ShownPicture> test_pictures(const std::filesystem::path& data,
                                                      const std::string& domain,
                                                      const Messages& say, Read&& read) {
  try {
    const ImageFolder folder(data / ("test" + domain));
    return spread_pictures(folder, folder.size(), "; left out", say,
                           [&](const std::string& name, const auto& path) {
                             return ShownPicture{name, read(path)};
                           });
  } catch (const IoError& none) {
    if (say) say(none.what());
    return {};
  }
}

/// A picture of a file as a network of this size sees it.
[[nodiscard]] LIMN_TRAINER_FUNCTION std::vector<float> read_values(
    const std::filesystem::path& path, Index size, Fit fit);

/// data/trainA and data/trainB, which are no pairs, mirrored and cropped at random; testA and testB
/// are shown where they are. Pictures that cannot be read are told, and skipped. Throws IoError
/// where a folder is missing or empty.
[[nodiscard]] LIMN_TRAINER_FUNCTION DataSource unpaired_folders(const std::filesystem::path& data,
                                                                Index size, Index batch, Fit fit,
                                                                const Messages& say);

/// Pictures in memory, (S,S,C) each in [-1, 1], mirrored with probability 1/2. Each epoch has its
/// own order. `b` may be empty: one domain.
[[nodiscard]] LIMN_TRAINER_FUNCTION std::function<Batches(std::uint64_t, std::int64_t)>
batches_in_memory(std::vector<std::vector<float>> a, std::vector<std::vector<float>> b,
                  const Shape& shape);

/// All pictures of a folder as `read(path)` gives their values. What cannot be read is told and
/// left out. Throws IoError where nothing can be read.
template <class Read>
[[nodiscard]] std::vector<std::vector<float>> all_pictures(const ImageFolder& folder,
                                                           const Messages& say, Read&& read) {
  std::vector<std::vector<float>> pictures;
  for (auto& values :
       spread_pictures(folder, folder.size(), "; left out", say,
                       [&](const std::string& /*name*/, const auto& path) { return read(path); }))
    pictures.push_back(std::move(values));
  if (pictures.empty())
    throw IoError(folder.root().string() + ": none of its pictures can be read");
  return pictures;
}

/// One folder of pictures, held in memory: what a network learns to make.
[[nodiscard]] LIMN_TRAINER_FUNCTION DataSource picture_folder(const std::filesystem::path& data,
                                                              Index size, Index batch, Fit fit,
                                                              const Messages& say);

}  // namespace limn::inline v0

#if !defined(LIMN_USE_TRAINER)
#include "limn/train/data_source_here.hpp"
#endif
