// SPDX-License-Identifier: MIT
// Pictures of one channel and 16 bits: read as light from any PNG, written as light.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "limn/io/gray16_picture.hpp"
#include "limn/io/read_picture.hpp"
#include "limn/io/write_picture.hpp"
#include "picture_bytes.hpp"
#include "picture_refusal.hpp"
#include "scratch_folder.hpp"

using namespace limn;

namespace {

/// Every value once.
Gray16Picture all_values() {
  Gray16Picture picture{256, 256, std::vector<std::uint16_t>(65536)};
  std::iota(picture.light.begin(), picture.light.end(), std::uint16_t{0});
  return picture;
}

std::string gray_refusal(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  return refusal_of(path, [&] { static_cast<void>(read_gray16(path, limits)); });
}

/// Without the chunk of this kind.
std::string without(std::string png, const std::string& kind) {
  const auto at = png.find(kind);
  REQUIRE(at != std::string::npos);
  const auto length = static_cast<std::uint8_t>(png[at - 1]);  // of a short chunk
  return png.erase(at - 4, 12U + length);
}

/// Light of an sRGB value, 0 ... 65535.
double light_of(double byte) {
  const double v = byte / 255;
  return 65535 * (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
}

}  // namespace

TEST_CASE("gray16: every value comes back, with and without a word about its meaning") {
  ScratchFolder folder;
  const auto picture = all_values();
  write_gray16(folder / "a.png", picture);
  CHECK(read_gray16(folder / "a.png") == picture);
  const auto bytes = file_bytes(folder / "a.png");
  CHECK(bytes[24] == 16);
  CHECK(bytes[25] == 0);
  CHECK(contains(bytes, "gAMA" + big_endian(100000)));
  CHECK(read_gray16(folder.file("b.png", without(bytes, "gAMA"))) == picture);
  PictureFacts facts;
  const auto rgb = read_picture(folder / "a.png", {}, &facts);
  CHECK(facts.bits == 16);
  CHECK(facts.gray);
  CHECK(int{rgb.at(255, 0x80)[1]} == 0x80);  // 0x80ff of 0xffff

  const Gray16Picture one{1, 1, {513}};
  write_gray16(folder / "a.png", one);
  CHECK(read_gray16(folder / "a.png") == one);
  Gray16Picture wide{60000, 2, std::vector<std::uint16_t>(120000, 7)};
  wide.light[119999] = 65534;
  write_gray16(folder / "wide.png", wide);
  CHECK(read_gray16(folder / "wide.png") == wide);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& f : std::filesystem::directory_iterator(folder.path)) ++files;
  CHECK(files == 3);
}

TEST_CASE("gray16: 8 bits and colours are read as their light") {
  ScratchFolder folder;
  Picture bytes(256, 2);
  for (Index x = 0; x < 256; ++x) {
    const auto value = static_cast<std::uint8_t>(x);
    std::fill_n(bytes.at(x, 0), 3, value);
    std::copy_n(std::array<std::uint8_t, 3>{value, 0, 0}.data(), 3, bytes.at(x, 1));
  }
  write_png(folder / "rgb.png", bytes);
  const auto light = read_gray16(folder / "rgb.png");
  REQUIRE(light.width == 256);
  REQUIRE(light.height == 2);
  double worst = 0, worst_red = 0;
  for (std::size_t x = 0; x < 256; ++x) {
    const double exact = light_of(static_cast<double>(x));
    worst = std::max(worst, std::abs(light.light[x] - exact));
    worst_red = std::max(worst_red, std::abs(light.light[256 + x] - 0.2126 * exact));
  }
  CHECK(worst <= 0.5);
  CHECK(worst_red <= 1);

  // gray, bits, a palette, interlaced, with alpha, 16 bits of colour: as what read_picture sees
  for (const char* name : {"gray.png", "bit.png", "palette.png", "rgb.png"}) {
    CAPTURE(name);
    const auto got = read_gray16(fixtures() / name);
    const auto rgb = read_picture(fixtures() / name);
    REQUIRE(got.width == rgb.width);
    REQUIRE(got.height == rgb.height);
    worst = 0;
    for (std::size_t i = 0; i < got.light.size(); ++i) {
      const std::uint8_t* p = rgb.pixels.data() + 3 * i;
      const double y = 0.2126 * light_of(p[0]) + 0.7152 * light_of(p[1]) + 0.0722 * light_of(p[2]);
      worst = std::max(worst, std::abs(got.light[i] - y));
    }
    CHECK(worst <= 1);
  }
  for (const char* name : {"gray_alpha.png", "rgba.png", "interlaced.png", "rgb16.png"})
    CHECK(read_gray16(fixtures() / name).width == 24);
  // 16 bits are light where nothing else is said: of 24 x 16 values each as it is in the file
  const auto wide = read_gray16(fixtures() / "gray16.png");
  const auto scaled = read_picture(fixtures() / "gray16.png");
  for (std::size_t i = 0; i < wide.light.size(); ++i)
    CHECK(std::abs(wide.light[i] / 257.0 - scaled.pixels[3 * i]) <= 1);
}

TEST_CASE("gray16: alpha lies on white, and a file may say what its values mean") {
  ScratchFolder folder;
  // one pixel, stored without compression
  const auto pixel = [&](char depth, char colours, const std::string& values,
                         const std::string& more = "") {
    const std::string data = '\0' + values;
    const auto n = static_cast<char>(data.size());
    const std::string head = std::string("\x78\x01\x01", 3) + n + '\0' + static_cast<char>(~n);
    std::uint32_t a = 1, b = 0;
    for (const char c : data) {
      a += static_cast<std::uint8_t>(c);
      b += a;
    }
    const auto path = folder.file(
        "pixel.png", png_header(1, 1, depth, colours) + more +
                         png_chunk("IDAT", head + '\xff' + data + big_endian(b << 16 | a)) +
                         png_chunk("IEND", ""));
    return int{read_gray16(path).light.at(0)};
  };
  CHECK(pixel(8, 0, "\xff") == 65535);
  CHECK(pixel(16, 0, "\x12\x34") == 0x1234);
  CHECK(pixel(16, 2, "\x12\x34\x12\x34\x12\x34") == 0x1234);
  CHECK(pixel(8, 4, std::string("\x10\0", 2)) == 65535);
  CHECK(pixel(8, 4, std::string("\0\xff", 2)) == 0);
  CHECK(pixel(16, 4, std::string("\0\0\x40\0", 4)) == 65535 - 0x4000);
  CHECK(pixel(8, 6, std::string("\xff\xff\xff\x80", 4)) == 65535);
  CHECK(pixel(16, 6, "\x12\x34\x12\x34\x12\x34\xff\xff") == 0x1234);
  const auto srgb = png_chunk("sRGB", std::string(1, '\0'));
  CHECK(pixel(16, 0, "\x80\x80", srgb) == std::lround(light_of(128)));
  CHECK(pixel(16, 0, "\x80\x80", png_chunk("gAMA", big_endian(50000))) ==
        std::lround(65535 * 128.0 * 128 / 255 / 255));
  CHECK(pixel(8, 0, "\x80", png_chunk("gAMA", big_endian(100000))) == 128 * 257);
  CHECK(pixel(8, 0, "\x80", png_chunk("gAMA", big_endian(0))) == std::lround(light_of(128)));
}

TEST_CASE("gray16: a truncated or damaged file is an error or a picture") {
  ScratchFolder folder;
  Gray16Picture picture{40, 30, std::vector<std::uint16_t>(1200)};
  for (std::size_t i = 0; i < 1200; ++i)
    picture.light[i] = static_cast<std::uint16_t>(i * i * 40503);
  write_gray16(folder / "a.png", picture);
  const auto bytes = file_bytes(folder / "a.png");
  for (std::size_t n = 0; n < bytes.size(); n += n + 40 < bytes.size() ? 1 + n / 20 : 1) {
    CAPTURE(n);
    CHECK_FALSE(gray_refusal(folder.file("cut.png", bytes.substr(0, n))).empty());
  }
  CHECK(
      contains(gray_refusal(folder.file("cut.png", bytes.substr(0, 500))), "the PNG is truncated"));
  CHECK(contains(gray_refusal(folder.file("cut.png", bytes.substr(0, bytes.size() - 12))),
                 "the PNG is truncated"));
  std::uint32_t state = 1;
  const auto random = [&](std::size_t bound) {
    state = state * 1664525U + 1013904223U;
    return static_cast<std::size_t>(state >> 8) % bound;
  };
  int errors = 0;
  for (int i = 0; i < 200; ++i) {
    auto damaged = bytes;
    for (int k = 0; k < 3; ++k) damaged[random(damaged.size())] = static_cast<char>(random(256));
    try {
      const auto got = read_gray16(folder.file("x.png", damaged), {.max_pixels = 1'000'000});
      CHECK(static_cast<Index>(got.light.size()) == got.width * got.height);
    } catch (const IoError&) {
      ++errors;
    }
  }
  CHECK(errors > 100);
}

TEST_CASE("gray16: hostile headers ask for no memory, and other files are named") {
  ScratchFolder folder;
  const auto end = png_chunk("IDAT", "x") + png_chunk("IEND", "");
  CHECK(contains(gray_refusal(folder.file("a.png", png_header(60000, 60000, 16, 0) + end)),
                 "the header says 60000x60000 pixels, the limit is 100000000"));
  for (const char colours : {'\0', '\2', '\4', '\6'})
    CHECK(contains(gray_refusal(folder.file("b.png", png_header(9000, 9000, 16, colours) + end)),
                   "truncated: the header says 9000x9000 pixels"));
  CHECK(contains(gray_refusal(folder.file("c.png", png_header(9000, 9000, 1, 0) + end)),
                 "truncated"));
  CHECK(contains(gray_refusal(folder.file("d.png", png_header(0, 5, 16, 0) + end)),
                 "without pixels"));
  CHECK(contains(gray_refusal(folder.file("e.png", png_header(5, 5, 7, 0) + end)),
                 "not a readable PNG"));
  CHECK(contains(gray_refusal(folder.file("f.png", png_header(24, 16, 16, 0) + "\x2b\x56\x56\x56" +
                                                       "eXIf" + std::string(40, '.'))),
                 "the PNG is truncated"));
  CHECK(contains(gray_refusal(fixtures() / "rgb.jpg"),
                 "not a PNG, which 16 bits of gray are read from, "
                 "but a JPEG"));
  CHECK(contains(gray_refusal(folder.file("g.png", "II*" + std::string(9, '\0'))), "but a TIFF"));
  CHECK(contains(gray_refusal(folder.file("h.png", "nothing")), "not a PNG"));
  CHECK(contains(gray_refusal(folder.file("i.png", "")), "empty"));
  CHECK(contains(gray_refusal(folder.file("j.png", "\x89PNG")), "truncated"));
  CHECK(contains(gray_refusal(folder / "none.png"), "No such file"));
  CHECK(contains(gray_refusal(folder.path), "a folder"));
  CHECK(contains(gray_refusal(fixtures() / "gray16.png", {.max_pixels = 100}), "24x16 pixels"));
  CHECK(contains(gray_refusal(fixtures() / "gray16.png", {.max_file_bytes = 100}), "too large"));
}

TEST_CASE("gray16: what cannot be written is an error that leaves nothing") {
  ScratchFolder folder;
  const auto picture = all_values();
  CHECK_THROWS_AS(write_gray16(folder / "a.png", {}), UsageError);
  CHECK_THROWS_AS(write_gray16(folder / "a.png", {2, 2, {1, 2, 3}}), UsageError);
  CHECK_THROWS_AS(write_gray16(folder / "a.png", {-1, -1, {1}}), UsageError);
  const auto refused = [&](const std::filesystem::path& path) {
    return refusal_of(path, [&] { write_gray16(path, picture); });
  };
  CHECK(contains(refused(folder / "no/a.png"), "No such file"));
  CHECK(contains(refused(folder.file("file", "") / "a.png"), "Not a directory"));
  CHECK(contains(refused(folder.path), "directory"));
  if (::geteuid() != 0) {  // whom nothing is forbidden
    std::filesystem::create_directory(folder / "locked");
    std::filesystem::permissions(folder / "locked", std::filesystem::perms::owner_read);
    CHECK(contains(refused(folder / "locked/a.png"), "Permission denied"));
    std::filesystem::permissions(folder / "locked", std::filesystem::perms::owner_all);
  }

  // a disk that is full before the picture is: what was there stays
  const Gray16Picture older{1, 1, {9}};
  write_gray16(folder / "b.png", older);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  rlimit little = old;
  little.rlim_cur = 100;
  ::setrlimit(RLIMIT_FSIZE, &little);
  const auto message = refused(folder / "b.png");
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  CHECK(contains(message, "b.png: writing failed"));
  CHECK(read_gray16(folder / "b.png") == older);
  if (std::filesystem::exists("/dev/full")) {
    // the temporary is a link to the device on which every write fails
    std::filesystem::create_symlink("/dev/full", folder / "c.png.tmp");
    CHECK(contains(refused(folder / "c.png"), "No space left"));
  }
  CHECK_FALSE(std::filesystem::exists(folder / "c.png"));
  CHECK_FALSE(std::filesystem::exists(folder / "b.png.tmp"));
}
