// SPDX-License-Identifier: MIT
#include "limn/data/loader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "../io/scratch_folder.hpp"
#include "limn/io/write_picture.hpp"

using namespace limn;

namespace {

/// trainA with 5 pictures of one colour each (10, 20, ...), trainB with 3 (110, 120, 130).
void make_data(const ScratchFolder& folder) {
  std::filesystem::create_directories(folder / "trainA/sub");
  std::filesystem::create_directories(folder / "trainB");
  for (int i = 0; i < 5; ++i)
    write_png(folder / ((i == 2 ? "trainA/sub/" : "trainA/") + std::to_string(i) + ".png"),
              Picture(9 + i, 7, static_cast<std::uint8_t>(10 + 10 * i)));
  for (int i = 0; i < 3; ++i)
    write_png(folder / ("trainB/" + std::to_string(i) + ".PNG"),
              Picture(4, 4, static_cast<std::uint8_t>(110 + 10 * i)));
}

LoaderOptions options(const ScratchFolder& folder) {
  LoaderOptions o;
  o.folder_a = folder / "trainA";
  o.folder_b = folder / "trainB";
  o.size = 8;
  o.batch = 2;
  o.seed = 3;
  return o;
}

/// The gray level of each sample.
std::vector<int> levels(const std::vector<float>& samples, Index sample) {
  std::vector<int> out;
  for (std::size_t i = 0; i < samples.size(); i += static_cast<std::size_t>(sample))
    out.push_back(from_unit(samples[i]));
  return out;
}

}  // namespace

TEST_CASE("image folder: sorted, recursive, by extension") {
  ScratchFolder folder;
  for (const char* name : {"b.png", "a/z.JPG", "a.bmp", "B.jpeg", "c.txt", ".hidden.png", "d.PpM",
                           ".git/x.png", "e.pgm", "f.png.bak"})
    folder.file(name, name);
  const ImageFolder images(folder.path);
  CHECK(images.names() ==
        std::vector<std::string>{"B.jpeg", "a.bmp", "a/z.JPG", "b.png", "d.PpM", "e.pgm"});
  CHECK(file_bytes(images.path(2)) == "a/z.JPG");
  CHECK(ImageFolder(folder.path.string() + "/").names() == images.names());

  const auto hash = images.content_hash();
  CHECK(hash.size() == 16);
  CHECK(ImageFolder(folder.path).content_hash() == hash);
  folder.file("c.txt", "does not count");
  CHECK(ImageFolder(folder.path).content_hash() == hash);
  folder.file("a.bmp", "b.bmp");
  const auto other = ImageFolder(folder.path).content_hash();
  CHECK(other != hash);
  folder.file("a.bmp", "a.bmp");
  std::filesystem::rename(folder / "b.png", folder / "c.png");
  CHECK(ImageFolder(folder.path).content_hash() != hash);
}

TEST_CASE("content hash: pieces do not matter, every byte does") {
  std::string text(1000, 'x');
  std::iota(text.begin(), text.end(), '\0');
  ContentHash whole;
  whole.update(text.data(), text.size());
  for (const std::size_t step : {1U, 7U, 32U, 33U, 500U}) {
    ContentHash pieces;
    for (std::size_t i = 0; i < text.size(); i += step)
      pieces.update(text.data() + i, std::min(step, text.size() - i));
    CHECK(pieces.value() == whole.value());
  }
  std::set<std::uint64_t> values{whole.value()};
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    ContentHash hash;
    hash.update(changed.data(), changed.size());
    values.insert(hash.value());
    ContentHash shorter;
    shorter.update(text.data(), i);
    values.insert(shorter.value());
  }
  CHECK(values.size() == 2001);
}

TEST_CASE("image folder: what is missing is said") {
  ScratchFolder folder;
  const auto refusal = [](const std::filesystem::path& path) {
    return message_of<IoError>([&] { ImageFolder f(path); });
  };
  CHECK(contains(refusal(folder / "trainA"), "no such folder"));
  CHECK(contains(refusal(folder / "trainA"), "trainA, trainB, testA and testB"));
  CHECK(contains(refusal(folder.path), "no picture"));
  CHECK(contains(refusal(folder.file("x.png", "x")), "not a folder"));
}

TEST_CASE("loader: every epoch passes each picture once, domains on their own") {
  ScratchFolder folder;
  make_data(folder);
  UnpairedLoader loader(options(folder));
  std::vector<int> a, b;
  for (Index s = 0; s < 15; ++s) {
    const auto batch = loader.next();
    CHECK(batch.step == s);
    CHECK(batch.shape == Shape{2, 8, 8, 3});
    CHECK(batch.a.size() == 2 * 8 * 8 * 3);
    for (const int v : levels(batch.a, batch.shape.sample())) a.push_back(v);
    for (const int v : levels(batch.b, batch.shape.sample())) b.push_back(v);
  }
  std::set<std::vector<int>> orders;
  for (int e = 0; e < 6; ++e) {
    std::vector<int> epoch(a.begin() + 5 * e, a.begin() + 5 * (e + 1));
    orders.insert(epoch);
    std::sort(epoch.begin(), epoch.end());
    CHECK(epoch == std::vector<int>{10, 20, 30, 40, 50});
  }
  CHECK(orders.size() > 1);
  for (int e = 0; e < 10; ++e) {
    std::vector<int> epoch(b.begin() + 3 * e, b.begin() + 3 * (e + 1));
    std::sort(epoch.begin(), epoch.end());
    CHECK(epoch == std::vector<int>{110, 120, 130});
  }
}

TEST_CASE("loader: a step's batch depends on neither threads, cache nor where one starts") {
  ScratchFolder folder;
  make_data(folder);
  // something to mirror and crop
  Picture stripes(50, 40);
  for (std::size_t i = 0; i < stripes.pixels.size(); ++i)
    stripes.pixels[i] = static_cast<std::uint8_t>(i * i / 7);
  write_png(folder / "trainA/0.png", stripes);
  auto o = options(folder);
  o.threads = 0;
  std::vector<UnpairedBatch> expected;
  expected.reserve(12);
  UnpairedLoader reference(o);
  for (int s = 0; s < 12; ++s) expected.push_back(reference.next());

  for (const auto& [threads, cache, first] :
       {std::tuple{1, 0, 0}, {3, 1 << 20, 0}, {2, 5000, 7}, {0, 0, 5}}) {
    o.threads = threads;
    o.cache_bytes = cache;
    o.first_step = first;
    UnpairedLoader loader(o);
    for (std::size_t s = static_cast<std::size_t>(first); s < expected.size(); ++s) {
      const auto batch = loader.next();
      CHECK(batch.step == expected[s].step);
      CHECK(batch.a == expected[s].a);
      CHECK(batch.b == expected[s].b);
    }
  }
  o.seed = 4;
  o.first_step = 0;
  CHECK(UnpairedLoader(o).next().a != expected[0].a);
}

TEST_CASE("loader: without augmentation pictures are only fitted") {
  ScratchFolder folder;
  make_data(folder);
  std::filesystem::remove(folder / "trainB/0.PNG");
  std::filesystem::remove(folder / "trainB/1.PNG");
  auto o = options(folder);
  o.augment = false;
  o.fit = Fit::pad;
  o.batch = 1;
  Picture wide(16, 8, 0);
  write_png(folder / "trainB/2.PNG", wide);
  UnpairedLoader loader(o);
  CHECK(to_picture(loader.next().b, 8, 8) == fit_picture(wide, 8, Fit::pad));
}

TEST_CASE("loader: bad pictures are reported once and replaced by the next good one") {
  ScratchFolder folder;
  make_data(folder);
  folder.file("trainA/1.png", "no picture");
  const auto good = file_bytes(folder / "trainA/3.png");
  folder.file("trainA/3.png", good.substr(0, good.size() / 2));
  std::vector<std::vector<float>> first;
  for (const int threads : {0, 2}) {
    auto o = options(folder);
    o.threads = threads;
    std::vector<std::string> reports;
    o.on_bad_picture = [&](const std::string& text) { reports.push_back(text); };
    UnpairedLoader loader(o);
    for (int s = 0; s < 10; ++s) {
      auto batch = loader.next();
      for (const int v : levels(batch.a, batch.shape.sample())) {
        const bool is_good = v == 10 || v == 30 || v == 50;
        CHECK(is_good);
      }
      if (threads == 0)
        first.push_back(std::move(batch.a));
      else
        CHECK(batch.a == first[static_cast<std::size_t>(s)]);
    }
    REQUIRE(reports.size() == 2);
    std::sort(reports.begin(), reports.end());
    CHECK(contains(reports[0], "trainA/1.png: not a picture"));
    CHECK(contains(reports[1], "trainA/3.png: the PNG is truncated"));
  }
}

TEST_CASE("loader: errors reach the caller, again and again") {
  ScratchFolder folder;
  make_data(folder);
  for (int i = 0; i < 3; ++i) folder.file("trainB/" + std::to_string(i) + ".PNG", "bad");
  for (const int threads : {0, 1, 2}) {
    auto o = options(folder);
    o.threads = threads;
    int reports = 0;
    o.on_bad_picture = [&](const std::string&) { ++reports; };
    UnpairedLoader loader(o);
    for (int i = 0; i < 2; ++i)
      CHECK(contains(message_of<IoError>([&] { (void)loader.next(); }), "none of its 3 pictures"));
    CHECK(reports == 3);
  }
  auto o = options(folder);
  o.folder_a = folder / "trainC";
  CHECK_THROWS_AS(UnpairedLoader{o}, IoError);
  o = options(folder);
  o.batch = 0;
  CHECK_THROWS_AS(UnpairedLoader{o}, UsageError);
}

TEST_CASE("loader: can be dropped at any time") {
  ScratchFolder folder;
  make_data(folder);
  for (int taken = 0; taken < 6; ++taken)
    for (const int threads : {1, 4}) {
      auto o = options(folder);
      o.threads = threads;
      o.ahead = 1 + taken;
      UnpairedLoader loader(o);
      for (int s = 0; s < taken; ++s) CHECK(loader.next().step == s);
    }
}
