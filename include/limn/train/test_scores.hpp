// SPDX-License-Identifier: MIT
// How a model in training does on pictures that it does not learn from: all of DATA/testA,
// translated, against those of DATA/testB.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "limn/metrics/evaluation.hpp"
#include "limn/train/best.hpp"
#include "limn/train/events.hpp"
#include "limn/train/trainable.hpp"

namespace limn::inline v0 {

/// Scores test pictures; those of testB are looked at once. One caller at a time.
class TestScores {
 public:
  /// `size`, `fit`: of the model. `message` is told of test pictures that cannot be read. Throws
  /// UsageError where there are too few test pictures for scores, or, for ssim and l1, no pairs.
  TestScores(const std::filesystem::path& data, Index size, Fit fit, BestBy by,
             PictureFeatures features, std::function<void(const std::string&)> message = {})
      : inputs_(folder(data / "testA")),
        size_(size),
        fit_(fit),
        evaluation_(folder(data / "testB"), {size, fit, {}, 0}, std::move(features),
                    [this](const std::string& text) {
                      if (unread_++ == 0) first_unread_ = text;
                    }),
        message_(std::move(message)) {
    if (by != BestBy::kid && evaluation_.pairs(inputs_.names()) == 0)
      throw UsageError(std::string("best-by ") + to_string(by) + " needs pairs: no picture of " +
                       (data / "testA").string() + " has the name of one of testB; take kid");
  }
  TestScores(const TestScores&) = delete;
  TestScores& operator=(const TestScores&) = delete;

  /// After this many steps. Changes nothing that training depends on.
  [[nodiscard]] Scores operator()(Trainable& model, std::int64_t step) {
    unread_ = 0;
    const PictureScores scores = evaluation_.score(inputs_.names(), [&](Index i) {
      return model.translate(fit_picture(read_picture(inputs_.path(i)), size_, fit_));
    });
    if (unread_ > 0 && message_)
      message_(first_unread_ +
               (unread_ > 1 ? ", and " + std::to_string(unread_ - 1) + " more of the test pictures"
                            : std::string()));
    return {step, scores.values()};
  }

 private:
  [[nodiscard]] static ImageFolder folder(const std::filesystem::path& path) {
    const auto fail = [&](const std::string& what) {
      return UsageError("evaluate-every needs test pictures: " + what);
    };
    try {
      ImageFolder folder(path);
      if (folder.size() >= 3) return folder;
      throw fail(path.string() + " has " + std::to_string(folder.size()) + ", and 3 are the least");
    } catch (const IoError& error) {
      throw fail(error.what());
    }
  }

  ImageFolder inputs_;
  Index size_;
  Fit fit_;
  Evaluation evaluation_;
  std::function<void(const std::string&)> message_;
  Index unread_ = 0;
  std::string first_unread_;
};

/// Test pictures scored on the features of an extractor, which is made when it is needed.
[[nodiscard]] inline OpenScorer test_scores(std::function<PictureFeatures()> extractor) {
  return [extractor = std::move(extractor)](const std::filesystem::path& data, Index size, Fit fit,
                                            BestBy by,
                                            std::function<void(const std::string&)> message) {
    auto scores =
        std::make_shared<TestScores>(data, size, fit, by, extractor(), std::move(message));
    return [scores](Trainable& model, std::int64_t step) { return (*scores)(model, step); };
  };
}

}  // namespace limn::inline v0
