// SPDX-License-Identifier: MIT
// What a training learns from: the batches of any step in any order, who these data are, and the
// pictures that its sheets show. With limn::trainer folders are opened there, else where this is
// included.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

namespace detail {
// Templates so that they can be compiled elsewhere; their argument means nothing.
template <class = void>
[[nodiscard]] DataSource open_unpaired_folders(const std::filesystem::path& data, Index size,
                                               Index batch, Fit fit, const Messages& say);
template <class = void>
[[nodiscard]] DataSource open_picture_folder(const std::filesystem::path& data, Index size,
                                             Index batch, Fit fit, const Messages& say);
}  // namespace detail

/// A picture of a file as a network of this size sees it.
[[nodiscard]] inline std::vector<float> read_values(const std::filesystem::path& path, Index size,
                                                    Fit fit) {
  return to_floats(fit_picture(read_picture(path), size, fit));
}

/// data/trainA and data/trainB, which are no pairs, mirrored and cropped at random; testA and testB
/// are shown where they are. Pictures that cannot be read are told, and skipped. Throws IoError
/// where a folder is missing or empty.
[[nodiscard]] inline DataSource unpaired_folders(const std::filesystem::path& data, Index size,
                                                 Index batch, Fit fit, const Messages& say) {
  return detail::open_unpaired_folders(data, size, batch, fit, say);
}

/// Pictures in memory, (S,S,C) each in [-1, 1], mirrored with probability 1/2. Each epoch has its
/// own order. `b` may be empty: one domain.
[[nodiscard]] inline std::function<Batches(std::uint64_t, std::int64_t)> batches_in_memory(
    std::vector<std::vector<float>> a, std::vector<std::vector<float>> b, const Shape& shape) {
  using Pictures = std::vector<std::vector<float>>;
  const auto all =
      std::make_shared<const std::pair<Pictures, Pictures>>(std::move(a), std::move(b));
  return [all, shape](std::uint64_t seed, std::int64_t done) -> Batches {
    const auto fill = [=](const Pictures& pictures, int domain, std::int64_t step,
                          std::vector<float>& out) {
      const auto n = static_cast<std::uint64_t>(pictures.size());
      for (Index i = 0; i < shape.n; ++i) {
        const auto k = static_cast<std::uint64_t>(step * shape.n + i);
        const auto& picture =
            pictures[epoch_order(seed, domain, k / n, static_cast<Index>(n))[k % n]];
        const bool flip = draw_augmentation(seed, domain, k).flip;
        for (Index y = 0; y < shape.h; ++y)
          for (Index x = 0; x < shape.w; ++x) {
            const Index from = (y * shape.w + (flip ? shape.w - 1 - x : x)) * shape.c;
            const auto first = picture.begin() + from;
            out.insert(out.end(), first, first + shape.c);
          }
      }
    };
    return [all, shape, fill, step = done]() mutable {
      UnpairedBatch batch{step, shape, {}, {}};
      fill(all->first, 0, step, batch.a);
      if (!all->second.empty()) fill(all->second, 1, step, batch.b);
      ++step;
      return batch;
    };
  };
}

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
[[nodiscard]] inline DataSource picture_folder(const std::filesystem::path& data, Index size,
                                               Index batch, Fit fit, const Messages& say) {
  return detail::open_picture_folder(data, size, batch, fit, say);
}

}  // namespace limn::inline v0

#if defined(LIMN_USE_TRAINER)
namespace limn::inline v0 {
extern template DataSource detail::open_unpaired_folders<void>(const std::filesystem::path&, Index,
                                                               Index, Fit, const Messages&);
extern template DataSource detail::open_picture_folder<void>(const std::filesystem::path&, Index,
                                                             Index, Fit, const Messages&);
}  // namespace limn::inline v0
#else
#include "limn/train/data_source_here.hpp"
#endif
