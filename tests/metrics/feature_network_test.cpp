// SPDX-License-Identifier: MIT
// The feature network that ships with limn: it tells what it must, the same everywhere, and files
// that are no such network are refused.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "../../examples/common/sanity_table.hpp"
#include "../io/scratch_folder.hpp"
#include "limn/metrics/feature_extractor.hpp"

using namespace limn;

namespace {

std::vector<Picture> pictures(const std::string& folder) {
  const ImageFolder files(
      std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() /
      "examples/data/emoji2cartoon" / folder);
  std::vector<Picture> out;
  for (Index i = 0; i < files.size(); ++i) out.push_back(read_picture(files.path(i)));
  return out;
}

}  // namespace

TEST_CASE("halves of one domain score near 0, another domain and spoiled pictures worse") {
  FeatureExtractor extractor;
  const auto rows =
      example::sanity_table(pictures("trainA"), pictures("trainB"), std::ref(extractor));
  REQUIRE(rows.size() == 2 + 3 * std::size(example::sanity_strengths));
  for (const auto& row : rows)
    MESSAGE(row.what << ": KID x 1000 " << 1000 * row.kid.value << " (" << 1000 * row.kid.low()
                     << " to " << 1000 * row.kid.high() << "), FID " << row.fid.value);
  const auto &half = rows[0], &other = rows[1];
  // below 0 by more than chance: the halves share near-duplicates, people in several skin tones
  CHECK(5 * std::abs(half.kid.value) < other.kid.low());
  CHECK(other.kid.low() > half.kid.high());
  CHECK(other.fid.low() > half.fid.high());
  for (std::size_t i = 2; i < rows.size(); ++i) {
    CAPTURE(rows[i].what);
    const bool first = (i - 2) % std::size(example::sanity_strengths) == 0;
    CHECK(rows[i].kid.value > (first ? half : rows[i - 1]).kid.value);
    CHECK(rows[i].fid.value > (first ? half : rows[i - 1]).fid.value);
  }
}

TEST_CASE("features are of one length, depend on the picture alone, and are these") {
  FeatureExtractor extractor;
  Picture picture(80, 50);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>(i * 7 % 251);
  const auto features = extractor(picture);
  REQUIRE(features.size() == 128);
  double squares = 0;
  for (const float v : features) squares += static_cast<double>(v) * v;
  CHECK(squares == doctest::Approx(128).epsilon(1e-5));
  (void)extractor(Picture(64, 64, 0));
  CHECK((extractor(picture) == features));
  CHECK(extractor.name() == "limn's own small network");
  CHECK_THROWS_AS((void)extractor(Picture()), ShapeError);
}

TEST_CASE("a network from a file, and files that are none") {
  const ScratchFolder folder;
  const auto write = [&](const std::string& name, const std::string& kind, bool whole) {
    Cpu device({.threads = 1});
    FeatureNetwork<Cpu, float> network;
    ParameterSet<Cpu, float> set(device);
    set.add("features", network).allocate(false);
    set.initialize(3);
    std::vector<StateTensor> tensors;
    for (const auto* p : set.parameters()) tensors.push_back(state_tensor(p->name, p->value));
    if (!whole) tensors.pop_back();
    write_state(folder / name, {{"kind", kind}}, tensors);
    return folder / name;
  };
  FeatureExtractor own, other(write("other", features_kind, true));
  const Picture picture(70, 70, 90);
  CHECK(other.name() == "other");
  CHECK(other(picture).size() == 128);
  CHECK((other(picture) != own(picture)));
  const auto said = [](const std::filesystem::path& path) {
    return message_of<IoError>([&] { const FeatureExtractor none(path); });
  };
  CHECK(contains(said(write("part", features_kind, false)), "'features.scale' is missing"));
  CHECK(contains(said(write("model", "ugatit training", true)), "is of kind 'ugatit training'"));
  CHECK(contains(said(folder / "absent"), "absent"));
  CHECK(contains(said(folder.file("text", "nothing")), "not a valid safetensors file"));
}
