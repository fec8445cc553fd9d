// SPDX-License-Identifier: MIT
// Folders and made pictures against a folder: what pairs up, what is left out, what is told. And
// which of several scores is the best.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/core/random.hpp"
#include "limn/io/write_picture.hpp"
#include "limn/metrics/evaluation.hpp"
#include "limn/train/best.hpp"

using namespace limn;

namespace {

/// Blocks of 4 x 4 pixels of colours that depend on the number.
Picture blocks(Index width, Index height, std::uint64_t number) {
  Picture p(width, height);
  for (Index y = 0; y < height; ++y)
    for (Index x = 0; x < width; ++x)
      for (Index c = 0; c < 3; ++c)
        p.at(x, y)[c] = static_cast<std::uint8_t>(
            255 *
            Philox{number, 3}.uniform(static_cast<std::uint64_t>(y / 4 * 99 + x / 4 * 3 + c)));
  return p;
}

/// Mean colours as features: what an extractor is does not matter here.
std::vector<float> mean_colours(const Picture& p) {
  std::vector<float> sum(3);
  for (std::size_t i = 0; i < p.pixels.size(); ++i)
    sum[i % 3] += static_cast<float>(p.pixels[i]) / 255 / static_cast<float>(p.width * p.height);
  return sum;
}

struct Folders {
  ScratchFolder folder;
  Folders() {
    for (int i = 0; i < 6; ++i) {
      put("real/p" + std::to_string(i) + ".png", i);
      put("fake/p" + std::to_string(i) + ".bmp", i < 2 ? i : 50 + i);
    }
    put("fake/sub/q.png", 70);
  }
  void put(const std::string& name, int number) const {
    std::filesystem::create_directories((folder / name).parent_path());
    write_picture(folder / name, blocks(24, 20, static_cast<std::uint64_t>(number)));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Folders, "a folder against a folder: sets, and pairs by name") {
  std::vector<std::string> told, steps;
  Evaluation evaluation(ImageFolder(folder / "real"), {.size = 24}, mean_colours,
                        [&](const std::string& text) { told.push_back(text); });
  const ImageFolder fake(folder / "fake");
  CHECK(evaluation.pairs(fake.names()) == 6);
  const auto scores =
      score_folder(evaluation, fake, [&](const std::string& what, Index done, Index all) {
        steps.push_back(what + std::to_string(done) + "/" + std::to_string(all));
      });
  CHECK(told.empty());
  CHECK(scores.real == 6);
  CHECK(scores.fake == 7);
  CHECK(scores.pairs == 6);
  CHECK(scores.equal_pairs == 2);
  REQUIRE(scores.kid);
  REQUIRE(scores.psnr);
  CHECK(scores.psnr->value < 30);  // the equal ones are left out: no infinity
  CHECK(scores.l1->error > 0);
  CHECK(scores.ssim->value > 2.0 / 6);  // two pairs of 1
  CHECK(scores.ssim->value < 0.9);
  CHECK(steps.front() == "pictures1/7");
  CHECK(scores.values().size() == 5);

  // the same as by hand
  Features real, made;
  for (const auto& [path, to] : {std::pair{folder / "real", &real}, {folder / "fake", &made}}) {
    const ImageFolder files(path);
    for (Index i = 0; i < files.size(); ++i) {
      const auto numbers = mean_colours(fit_picture(read_picture(files.path(i)), 24, Fit::squash));
      to->append(std::span<const float>(numbers));
    }
  }
  CHECK(scores.kid->value == kernel_distance(real, made).value);
  CHECK(scores.fid->value == frechet_distance(real, made).value);

  // itself, again with the same features of the folder
  const auto itself = score_folder(evaluation, ImageFolder(folder / "real"));
  CHECK(itself.equal_pairs == 6);
  CHECK(!itself.psnr);
  CHECK(itself.ssim->value == doctest::Approx(1));
  CHECK(itself.l1->value == 0);
}

TEST_CASE_FIXTURE(Folders,
                  "unreadable pictures are told of and left out; too few give no distance") {
  folder.file("fake/p3.bmp", "no picture");
  folder.file("real/p4.png", "no picture");
  std::vector<std::string> told;
  Evaluation evaluation(ImageFolder(folder / "real"), {.size = 16}, mean_colours,
                        [&](const std::string& text) { told.push_back(text); });
  const auto scores = score_folder(evaluation, ImageFolder(folder / "fake"));
  CHECK(scores.fake == 6);
  CHECK(scores.real == 5);
  CHECK(scores.pairs == 4);
  REQUIRE(told.size() == 3);  // p4 once as a pair, once as a picture of the folder
  CHECK(contains(told[0], "p3.bmp"));
  CHECK(contains(told[0], "left out of the scores"));

  const auto few = evaluation.score({"x.png", "y.png"}, [](Index) { return Picture(16, 16); });
  CHECK(!few.kid);
  CHECK(!few.ssim);
  CHECK(few.values().empty());
  CHECK_THROWS_AS(Evaluation(ImageFolder(folder / "real"), {.size = 8}, mean_colours), UsageError);
}

TEST_CASE("the best is strictly better, by the score that was asked for") {
  CHECK(parse_best_by("ssim") == BestBy::ssim);
  CHECK(contains(message_of<UsageError>([] { (void)parse_best_by("fid"); }), "kid, ssim, l1"));
  const Scores scores{7, {{"kid", 0.5}, {"l1", std::numeric_limits<double>::quiet_NaN()}}};
  CHECK(score_by(BestBy::kid, scores) == 0.5);
  CHECK(!score_by(BestBy::ssim, scores));
  CHECK(!score_by(BestBy::l1, scores));
  CHECK(is_best(BestBy::kid, 9, "", std::nullopt));
  CHECK(is_best(BestBy::kid, 0.4, "kid", 0.5));
  CHECK(!is_best(BestBy::kid, 0.5, "kid", 0.5));
  CHECK(is_best(BestBy::kid, -0.1, "kid", 0));
  CHECK(is_best(BestBy::ssim, 0.6, "ssim", 0.5));
  CHECK(!is_best(BestBy::ssim, 0.4, "ssim", 0.5));
  CHECK(!is_best(BestBy::l1, 0.6, "l1", 0.5));
  CHECK(is_best(BestBy::l1, 99, "kid", 0.5));  // another score: they cannot be compared
}
