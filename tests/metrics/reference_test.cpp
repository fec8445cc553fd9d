// SPDX-License-Identifier: MIT
// The metrics against scikit-image, numpy and scipy: reference.safetensors, made by
// make_reference.py.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "../io/scratch_folder.hpp"
#include "limn/core/random.hpp"
#include "limn/io/safetensors.hpp"
#include "limn/metrics/feature_file.hpp"
#include "limn/metrics/frechet_distance.hpp"
#include "limn/metrics/kernel_distance.hpp"
#include "limn/metrics/ssim.hpp"

using namespace limn;

namespace {

struct Reference {
  SafetensorsFile file{std::filesystem::path(__FILE__).parent_path() / "reference.safetensors"};

  double value(const std::string& name) const { return file.read<double>(name).at(0); }
  Picture picture(const std::string& name) const {
    Picture p;
    p.height = file.info(name).shape[0];
    p.width = file.info(name).shape[1];
    p.pixels = file.read<std::uint8_t>(name);
    return p;
  }
  Features features(const std::string& name) const {
    return {file.info(name).shape[0], file.info(name).shape[1], file.read<double>(name)};
  }
};

/// To 1e-6 of the value, or of 1 where that is more.
bool near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(1.0, std::abs(b)); }

/// n rows of normal numbers with this mean.
Features normals(Index n, Index width, double mean, std::uint64_t seed) {
  Features f;
  for (Index i = 0; i < n; ++i) {
    std::vector<double> row;
    for (Index k = 0; k < width; ++k)
      row.push_back(mean + Philox{seed, 7}.normal(static_cast<std::uint64_t>(i * width + k)));
    f.append(std::span<const double>(row));
  }
  return f;
}

}  // namespace

TEST_CASE("L1, PSNR and SSIM are scikit-image's") {
  const Reference r;
  for (const std::string name : {"square", "wide", "smallest"}) {
    CAPTURE(name);
    const Picture a = r.picture(name + ".a"), b = r.picture(name + ".b");
    CHECK(near(mean_absolute_error(a, b), r.value(name + ".l1")));
    CHECK(near(peak_signal_noise_ratio(a, b), r.value(name + ".psnr")));
    CHECK(near(structural_similarity(a, b), r.value(name + ".ssim")));
    CHECK(near(structural_similarity(b, a), r.value(name + ".ssim")));
    CHECK(structural_similarity(a, a) == doctest::Approx(1).epsilon(1e-12));
    CHECK(mean_absolute_error(a, a) == 0);
    CHECK(peak_signal_noise_ratio(a, a) > 1e300);
    if (name == "smallest") continue;
    CHECK(near(structural_similarity(a, b, SsimOptions::wang()), r.value(name + ".ssim_wang")));
    const SsimOptions nine{.size = 9, .sample_covariance = false};
    CHECK(near(structural_similarity(a, b, nine), r.value(name + ".ssim_9_biased")));
    CHECK(std::abs(r.value(name + ".ssim_9_biased") - r.value(name + ".ssim")) > 1e-4);

    // the same values as floats in another range
    std::vector<float> fa, fb;
    for (const auto v : a.pixels) fa.push_back(static_cast<float>(v) / 255);
    for (const auto v : b.pixels) fb.push_back(static_cast<float>(v) / 255);
    SsimOptions unit;
    unit.data_range = 1;
    const std::span<const float> sa(fa), sb(fb);
    CHECK(near(structural_similarity(sa, sb, a.height, a.width, 3, unit), r.value(name + ".ssim")));
    CHECK(near(peak_signal_noise_ratio(sa, sb, 1), r.value(name + ".psnr")));
    CHECK(near(mean_absolute_error(sa, sb, 1), r.value(name + ".l1")));
  }
}

TEST_CASE("pictures that are no pair, and windows that do not fit, are said") {
  const Picture a(8, 8), b(8, 9), small(6, 20);
  for (const auto& message : {message_of<ShapeError>([&] { (void)mean_absolute_error(a, b); }),
                              message_of<ShapeError>([&] { (void)peak_signal_noise_ratio(a, b); }),
                              message_of<ShapeError>([&] { (void)structural_similarity(a, b); })})
    CHECK(contains(message, "8x8 and 8x9"));
  CHECK(contains(message_of<ShapeError>([&] { (void)mean_absolute_error(Picture(), Picture()); }),
                 "one pixel"));
  CHECK(contains(message_of<ShapeError>([&] { (void)structural_similarity(small, small); }),
                 "6x20 are smaller than its window of 7"));
  SsimOptions even;
  even.size = 8;
  CHECK(contains(message_of<ShapeError>([&] { (void)structural_similarity(a, a, even); }), "odd"));
}

TEST_CASE("KID and FID, and their jackknives, are those of the formulas in Python") {
  const Reference r;
  for (const std::string name : {"many", "few", "between"}) {
    CAPTURE(name);
    const Features x = r.features(name + ".x"), y = r.features(name + ".y");
    const Estimate kid = kernel_distance(x, y), fid = frechet_distance(x, y);
    CHECK(near(kid.value, r.value(name + ".kid")));
    CHECK(near(kid.error, r.value(name + ".kid_error")));
    CHECK(near(fid.value, r.value(name + ".fid")));
    CHECK(near(fid.error, r.value(name + ".fid_error")));
    CHECK(frechet_distance(x, y, 0).error == 0);
    CHECK(near(frechet_distance(x, x, 0).value, 0));
    CHECK(kid.low() < kid.value);
    CHECK(near(kid.high() - kid.value, 1.959963984540054 * kid.error));
  }
}

TEST_CASE("the interval of KID holds 0 for one distribution, and not for two") {
  int holds = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Features x = normals(40, 8, 0, 2 * seed), y = normals(50, 8, 0, 2 * seed + 1);
    const Estimate kid = kernel_distance(x, y);
    holds += kid.low() <= 0 && kid.high() >= 0;
  }
  CHECK(holds >= 34);  // 38 of 40 on average
  CHECK(kernel_distance(normals(40, 8, 0, 1), normals(50, 8, 1, 2)).low() > 0);
  CHECK(kernel_distance(normals(40, 8, 0, 1), normals(50, 8, 1, 2)).value <
        kernel_distance(normals(40, 8, 0, 1), normals(50, 8, 2, 2)).value);
}

TEST_CASE("progress of FID, and features that cannot be compared") {
  const Features x = normals(20, 4, 0, 1), y = normals(5, 4, 0, 2);
  std::vector<Index> seen;
  (void)frechet_distance(x, y, 10, [&](Index done, Index all) {
    CHECK(all == 1 + 10 + 5);
    seen.push_back(done);
  });
  CHECK(seen.size() == 16);
  CHECK(seen.back() == 16);
  CHECK_THROWS_AS((void)frechet_distance(x, y, 1), ShapeError);
  CHECK(contains(message_of<ShapeError>([&] { (void)kernel_distance(x, normals(5, 3, 0, 2)); }),
                 "features of 4 and of 3 numbers"));
  CHECK(contains(message_of<ShapeError>([&] { (void)kernel_distance(x, normals(2, 4, 0, 2)); }),
                 "2 pictures are too few"));
  Features spoiled = x;
  spoiled.values[3] = std::nan("");
  CHECK_THROWS_AS((void)frechet_distance(spoiled, y), NumericError);
  const std::vector<float> three(3);
  CHECK_THROWS_AS(spoiled.append(std::span(three)), ShapeError);
}

TEST_CASE("files of features: one tensor of two extents, or a sentence") {
  const ScratchFolder folder;
  const auto write = [&](const std::string& name, const std::vector<Index>& shape, double last,
                         int tensors = 1) {
    SafetensorsWriter writer(folder / name);
    std::vector<double> values(24, 0.5);
    values.back() = last;
    for (int i = 0; i < tensors; ++i)
      writer.declare("t" + std::to_string(i), StorageType::f64, shape);
    for (int i = 0; i < tensors; ++i) writer.append("t" + std::to_string(i), values.data());
    writer.finish();
    return folder / name;
  };
  const Features f = read_features(write("good", {6, 4}, 2));
  CHECK(f.count == 6);
  CHECK(f.row(5)[3] == 2);
  const auto said = [&](const std::filesystem::path& path) {
    return message_of<IoError>([&] { (void)read_features(path); });
  };
  CHECK(contains(said(write("two", {6, 4}, 2, 2)), "has 2 tensors"));
  CHECK(contains(said(write("flat", {24}, 2)), "has shape [24]"));
  CHECK(contains(said(write("few", {2, 12}, 2)), "too little"));
  CHECK(contains(said(write("none", {24, 0}, 2)), "too little"));
  CHECK(contains(said(write("nan", {6, 4}, std::nan(""))), "number 3 of picture 5 is not finite"));
  CHECK(contains(said(folder / "absent"), "absent"));
  CHECK(contains(said(folder.file("text", "this is no such file")), "not a valid safetensors"));
  SafetensorsWriter whole(folder / "whole");
  whole.declare("t", StorageType::i32, {3, 1});
  const std::int32_t numbers[3] = {1, 2, 3};
  whole.append("t", numbers);
  whole.finish();
  CHECK(contains(said(folder / "whole"), "is stored as I32"));
}
