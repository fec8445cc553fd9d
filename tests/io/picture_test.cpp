// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "limn/io/read_picture.hpp"
#include "limn/io/write_picture.hpp"
#include "picture_bytes.hpp"
#include "picture_refusal.hpp"
#include "scratch_folder.hpp"

using namespace limn;

namespace {

/// The largest difference of any byte; 999 where the extents differ.
int distance(const Picture& a, const Picture& b) {
  if (a.width != b.width || a.height != b.height) return 999;
  int worst = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    worst = std::max(worst, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  return worst;
}

Picture gradient(Index w, Index h) {
  Picture p(w, h);
  for (Index y = 0; y < h; ++y)
    for (Index x = 0; x < w; ++x) {
      p.at(x, y)[0] = static_cast<std::uint8_t>(255 * x / w);
      p.at(x, y)[1] = static_cast<std::uint8_t>(255 * y / h);
      p.at(x, y)[2] = static_cast<std::uint8_t>(128 + x % 2);
    }
  return p;
}

/// A CMYK picture of one colour as JPEG; ycck: stored in the luminance-chrominance way.
std::string cmyk_jpeg(bool ycck, bool adobe, std::array<std::uint8_t, 4> ink) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &data, &size);
  info.image_width = info.image_height = 8;
  info.input_components = 4;
  info.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, ycck ? JCS_YCCK : JCS_CMYK);
  jpeg_set_quality(&info, 100, TRUE);
  info.write_Adobe_marker = adobe ? TRUE : FALSE;
  jpeg_start_compress(&info, TRUE);
  std::array<std::uint8_t, 32> row{};
  for (std::size_t i = 0; i < 32; ++i) row[i] = ink[i % 4];
  JSAMPROW rows = row.data();
  while (info.next_scanline < 8) jpeg_write_scanlines(&info, &rows, 1);
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string bytes(reinterpret_cast<char*>(data), size);
  std::free(data);
  return bytes;
}

std::string refusal(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  return refusal_of(path, [&] { static_cast<void>(read_picture(path, limits)); });
}

}  // namespace

TEST_CASE("pictures: every kind of file is read as Pillow reads it") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fixtures())) {
    const auto& path = entry.path();
    auto expected = path;
    expected += ".expected.ppm";
    if (!std::filesystem::exists(expected)) continue;
    ++count;
    CAPTURE(path.filename().string());
    const auto extension = path.extension();
    // decoders of JPEG may differ by rounding; so may blending
    const int room = extension == ".jpg" ? 3 : 1;
    CHECK(distance(read_picture(path), read_picture(expected)) <= room);
  }
  CHECK(count >= 27);
}

TEST_CASE("pictures: what a file was is told") {
  struct Row {
    const char* name;
    PictureFacts facts;
  };
  using K = PictureKind;
  PictureFacts gray{K::png}, gray16{K::png, 16}, clear{K::png}, clear_gray{K::png};
  gray.gray = gray16.gray = clear_gray.gray = true;
  clear.see_through = clear_gray.see_through = true;
  PictureFacts turned{K::jpeg}, turned_png{K::png}, cmyk{K::jpeg}, gray_jpeg{K::jpeg},
      gray_pnm{K::pnm};
  turned.orientation = 7;
  turned_png.orientation = 6;
  cmyk.cmyk = gray_jpeg.gray = gray_pnm.gray = true;
  for (const auto& row : std::initializer_list<Row>{
           {"rgb.png", {K::png}},
           {"rgb.jpg", {K::jpeg}},
           {"orientation1.jpg", {K::jpeg}},
           {"rgb.bmp", {K::bmp}},
           {"rgb.ppm", {K::pnm}},
           {"rgb16.png", {K::png, 16}},
           {"rgb16.ppm", {K::pnm, 16}},
           {"palette.png", {K::png}},
           {"gray.png", gray},
           {"gray16.png", gray16},
           {"gray_alpha.png", clear_gray},
           {"rgba.png", clear},
           {"palette_transparent.png", clear},
           {"rgba.bmp", {K::bmp}},
           {"orientation7.jpg", turned},
           {"exif.png", turned_png},
           {"cmyk.jpg", cmyk},
           {"gray.jpg", gray_jpeg},
           {"gray.pgm", gray_pnm},
       }) {
    const auto& name = row.name;
    const auto& facts = row.facts;
    CAPTURE(name);
    PictureFacts met;
    static_cast<void>(read_picture(fixtures() / name, {}, &met));
    CHECK(met.kind == facts.kind);
    CHECK(met.bits == facts.bits);
    CHECK(met.gray == facts.gray);
    CHECK(met.cmyk == facts.cmyk);
    CHECK(met.see_through == facts.see_through);
    CHECK(met.orientation == facts.orientation);
    CHECK_FALSE(met.animated);
  }
  ScratchFolder folder;
  PictureFacts met;
  static_cast<void>(read_picture(
      folder.file("a.png", animated_png(file_bytes(fixtures() / "rgb.png"))), {}, &met));
  CHECK(met.animated);
  CHECK_THROWS_AS(static_cast<void>(read_picture(folder.file("b", "\xff\xd8\xff"), {}, &met)),
                  IoError);
  CHECK(met.kind == K::jpeg);
  CHECK(contains(refusal(folder.file("c.png", std::string("RIFF1234WEBP"))), "but a WebP"));
}

TEST_CASE("pictures: CMYK and YCCK, ink or its complement") {
  ScratchFolder folder;
  // cyan, magenta, yellow, black: 255 is full ink; as light (1-c)(1-k)
  const std::array<std::uint8_t, 4> ink{200, 30, 100, 50}, light{55, 225, 155, 205};
  Picture wanted(8, 8);
  for (std::size_t i = 0; i < wanted.pixels.size(); ++i)
    wanted.pixels[i] = static_cast<std::uint8_t>(light[i % 3] * 205 / 255);
  CHECK(distance(read_picture(folder.file("a", cmyk_jpeg(false, false, ink))), wanted) <= 2);
  CHECK(distance(read_picture(folder.file("b", cmyk_jpeg(false, true, light))), wanted) <= 2);
  CHECK(distance(read_picture(folder.file("c", cmyk_jpeg(true, true, light))), wanted) <= 4);
}

TEST_CASE("pictures: what is written is read") {
  ScratchFolder folder;
  const auto picture = gradient(37, 21);
  for (const char* name : {"a.png", "a.BMP", "a.ppm"}) {
    write_picture(folder / name, picture);
    CHECK(read_picture(folder / name) == picture);
  }
  write_picture(folder / "a.jpeg", picture);
  CHECK(distance(read_picture(folder / "a.jpeg"), picture) <= 12);
  write_png(folder / "one.png", Picture(1, 1, 9));
  CHECK(read_picture(folder / "one.png") == Picture(1, 1, 9));
  write_png(folder / "wide.png", gradient(60000, 1));
  CHECK(read_picture(folder / "wide.png").width == 60000);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& f : std::filesystem::directory_iterator(folder.path)) ++files;
  CHECK(files == 6);

  CHECK_THROWS_AS(write_picture(folder / "a.gif", picture), UsageError);
  CHECK_THROWS_AS(write_png(folder / "b.png", Picture{}), UsageError);
  CHECK(contains(message_of<IoError>([&] { write_png(folder / "no/b.png", picture); }),
                 "No such file"));
  CHECK(contains(message_of<IoError>([&] { write_png(folder.path, picture); }), "directory"));
  CHECK(contains(message_of<IoError>([&] { write_jpeg(folder / "c.jpg", gradient(70000, 1)); }),
                 "65500"));
  CHECK_FALSE(std::filesystem::exists(folder / "c.jpg"));
}

TEST_CASE("pictures: a truncated file is an error, wherever it ends") {
  ScratchFolder folder;
  write_png(folder / "a.png", gradient(40, 30));
  write_jpeg(folder / "a.jpg", gradient(40, 30));
  write_bmp(folder / "a.bmp", gradient(40, 30));
  write_ppm(folder / "a.ppm", gradient(40, 30));
  std::vector<std::filesystem::path> files{fixtures() / "progressive.jpg",
                                           fixtures() / "interlaced.png", fixtures() / "cmyk.jpg",
                                           fixtures() / "palette.bmp"};
  for (const char* name : {"a.png", "a.jpg", "a.bmp", "a.ppm"}) files.push_back(folder / name);
  for (const auto& path : files) {
    const auto bytes = file_bytes(path);
    CAPTURE(path.string());
    int accepted = 0;
    for (std::size_t n = 0; n < bytes.size(); n += 1 + bytes.size() / 60) {
      const auto cut = folder.file("cut", bytes.substr(0, n));
      if (refusal(cut).empty()) ++accepted;
    }
    if (refusal(folder.file("cut", bytes.substr(0, bytes.size() - 1))).empty()) ++accepted;
    CHECK(accepted == 0);
  }
}

TEST_CASE("pictures: damaged bytes are an error or a picture, never a crash") {
  ScratchFolder folder;
  std::uint32_t state = 1;
  const auto random = [&](std::size_t bound) {
    state = state * 1664525U + 1013904223U;
    return static_cast<std::size_t>(state >> 8) % bound;
  };
  int errors = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fixtures())) {
    if (contains(entry.path().string(), ".expected.") || entry.path().extension() == ".py")
      continue;
    const auto bytes = file_bytes(entry.path());
    for (int i = 0; i < 10; ++i) {
      auto damaged = bytes;
      for (int k = 0; k < 3; ++k) damaged[random(damaged.size())] = static_cast<char>(random(256));
      try {
        const auto p = read_picture(folder.file("x", damaged), {.max_pixels = 1'000'000});
        CHECK(static_cast<Index>(p.pixels.size()) == p.width * p.height * 3);
      } catch (const IoError&) {
        ++errors;
      }
    }
  }
  CHECK(errors > 50);
}

TEST_CASE("pictures: hostile headers ask for no memory") {
  ScratchFolder folder;
  CHECK(contains(refusal(folder.file("a.png", png_header(60000, 60000))), "100000000"));
  CHECK(contains(refusal(folder.file("b.png", png_header(9000, 9000) + png_chunk("IDAT", "x"))),
                 "truncated"));
  CHECK(contains(refusal(folder.file("c.png", png_header(0, 5))), "without pixels"));
  // found by fuzzing: a narrow picture has more blocks than its pixels say
  const auto narrow = refusal(folder.file(
      "v.jpg",
      std::string("\xff\xd8\xff\xc2\0\x11\x08\0\x0f\xfc\x18\x03\x01\x22\0\x02\x24\0\x03\x11\0"
                  "\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\0\0",
                  35) +
          std::string(300, '.')));
  CHECK(contains(narrow, "truncated: the header says 64536x15 pixels"));
  // found by fuzzing: libpng asks for what a chunk claims before it reads it
  for (const char* kind : {"VVVV", "eXIf"})
    CHECK(contains(refusal(folder.file("u.png", png_header(24, 16) + "\x2b\x56\x56\x56" + kind +
                                                    std::string(40, '.'))),
                   "the PNG is truncated"));
  CHECK(contains(refusal(folder.file("d.ppm", "P6 60000 60000 255\n")), "limit"));
  CHECK(contains(refusal(folder.file("e.ppm", "P6 9000 9000 255\nabc")), "truncated"));
  CHECK(contains(refusal(folder.file("f.ppm", "P3 2 1 255\n1 2 3 4 5 x")), "number"));
  CHECK(contains(refusal(folder.file("g.ppm", "P3 2 1 255\n1 2 3 4 5")), "truncated"));
  CHECK(contains(refusal(folder.file("h.ppm", "P3 1 1 255\n1 2 300")), "above"));
  CHECK(contains(refusal(folder.file("i.ppm", "P5 99999999999 1 255\n1")), "absurd"));
  CHECK(contains(refusal(folder.file("j.ppm", "P6 1 1 0\nabc")), "largest"));
  const auto bmp = [&](std::uint32_t w, std::uint32_t h, char bits, char compression) {
    return "BM" + std::string(8, '\0') + little_endian(54) + little_endian(40) + little_endian(w) +
           little_endian(h) + std::string("\1\0", 2) + bits + '\0' + compression +
           std::string(23, '\0');
  };
  CHECK(contains(refusal(folder.file("k.bmp", bmp(60000, 60000, 24, 0))), "limit"));
  CHECK(contains(refusal(folder.file("l.bmp", bmp(9000, 9000, 1, 0))), "truncated"));
  CHECK(contains(refusal(folder.file("m.bmp", bmp(9, 0x80000000U, 1, 0))), "limit"));
  CHECK(contains(refusal(folder.file("n.bmp", bmp(9, 9, 8, 1))), "run-length"));
  CHECK(contains(refusal(folder.file("o.bmp", bmp(9, 9, 7, 0))), "bits per pixel"));
  auto jpeg = file_bytes(fixtures() / "rgb.jpg");
  const auto frame = jpeg.find("\xff\xc0");
  for (const std::size_t i : {5U, 7U}) jpeg.replace(frame + i, 2, "\xf0\xf0");
  CHECK(contains(refusal(folder.file("p.jpg", jpeg)), "limit"));
  for (const std::size_t i : {5U, 7U}) jpeg.replace(frame + i, 2, "\x20\x20");
  CHECK(contains(refusal(folder.file("q.jpg", jpeg)), "truncated"));

  CHECK(contains(refusal(folder.file("r.png", "GIF89a, surely")), "not a picture"));
  CHECK(contains(refusal(folder.file("s.png", "")), "empty"));
  CHECK(contains(refusal(folder.file("t.png", "\x89PNG")), "PNG"));
  CHECK(contains(refusal(folder / "none.png"), "No such file"));
  CHECK(contains(refusal(folder.path), "a folder"));
  CHECK(contains(refusal(fixtures() / "rgb.png", {.max_pixels = 100}), "24x16 pixels"));
  CHECK(contains(refusal(fixtures() / "rgb.png", {.max_file_bytes = 100}), "too large"));
}
