// SPDX-License-Identifier: MIT
// Pictures, from a folder or made by a model, against the pictures of a folder: as sets, by
// features, and in pairs, where names pair up.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "limn/data/fit.hpp"
#include "limn/data/image_folder.hpp"
#include "limn/io/read_picture.hpp"
#include "limn/metrics/features.hpp"
#include "limn/metrics/frechet_distance.hpp"
#include "limn/metrics/kernel_distance.hpp"
#include "limn/metrics/scores.hpp"
#include "limn/metrics/ssim.hpp"

namespace limn::inline v0 {

/// What an extractor says of a picture: FeatureExtractor, or any other.
using PictureFeatures = std::function<std::vector<float>(const Picture&)>;

/// A picture's name without its extension: "me.jpg" and "me.png" are a pair.
[[nodiscard]] inline std::string pair_name(const std::string& name) {
  return std::filesystem::path(name).replace_extension().generic_string();
}

/// How pictures are compared.
struct EvaluationOptions {
  Index size = 128;       ///< pictures are compared as squares of this side, of at least 11 pixels
  Fit fit = Fit::squash;  ///< how they become squares
  SsimOptions ssim{};     ///< for 8-bit pictures
  Index fid_parts = 10;   ///< of the jackknife of FID; 0: no interval
};

/// Told how far an evaluation is.
using EvaluationProgress = std::function<void(const std::string& what, Index done, Index all)>;

/// Compares with the pictures of one folder, whose features are made once. One caller at a time.
class Evaluation {
 public:
  /// `message` is told of pictures that cannot be read, in a sentence. Throws UsageError for a size
  /// that is too small.
  Evaluation(ImageFolder real, EvaluationOptions options, PictureFeatures features,
             std::function<void(const std::string&)> message = {})
      : real_(std::move(real)),
        options_(options),
        extract_(std::move(features)),
        message_(std::move(message)) {
    if (options_.size < 11 || options_.size > 65536)
      throw UsageError("size " + std::to_string(options_.size) +
                       " does not work for an evaluation; take 11 to 65536");
    for (Index i = 0; i < real_.size(); ++i)
      by_name_.emplace(pair_name(real_.names()[static_cast<std::size_t>(i)]), i);
  }

  /// How many of these names pair up with one of the folder.
  [[nodiscard]] Index pairs(const std::vector<std::string>& names) const {
    Index count = 0;
    for (const auto& name : names) count += by_name_.contains(pair_name(name)) ? 1 : 0;
    return count;
  }

  /// Scores of pictures that `make` gives by their number in `names`, of any extents; those for
  /// which it throws IoError are told of and left out. Throws what it throws else.
  [[nodiscard]] PictureScores score(const std::vector<std::string>& names,
                                    const std::function<Picture(Index)>& make,
                                    const EvaluationProgress& progress = {}) {
    const auto tell = [&](const char* what, Index done, Index all) {
      if (progress) progress(what, done, all);
    };
    const auto all = static_cast<Index>(names.size());
    Features fake;
    std::vector<double> l1, psnr, ssim;
    PictureScores scores;
    for (Index i = 0; i < all; ++i) {
      tell("pictures", i + 1, all);
      const auto picture = fitted([&] { return make(i); });
      if (!picture) continue;
      append(fake, *picture);
      const auto pair = by_name_.find(pair_name(names[static_cast<std::size_t>(i)]));
      if (pair == by_name_.end()) continue;
      const auto other = fitted([&] { return read_picture(real_.path(pair->second)); });
      if (!other) continue;
      l1.push_back(mean_absolute_error(*picture, *other));
      ssim.push_back(structural_similarity(*picture, *other, options_.ssim));
      if (*picture == *other)
        ++scores.equal_pairs;
      else
        psnr.push_back(peak_signal_noise_ratio(*picture, *other));
    }
    if (features_.count == 0) {
      Features made;
      for (Index i = 0; i < real_.size(); ++i) {
        tell("real pictures", i + 1, real_.size());
        if (const auto picture = fitted([&] { return read_picture(real_.path(i)); }))
          append(made, *picture);
      }
      features_ = std::move(made);
    }
    scores.real = features_.count;
    scores.fake = fake.count;
    scores.pairs = static_cast<Index>(l1.size());
    scores.l1 = detail::mean_estimate(l1);
    scores.psnr = detail::mean_estimate(psnr);
    scores.ssim = detail::mean_estimate(ssim);
    if (features_.count < 3 || fake.count < 3) return scores;
    scores.kid = kernel_distance(features_, fake);
    scores.fid = frechet_distance(features_, fake, options_.fid_parts,
                                  [&](Index done, Index parts) { tell("distances", done, parts); });
    return scores;
  }

 private:
  template <class F>
  [[nodiscard]] std::optional<Picture> fitted(F&& get) const {
    try {
      return fit_picture(get(), options_.size, options_.fit);
    } catch (const IoError& bad) {
      if (message_) message_(std::string(bad.what()) + "; left out of the scores");
      return std::nullopt;
    }
  }
  void append(Features& to, const Picture& picture) const {
    const auto numbers = extract_(picture);
    to.append(std::span<const float>(numbers));
  }

  ImageFolder real_;
  EvaluationOptions options_;
  PictureFeatures extract_;
  std::function<void(const std::string&)> message_;
  std::map<std::string, Index> by_name_;
  Features features_;  ///< of the folder
};

/// Scores of the pictures of a folder.
[[nodiscard]] inline PictureScores score_folder(Evaluation& evaluation, const ImageFolder& fake,
                                                const EvaluationProgress& progress = {}) {
  return evaluation.score(
      fake.names(), [&](Index i) { return read_picture(fake.path(i)); }, progress);
}

/// Scores of features that somebody made. Throws ShapeError, NumericError.
[[nodiscard]] inline PictureScores score_features(const Features& real, const Features& fake,
                                                  Index fid_parts = 10,
                                                  const EvaluationProgress& progress = {}) {
  PictureScores scores;
  scores.real = real.count;
  scores.fake = fake.count;
  scores.kid = kernel_distance(real, fake);
  scores.fid = frechet_distance(real, fake, fid_parts, [&](Index done, Index all) {
    if (progress) progress("distances", done, all);
  });
  return scores;
}

}  // namespace limn::inline v0
