// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <png.h>

#include <map>
#include <set>

#include "../io/picture_bytes.hpp"
#include "../io/scratch_folder.hpp"
#include "limn/data/data_report.hpp"
#include "limn/data/data_report_json.hpp"
#include "limn/io/write_picture.hpp"

using namespace limn;
namespace fs = std::filesystem;

namespace {

fs::path source_folder() { return fs::path(__FILE__).parent_path().parent_path().parent_path(); }
fs::path bundled() { return source_folder() / "examples" / "data" / "emoji2cartoon"; }

/// The i-th bundled picture of a folder.
fs::path bundled_picture(const std::string& folder, Index i) {
  return ImageFolder(bundled() / folder).path(i);
}

/// Pictures [first, first + count) of the bundled folder `from`, into a folder of `data`.
void copy_some(const ScratchFolder& data, const std::string& from, Index first, Index count,
               const std::string& to) {
  const ImageFolder folder(bundled() / from);
  fs::create_directories(data / to);
  for (Index i = first; i < first + count; ++i)
    fs::copy_file(folder.path(i), data / to / folder.names()[static_cast<std::size_t>(i)]);
}

DataFindings findings_in(const fs::path& data, Index size) {
  return find_in_data(inspect_data(data, {.threads = 2, .limits = {}, .on_progress = {}}),
                      {.size = size, .fit = Fit::squash});
}

/// The files of each kind of finding.
std::map<std::string, std::set<std::string>> files_by_kind(const DataFindings& found) {
  std::map<std::string, std::set<std::string>> out;
  for (const auto& finding : found.findings)
    for (const auto& one : finding.cases)
      out[finding.kind].insert(one.files.begin(), one.files.end());
  return out;
}

void write_transparent(const fs::path& path, const Picture& picture) {
  std::vector<std::uint8_t> rgba;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3) {
    rgba.insert(rgba.end(), picture.pixels.begin() + static_cast<std::ptrdiff_t>(i),
                picture.pixels.begin() + static_cast<std::ptrdiff_t>(i) + 3);
    rgba.push_back(i % 7 == 0 ? 200 : 255);
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGBA;
  REQUIRE(png_image_write_to_file(&image, path.c_str(), 0, rgba.data(), 0, nullptr) != 0);
}

/// "P5" or "P6", with `bytes` bytes per value.
std::string pnm(const Picture& picture, bool gray, int bytes) {
  std::string out = std::string(gray ? "P5 " : "P6 ") + std::to_string(picture.width) + " " +
                    std::to_string(picture.height) + (bytes == 2 ? " 65535\n" : " 255\n");
  for (std::size_t i = 0; i < picture.pixels.size(); i += gray ? 3 : 1)
    out.append(static_cast<std::size_t>(bytes), static_cast<char>(picture.pixels[i]));
  return out;
}

}  // namespace

TEST_CASE("inspection: every planted defect is named, by file and kind, and nothing else") {
  ScratchFolder data;
  copy_some(data, "trainA", 0, 40, "trainA");
  copy_some(data, "trainB", 0, 40, "trainB");
  copy_some(data, "testA", 0, 14, "testA");
  copy_some(data, "testB", 0, 14, "testB");
  const auto picture = [](Index i) { return read_picture(bundled_picture("trainA", i)); };
  const auto bytes = [](Index i) { return file_bytes(bundled_picture("trainA", i)); };

  std::map<std::string, std::set<std::string>> planted;
  const auto plant = [&](const std::string& kind, std::set<std::string> files) {
    planted[kind] = std::move(files);
  };
  data.file("trainA/half.png", bytes(60).substr(0, 700));
  plant("truncated", {"trainA/half.png"});
  data.file("trainA/letter.png", "Dear reader, this is a letter and no picture.");
  data.file("trainB/page.jpg", "<!DOCTYPE html><html>404</html>");
  plant("not-a-picture", {"trainA/letter.png", "trainB/page.jpg"});
  data.file("trainA/nothing.png", "");
  plant("empty-file", {"trainA/nothing.png"});
  data.file("trainA/no_end.bmp", "BM" + std::string(60, '\0'));
  plant("unreadable", {"trainA/no_end.bmp"});
  data.file("trainA/ink.jpg",
            file_bytes(source_folder() / "tests" / "fixtures" / "images" / "cmyk.jpg"));
  plant("cmyk", {"trainA/ink.jpg"});
  write_transparent(data / "trainA/glass.png", picture(62));
  plant("transparent", {"trainA/glass.png"});
  data.file("trainA/gray.pgm", pnm(picture(64), true, 1));
  plant("gray", {"trainA/gray.pgm"});
  data.file("trainA/deep.ppm", pnm(picture(66), false, 2));
  plant("sixteen-bit", {"trainA/deep.ppm"});
  write_jpeg(data / "upright.jpg", picture(68));
  data.file("trainA/lying.jpg", turned_jpeg(file_bytes(data / "upright.jpg"), 6));
  plant("rotated", {"trainA/lying.jpg"});
  data.file("trainA/moving.png", animated_png(bytes(70)));
  plant("animated", {"trainA/moving.png"});
  write_jpeg(data / "trainA/liar.jpg", picture(72));
  fs::rename(data / "trainA/liar.jpg", data / "trainA/liar.png");
  plant("wrong-name", {"trainA/liar.png"});
  write_png(data / "trainA/one.png", picture(74));
  write_bmp(data / "trainA/one_again.bmp", picture(74));
  plant("duplicate", {"trainA/one.png", "trainA/one_again.bmp"});
  write_png(data / "trainA/sharp.png", picture(76));
  write_jpeg(data / "trainA/soft.jpg", resize_picture(picture(76), 90, 90));
  plant("near-duplicate", {"trainA/sharp.png", "trainA/soft.jpg"});
  write_png(data / "trainA/known.png", picture(78));
  write_png(data / "testA/asked.png", picture(78));
  plant("train-test", {"trainA/known.png", "testA/asked.png"});
  write_png(data / "trainA/either.png", picture(80));
  write_png(data / "trainB/or.png", picture(80));
  plant("both-domains", {"trainA/either.png", "trainB/or.png"});
  write_png(data / "trainA/long.png", resize_picture(picture(82), 200, 60));
  plant("aspect-ratio", {"trainA/long.png"});
  write_png(data / "trainA/tiny.png", resize_picture(picture(84), 15, 15));
  plant("too-small", {"trainA/tiny.png"});
  write_png(data / "trainA/blank.png", Picture(64, 64, 131));
  plant("constant", {"trainA/blank.png"});
  auto dark = picture(86);
  for (auto& v : dark.pixels) v = static_cast<std::uint8_t>(v / 16);
  write_png(data / "trainA/night.png", dark);
  // the fixture in inks is far more colourful than a face
  plant("stands-apart", {"trainA/night.png", "trainA/ink.jpg"});
  data.file("trainA/.thumbnail.png", bytes(88));
  plant("hidden", {"trainA/.thumbnail.png"});
  data.file("trainA/movie.gif", "GIF89a");
  plant("other-format", {"trainA/movie.gif"});
  data.file("trainA/notes.txt", "buy milk");
  plant("other-file", {"trainA/notes.txt"});
  fs::create_directory_symlink(data / "testA", data / "trainA/more");
  plant("links", {"trainA/more"});
  plant("too-few", {"trainA", "trainB"});

  const auto found = findings_in(data.path, 32);
  const auto named = files_by_kind(found);
  for (const auto& one : planted) {  // clang++ 14 lets no lambda, so no CAPTURE, see a binding
    const auto& kind = one.first;
    const auto& files = one.second;
    CAPTURE(kind);
    REQUIRE(named.contains(kind));
    for (const auto& file : named.at(kind)) {
      CAPTURE(file);
      CHECK(files.contains(file));
    }
    CHECK(named.at(kind).size() == files.size());
  }
  for (const auto& one : named) {
    CAPTURE(one.first);
    CAPTURE(*one.second.begin());
    CHECK(planted.contains(one.first));
  }
  CHECK(found.trainable());
  CHECK(contains(found.find("not-a-picture")->cases.at(1).detail, "web page"));

  // the text names them too, and the sheet shows the strange one beside others
  const auto inspection = inspect_data(data.path, {.threads = 1, .limits = {}, .on_progress = {}});
  const auto again = find_in_data(inspection, {.size = 32, .fit = Fit::squash});
  const std::string text = to_text(inspection, again);
  for (const auto& [kind, files] : planted)
    for (const auto& file : files) CHECK(contains(text, file));
  CHECK(contains(text, "can be trained with"));
  const Picture sheet = draw_apart(inspection, again);
  CHECK(sheet.width > 6 * 128);
  CHECK(sheet.height > 2 * 128);

  // one thread or two: the same; and JSON can be read
  const auto by_two = inspect_data(data.path, {.threads = 2, .limits = {}, .on_progress = {}});
  const std::string json = to_json(inspection, again);
  CHECK(json == to_json(by_two, found));
  const auto parsed = nlohmann::json::parse(json);
  CHECK(parsed.at("trainable") == true);
  CHECK(parsed.at("findings").size() == planted.size());
  CHECK(parsed.at("folders").at(0).at("name") == "trainA");
}

TEST_CASE("inspection: no false alarm on the bundled pictures") {
  Index told = 0;
  const auto inspection = inspect_data(
      bundled(), {.threads = 2, .limits = {}, .on_progress = [&](Index done, Index all) {
                    CHECK(done == ++told);
                    CHECK(done <= all);
                  }});
  CHECK(told == 316);
  const auto found = find_in_data(inspection, {.size = 128, .fit = Fit::squash});
  CHECK(files_by_kind(found) ==
        std::map<std::string, std::set<std::string>>{{"few", {"trainA", "trainB"}}});
  CHECK(found.find("few")->severity == Severity::note);
  CHECK(draw_apart(inspection, found).pixels.empty());
  CHECK(contains(to_text(inspection, found), "are fine to train with"));
}

TEST_CASE("inspection: what makes no sense is an error") {
  ScratchFolder data;
  CHECK(contains(message_of<IoError>([&] { static_cast<void>(inspect_data(data / "no")); }),
                 "No such file"));
  CHECK(files_by_kind(findings_in(data.path, 64)) ==
        std::map<std::string, std::set<std::string>>{{"no-pictures", {"trainA", "trainB"}},
                                                     {"no-test", {"testA", "testB"}}});
  CHECK_FALSE(findings_in(data.path, 64).trainable());

  copy_some(data, "trainA", 0, 20, "trainA");
  copy_some(data, "trainA", 5, 30, "trainB");
  auto found = findings_in(data.path, 64);
  REQUIRE(found.find("same-domains") != nullptr);
  CHECK(found.findings.front().kind == "same-domains");
  CHECK_FALSE(found.trainable());

  fs::remove_all(data / "trainB");
  copy_some(data, "trainB", 0, 100, "trainB");
  found = findings_in(data.path, 64);
  CHECK(found.trainable());
  CHECK(found.find("unequal") != nullptr);
  CHECK(found.find("too-few")->cases.at(0).files.at(0) == "trainA");

  fs::remove_all(data / "trainA");
  for (const char* name : {"a", "b", "c"})
    write_png(data.file(std::string("trainA/") + name + ".png", "x"), Picture(64, 64, 9));
  found = findings_in(data.path, 64);
  CHECK_FALSE(found.trainable());
  CHECK(found.find("constant")->cases.size() == 3);
  CHECK(found.find("duplicate")->cases.at(0).files.size() == 3);

  data.file("trainA/a.png", "");
  fs::remove(data / "trainA/b.png");
  fs::remove(data / "trainA/c.png");
  CHECK(contains(findings_in(data.path, 64).find("no-pictures")->cases.at(0).detail, "none of 1"));
}

TEST_CASE("inspection: test folders unlike their training are told") {
  ScratchFolder data;
  copy_some(data, "trainA", 0, 20, "trainA");
  copy_some(data, "trainB", 0, 20, "trainB");
  copy_some(data, "testB", 0, 12, "testB");
  fs::create_directories(data / "testA");
  for (Index i = 0; i < 12; ++i) {
    auto dark = read_picture(bundled_picture("testA", i));
    for (auto& v : dark.pixels) v = static_cast<std::uint8_t>(v / 8);
    write_png(data / ("testA/" + std::to_string(i) + ".png"), dark);
  }
  const auto found = findings_in(data.path, 64);
  REQUIRE(found.find("test-unlike-train") != nullptr);
  CHECK(found.find("test-unlike-train")->cases.front().files ==
        std::vector<std::string>{"testA", "trainA"});
  CHECK(found.find("stands-apart") == nullptr);
}

TEST_CASE("perceptual hash: losses and sizes do not matter, another picture does") {
  ScratchFolder folder;
  int nearest = 64;
  Thumbnail before;
  for (Index i = 0; i < 12; ++i) {
    const auto picture = read_picture(bundled_picture("trainA", 9 * i));
    const Thumbnail thumbnail(picture);
    write_jpeg(folder / "a.jpg", resize_picture(picture, 70, 81));
    const Thumbnail worn(read_picture(folder / "a.jpg"));
    CHECK(hash_distance(perceptual_hash(thumbnail), perceptual_hash(worn)) <= 6);
    CHECK(show_the_same(thumbnail, worn));
    if (i > 0) {
      CHECK_FALSE(show_the_same(thumbnail, before));
      nearest =
          std::min(nearest, hash_distance(perceptual_hash(thumbnail), perceptual_hash(before)));
    }
    before = thumbnail;
  }
  CHECK(nearest > 0);
  CHECK(hash_distance(0, ~std::uint64_t{0}) == 64);
}

TEST_CASE("statistics: known pictures, and spreads that a few strange values do not move") {
  Picture half(2, 1, 0);
  half.pixels = {255, 0, 0, 0, 0, 255};
  const auto s = picture_statistics(half);
  CHECK(s.brightness == doctest::Approx((0.299 + 0.114) / 2));
  CHECK(s.contrast == doctest::Approx((0.299 - 0.114) / 2));
  CHECK(s.saturation == doctest::Approx(1));
  CHECK(s.warmth == doctest::Approx(0));
  CHECK(s.green == doctest::Approx(-0.5));
  CHECK(s.range == 255);
  CHECK_FALSE(s.colourless);
  CHECK(picture_statistics(Picture(3, 3, 77)).constant());
  CHECK(picture_statistics(Picture(3, 3, 77)).colourless);
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 2, 3}) == 2.5);
  const std::vector<double> values{1, 2, 3, 4, 1000};
  const RobustSpread spread(values);
  CHECK(spread.middle == 3);
  CHECK(spread.deviation == doctest::Approx(1.4826));
  CHECK(spread.score(5, 0.1) == doctest::Approx(2 / 1.4826));
  CHECK(spread.score(5, 4) == doctest::Approx(0.5));
}
