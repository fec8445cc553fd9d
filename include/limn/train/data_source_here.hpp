// SPDX-License-Identifier: MIT
// What data_source.hpp declares.
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
#include "limn/io/read_picture.hpp"
#include "limn/train/data_source.hpp"
#include "limn/train/unpaired_batches.hpp"

namespace limn::inline v0 {

LIMN_TRAINER_FUNCTION DataSource unpaired_folders(const std::filesystem::path& data, Index size,
                                                  Index batch, Fit fit, const Messages& say) {
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

LIMN_TRAINER_FUNCTION std::function<Batches(std::uint64_t, std::int64_t)> batches_in_memory(
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

LIMN_TRAINER_FUNCTION DataSource picture_folder(const std::filesystem::path& data, Index size,
                                                Index batch, Fit fit, const Messages& say) {
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

LIMN_TRAINER_FUNCTION std::vector<float> read_values(const std::filesystem::path& path, Index size,
                                                     Fit fit) {
  return to_floats(fit_picture(read_picture(path), size, fit));
}

}  // namespace limn::inline v0
